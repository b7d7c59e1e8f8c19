import { statSync } from "node:fs";
import type { Writable } from "node:stream";
import { AnsiStripper } from "../core/ansi.ts";
import { Communication } from "../core/communication.ts";
import { Lines } from "../core/lines.ts";
import type { RotationRule } from "../core/rotation.ts";
import { Tail } from "../core/tail.ts";
import { Behind } from "./behind.ts";
import type { LogFile } from "./logfile.ts";
import { StreamDestination, isFifo, type Destination, type Logs } from "./logs.ts";
import { lastBytes, readPart, watchFile } from "./readlog.ts";

/** Where one stream of a process is to go. */
export interface ChannelPlan {
  /** A file, one with a name of its own (AUTO), the host's own output, a stream of the host's, or nothing. */
  readonly log:
    | { readonly type: "file"; readonly file: string }
    | { readonly type: "auto"; readonly directory: string; readonly stem: string }
    | { readonly type: "std"; readonly file: "/dev/stdout" | "/dev/stderr" }
    | { readonly type: "stream"; readonly stream: Writable }
    | undefined;
  readonly rule: RotationRule;
  /** Of what stands between the tokens, so many bytes are kept; 0: it is ordinary output. */
  readonly capture: number;
  /** Whether each chunk is an event. */
  readonly events: boolean;
  /** Whom each line names in the system's log. */
  readonly syslog?: { readonly identifier: string; readonly prefix: string };
  readonly stripAnsi: boolean;
  /** Whether somebody talks with the process by it: the host has to see the bytes, and soon. */
  readonly isSpoken?: boolean;
}

/** Whom a channel tells; the data is a copy. */
export interface ChannelEvents {
  wrote(data: Buffer): void;
  communicated(data: Buffer): void;
}

const TAIL_BYTES = 16_384;
/**
 * One stream of a process, over all its lives: a row of stations that each chunk passes. Where
 * nobody but a file wants the bytes, and it is never full, the child has the file itself, and the
 * host sees nothing of them.
 */
export class Channel {
  readonly #plan: ChannelPlan;
  readonly #logs: Logs;
  readonly #events: ChannelEvents;
  readonly #tail = new Tail(TAIL_BYTES);
  readonly #followers = new Set<(chunk: Uint8Array) => void>();
  #communication: Communication | undefined;
  #stripper: AnsiStripper | undefined;
  #syslogLines: Lines | undefined;
  #logfile: LogFile | undefined;
  #destination: Destination | undefined;
  #isOpen = false;

  constructor(plan: ChannelPlan, logs: Logs, events: ChannelEvents) {
    this.#plan = plan;
    this.#logs = logs;
    this.#events = events;
    if (plan.log?.type === "file") this.#makeFile()?.plan(plan);
    if (plan.capture > 0) this.#communication = new Communication(plan.capture);
    if (plan.stripAnsi) this.#stripper = new AnsiStripper();
    if (plan.syslog) this.#syslogLines = new Lines();
  }

  /** The path of its file, once it has one. */
  get file(): string {
    const { log } = this.#plan;
    return this.#logfile?.file ?? (log && "file" in log ? log.file : "");
  }

  /** How much may gather in the pipe. */
  get gather(): number {
    if (this.#plan.isSpoken) return 0;
    const { maxbytes } = this.#logfile ? this.#logfile.rule : this.#plan.rule;
    // a small file should be turned over where it is full, not long after
    return maxbytes > 0 && this.#plan.log ? Math.ceil(maxbytes / 256) : Infinity;
  }

  /** Makes it ready for a start: a descriptor for the child itself, or `push`. */
  open(): number | "push" {
    const { log } = this.#plan;
    this.#isOpen = true;
    if (log?.type === "std") {
      const isOut = log.file === "/dev/stdout";
      if (this.#isUnbounded) return isOut ? 1 : 2;
      this.#destination ??= new StreamDestination(isOut ? process.stdout : process.stderr);
    } else if (log?.type === "stream") {
      this.#destination ??= new StreamDestination(log.stream);
    } else if (log?.type === "file" && isFifo(log.file)) {
      const { fd, destination } = this.#logs.fifo(log.file);
      this.#destination = destination;
      if (this.#isUnbounded) return fd;
    } else if (log) {
      const logfile = this.#makeFile();
      logfile?.acquire(this.#plan);
      this.#destination = logfile;
      if (this.#isUnbounded) return logfile?.fd ?? "push";
    }
    return "push";
  }

  /** Whether the host is going to see the bytes, as far as can be known before `open()`. */
  get isPushed(): boolean {
    const { log } = this.#plan;
    return !log || log.type === "stream" || !this.#isUnbounded;
  }

  /** Takes a chunk, which is only lent. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (!this.#communication) return this.#plain(chunk);
    let busy: Promise<void> | undefined;
    for (const { type, data } of this.#communication.push(chunk)) {
      if (type === "captured") this.#events.communicated(Buffer.from(data));
      else busy = this.#plain(data) ?? busy;
    }
    return busy;
  }

  /** The process is gone: what was held back is let go, and the file. */
  end(): void {
    for (const { data } of this.#communication?.end() ?? []) void this.#plain(data);
    const held = this.#stripper?.end();
    if (held && held.length > 0) void this.#pass(held);
    void this.#toSyslog(this.#syslogLines?.end() ?? []);
    this.#isOpen = false;
    this.#logfile?.release(this.#plan);
  }

  /** The last bytes. */
  tail(bytes: number): Promise<Buffer> {
    return bytes > 0 ? this.read(-bytes, 0) : Promise.resolve(Buffer.alloc(0));
  }

  /** A part of the log; of the bytes in memory, where there is no file. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (this.#hasFile) {
      await this.#logfile?.settled();
      return readPart(this.file, offset, length);
    }
    const all = Buffer.from(this.#tail.last());
    if (offset < 0) return all.subarray(offset);
    return all.subarray(offset, length > 0 ? offset + length : undefined);
  }

  /** The last bytes, at once. */
  lastBytes(bytes: number): Buffer {
    const kept = Buffer.from(this.#tail.last(bytes));
    return kept.length === 0 && this.#isDirect ? lastBytes(this.file, bytes) : kept;
  }

  /** Forgets what was written so far. */
  clear(): void {
    this.#tail.clear();
    if (this.#hasFile) (this.#logfile ?? this.#logs.file(this.file)).clear();
  }

  /** Opens the file anew. */
  reopen(): void {
    this.#logfile?.reopen();
  }

  /** What is written from now on, as it comes, over all lives of the process. */
  follow(signal: AbortSignal, done: () => void): AsyncIterable<Buffer> {
    if (!this.isPushed && this.#makeFile()) {
      signal.addEventListener("abort", done, { once: true });
      return watchFile(this.file, signal, () => {
        signal.removeEventListener("abort", done);
        done();
      });
    }
    const queue = new Behind();
    const follower = (chunk: Uint8Array) => queue.push(chunk);
    this.#followers.add(follower); // at once: what comes before the first look is not missed
    const end = () => {
      queue.end();
      this.#followers.delete(follower); // now: perhaps nobody ever looks
      done();
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    return queue.read(() => {
      this.#followers.delete(follower);
      signal.removeEventListener("abort", end);
      done();
    });
  }

  /** It will not be opened any more. */
  close(): void {
    if (this.#logfile) this.#logs.forget(this.#logfile, this.#plan);
  }

  /** The writer of its file, if it is to have one. */
  #makeFile(): LogFile | undefined {
    const { log } = this.#plan;
    if (log?.type === "file" && !isFifo(log.file)) this.#logfile ??= this.#logs.file(log.file);
    if (log?.type === "auto") this.#logfile ??= this.#logs.auto(log);
    return this.#logfile;
  }

  #plain(chunk: Uint8Array): Promise<void> | undefined {
    const data = this.#stripper ? this.#stripper.push(chunk) : chunk;
    return data.length > 0 ? this.#pass(data) : undefined;
  }

  #pass(data: Uint8Array): Promise<void> | undefined {
    this.#tail.push(data);
    for (const follower of this.#followers) follower(data);
    if (this.#plan.events) this.#events.wrote(Buffer.from(data));
    const told = this.#syslogLines && this.#toSyslog(this.#syslogLines.push(data));
    const written = this.#toLog(data);
    return told && written ? Promise.all([told, written]).then(() => {}) : (told ?? written);
  }

  #toLog(data: Uint8Array): Promise<void> | undefined {
    if (this.#isOpen || !this.#logfile) return this.#destination?.write(data);
    this.#logfile.acquire(this.#plan); // somebody goes on writing where the process is gone
    const busy = this.#logfile.write(data);
    this.#logfile.release(this.#plan);
    return busy;
  }

  #toSyslog(lines: readonly string[]): Promise<void> | undefined {
    const { syslog } = this.#plan;
    let busy: Promise<void> | undefined;
    if (!syslog) return busy;
    for (const line of lines)
      busy = this.#logs.syslog(syslog.identifier, `${syslog.prefix} ${line}`) ?? busy;
    return busy;
  }

  /** Whether nobody but the log wants the bytes. */
  get #isPlain(): boolean {
    const { capture, events, syslog, stripAnsi, isSpoken } = this.#plan;
    return capture <= 0 && !events && !syslog && !stripAnsi && !isSpoken;
  }

  get #isDirect(): boolean {
    return this.#isUnbounded && this.#hasFile;
  }

  /** Whether nobody but the log wants the bytes, and it is never turned over. */
  get #isUnbounded(): boolean {
    const { maxbytes } = this.#logfile?.rule ?? this.#plan.rule;
    return this.#isPlain && maxbytes <= 0;
  }

  /** Whether there is a file that can be read back: no device, no stream. */
  get #hasFile(): boolean {
    const { log } = this.#plan;
    if (!log || log.type === "std" || log.type === "stream" || this.file === "") return false;
    return statSync(this.file, { throwIfNoEntry: false })?.isFile() ?? false;
  }
}
