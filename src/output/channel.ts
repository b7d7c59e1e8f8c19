import { closeSync } from "node:fs";
import { AnsiStripper } from "./ansi.ts";
import { Communication } from "./communication.ts";
import { Tail } from "./tail.ts";
import { watchFile } from "./watch-file.ts";
import { routeOf, type ChannelPlan, type Route } from "./channel-plan.ts";
import { feed, Followers, type ChunkSink } from "./follow-buffer.ts";
import type { Destination } from "./destination.ts";
import { hostOutputOf, openHostOutput } from "./host-output.ts";
import type { LogFile } from "./log-file.ts";
import type { Logs } from "./logs.ts";
import { emptyFile, isNamedPipe } from "./open-file.ts";
import { lastBytes, readPart } from "./read-file.ts";
import { SyslogLines } from "./syslog-lines.ts";

/** The callbacks of a channel; the data is a copy. */
export interface ChannelEvents {
  wrote(data: Buffer): void;
  communicated(data: Buffer): void;
}

const TAIL_BYTES = 16_384;

/**
 * One stream of a process, over all its runs: a pipeline of stages for each chunk. Where only a
 * file takes the bytes, and it is never rotated, the child gets the descriptor of the file, and the
 * host does not see the bytes.
 */
export class Channel {
  readonly #plan: ChannelPlan;
  readonly #logs: Logs;
  readonly #events: ChannelEvents;
  readonly #tail = new Tail(TAIL_BYTES);
  readonly #followers = new Followers();
  #communication: Communication | undefined;
  #stripper: AnsiStripper | undefined;
  #syslog: SyslogLines | undefined;
  #destination: Destination | undefined;
  #auto = ""; // the path of an AUTO log, once it was created
  #given: number | undefined; // a descriptor that was opened for the child alone
  #isOpen = false;

  constructor(plan: ChannelPlan, logs: Logs, events: ChannelEvents) {
    this.#plan = plan;
    this.#logs = logs;
    this.#events = events;
    if (plan.log?.type === "file") logs.plan(plan, plan.log.file);
    if (plan.capture > 0) this.#communication = new Communication(plan.capture);
    if (plan.stripAnsi) this.#stripper = new AnsiStripper();
    if (plan.syslog) this.#syslog = new SyslogLines(plan.syslog, logs.syslog);
  }

  /** The path of the log file, once it is known. */
  get file(): string {
    const { log } = this.#plan;
    return log && "file" in log ? log.file : this.#auto;
  }

  /** How many bytes may gather in the pipe before the host reads them. */
  get gather(): number {
    const { isListenerOutput, isWatched } = this.#plan;
    if (isListenerOutput || (isWatched && this.#followers.isUrgent)) return 0;
    const { maxbytes } = this.#logfile ? this.#logfile.rule : this.#plan.rule;
    // a small file should be rotated when it is full, not much later
    return maxbytes > 0 && this.#plan.log ? Math.ceil(maxbytes / 256) : Infinity;
  }

  /** Prepares a start: returns a descriptor for the child itself, or `push`. */
  open(): number | "push" {
    const { log } = this.#plan;
    this.#isOpen = true;
    const output = log && hostOutputOf(log);
    if (output !== undefined) {
      if (this.#route === "direct") return this.#give(openHostOutput(output)) ?? output;
      const stream = output === 1 ? process.stdout : process.stderr;
      this.#destination ??= this.#logs.stream(stream, this.file);
    } else if (log?.type === "stream") {
      this.#destination ??= this.#logs.stream(log.stream, "Writable");
    } else if (log?.type === "file" && isNamedPipe(log.file)) {
      const fifo = this.#logs.fifo(log.file);
      this.#destination = fifo?.destination;
      if (fifo && this.#route === "direct") return this.#give(fifo.open());
    } else if (log) {
      const logfile = this.#makeFile();
      logfile?.acquire(this.#plan);
      this.#destination = logfile;
      if (this.#route === "direct") return logfile?.fd ?? "push";
    }
    return "push";
  }

  /** Closes the descriptor of the child: the child has it, or could not be started. */
  started(): void {
    if (this.#given !== undefined) closeSync(this.#given);
    this.#given = undefined;
  }

  /** Whether the host is going to read the bytes, as far as is known before `open()`. */
  get isPushed(): boolean {
    const { log } = this.#plan;
    if (log?.type === "file") this.#logs.file(this.#plan); // other users of the file may require rotation
    return !log || log.type === "stream" || this.#route === "through host";
  }

  /** Takes a chunk. The caller may reuse the chunk afterwards. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (!this.#communication) return this.#plain(chunk);
    let busy: Promise<void> | undefined;
    for (const { type, data } of this.#communication.push(chunk)) {
      if (type === "captured") this.#events.communicated(Buffer.from(data));
      else busy = this.#plain(data) ?? busy;
    }
    return busy;
  }

  /**
   * Ends a run: the process has exited. Writes the bytes that were held back, and releases the
   * file.
   */
  end(): void {
    for (const { data } of this.#communication?.end() ?? []) void this.#plain(data);
    const held = this.#stripper?.end();
    if (held && held.length > 0) void this.#pass(held);
    this.#syslog?.end();
    this.#followers.flush();
    this.#isOpen = false;
    this.#logfile?.release(this.#plan);
  }

  /** Reads a part of the log, or, where there is no file, of the bytes in memory. */
  async read(offset: number, length: number): Promise<Buffer> {
    await this.#logfile?.settled();
    const part = this.#path === "" ? undefined : await readPart(this.#path, offset, length);
    if (part) return part;
    const all = Buffer.from(this.#tail.last());
    if (offset < 0) return all.subarray(offset);
    return all.subarray(offset, length > 0 ? offset + length : undefined);
  }

  /** Reads the last bytes synchronously. */
  lastBytes(bytes: number): Buffer {
    const kept = Buffer.from(this.#tail.last(bytes));
    return kept.length === 0 && this.#route === "direct" && this.#path !== ""
      ? lastBytes(this.#path, bytes)
      : kept;
  }

  /** Empties the log and the bytes in memory. */
  clear(): void {
    this.#tail.clear();
    if (this.#logfile) this.#logfile.clear();
    else if (this.#path !== "") emptyFile(this.#path);
  }

  /** Opens the log file again. */
  reopen(): void {
    this.#logfile?.reopen();
  }

  /**
   * Returns the last `tail` bytes, and what is written from now on, over all runs of the process.
   */
  follow(signal: AbortSignal, done: () => void, tail: number): AsyncIterable<Buffer> {
    const file = this.ownFile();
    if (file === "") return this.#followers.follow(signal, done, this.#written(tail));
    signal.addEventListener("abort", done, { once: true }); // the reader may never read
    return watchFile(file, signal, done, tail);
  }

  /** Gives the sink what is written from now on, until the signal aborts. */
  attach(sink: ChunkSink, signal: AbortSignal): void {
    const file = this.ownFile();
    if (file === "") this.#followers.attach(sink, signal);
    else void feed(watchFile(file, signal), sink);
  }

  /** Ends the use of the channel: it will not be opened again. */
  close(): void {
    this.started();
    this.#logs.forget(this.#plan);
  }

  #give<T extends number | undefined>(fd: T): T {
    this.#given = fd;
    return fd;
  }

  /** The file that the process writes itself; empty if the host reads what the process writes. */
  ownFile(): string {
    return this.isPushed ? "" : this.#auto || (this.#makeFile()?.file ?? "");
  }

  /** The last bytes that were written, or have still to be written to the file. */
  #written(bytes: number): Uint8Array {
    const kept = this.#tail.last(bytes);
    if (kept.length === bytes || !this.#logfile) return kept;
    const logged = this.#logfile.last(bytes);
    return logged.length > kept.length ? logged : kept;
  }

  /** The writer of the log file, if the settings name a file. */
  #makeFile(): LogFile | undefined {
    const { log } = this.#plan;
    if (log?.type === "auto") {
      const logfile = this.#logs.auto(this.#plan, log);
      if (logfile) this.#auto = logfile.file;
      return logfile;
    }
    return log?.type === "file" && !isNamedPipe(log.file) ? this.#logs.file(this.#plan) : undefined;
  }

  /** The same, once the path is known. */
  get #logfile(): LogFile | undefined {
    return this.#logs.known(this.#plan);
  }

  /** The path to read; none for a device or a stream of the host. */
  get #path(): string {
    const type = this.#plan.log?.type;
    return type === "file" || type === "auto" ? (this.#logfile?.file ?? this.file) : "";
  }

  #plain(chunk: Uint8Array): Promise<void> | undefined {
    const data = this.#stripper ? this.#stripper.push(chunk) : chunk;
    return data.length > 0 ? this.#pass(data) : undefined;
  }

  #pass(data: Uint8Array): Promise<void> | undefined {
    this.#tail.push(data);
    this.#followers.push(data);
    if (this.#plan.events) this.#events.wrote(Buffer.from(data));
    const told = this.#syslog?.push(data);
    const written = this.#toLog(data);
    return told && written ? Promise.all([told, written]).then(() => {}) : (told ?? written);
  }

  #toLog(data: Uint8Array): Promise<void> | undefined {
    const logfile = this.#isOpen ? undefined : this.#logfile;
    if (!logfile || logfile !== this.#destination) return this.#destination?.write(data);
    logfile.acquire(this.#plan); // a descendant may still write after the process has exited
    const busy = logfile.write(data);
    logfile.release(this.#plan);
    return busy;
  }

  get #route(): Route {
    return routeOf(this.#plan, this.#logfile?.rule ?? this.#plan.rule);
  }
}
