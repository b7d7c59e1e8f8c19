import { linkedAbort } from "../lifecycle/wait.ts";
import type { Outputs, OutputStream } from "../ports/streams.ts";
import { Channel } from "./channel.ts";
import type { ChunkSink } from "./follow-buffer.ts";
import type { Logs } from "./logs.ts";
import type { OutputPlans } from "./plan.ts";

/** The callbacks of the streams of a process. */
export interface StreamEvents {
  /** The process has written to a stream with events. The data is a copy. */
  wrote(stream: OutputStream, data: Buffer): void;
  /** The process has written between the tokens. The data is a copy. */
  communicated(stream: OutputStream, data: Buffer): void;
  /**
   * The process has written to its standard output. The callback must copy the chunk to keep it.
   */
  printed?(chunk: Uint8Array): void;
}

/** The two streams that a process writes to, which are one if its standard error is redirected. */
export class Streams implements Outputs {
  readonly #stdout: Channel;
  readonly #stderr: Channel;
  readonly #events: StreamEvents;
  readonly #readers = new Set<AbortController>();
  #isClosed = false;

  constructor({ stdout, stderr }: OutputPlans, logs: Logs, events: StreamEvents) {
    const channel = (stream: OutputStream, plan: typeof stdout) =>
      new Channel(plan, logs, {
        wrote: (data) => events.wrote(stream, data),
        communicated: (data) => events.communicated(stream, data),
      });
    this.#events = events;
    this.#stdout = channel("stdout", stdout);
    this.#stderr = stderr === "stdout" ? this.#stdout : channel("stderr", stderr);
  }

  /** Opens standard output for a start. */
  stdout(): number | "push" {
    return this.#stdout.open();
  }

  /** Opens standard error for a start. */
  stderr(): number | "push" | "stdout" {
    return this.#isRedirected ? "stdout" : this.#stderr.open();
  }

  started(): void {
    for (const channel of this.#channels) channel.started();
  }

  push(stream: OutputStream, chunk: Uint8Array): Promise<void> | undefined {
    const busy = this.#of(stream).push(chunk);
    if (stream === "stdout") this.#events.printed?.(chunk);
    return busy;
  }

  pushed(): number {
    return this.#channels.filter(({ isPushed }) => isPushed).length;
  }

  gather(stream: OutputStream): number {
    return this.#of(stream).gather;
  }

  /** The path of a log, once it is known; empty for standard error that is redirected. */
  file(stream: OutputStream): string {
    return stream === "stderr" && this.#isRedirected ? "" : this.#of(stream).file;
  }

  /** Reads a part of a log, or, where there is no file, of the bytes in memory. */
  read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return this.#of(stream).read(offset, length);
  }

  /** Reads the last bytes synchronously. */
  lastBytes(stream: OutputStream, bytes: number): Buffer {
    return this.#of(stream).lastBytes(bytes);
  }

  /**
   * Returns the last `tail` bytes of a stream, and the output of the process from now on, until the
   * signal or `endReaders()` ends it.
   */
  follow(stream: OutputStream, signal: AbortSignal | undefined, tail = 0): AsyncIterable<Buffer> {
    const { reading, left } = this.#reader(signal);
    return this.#of(stream).follow(reading, left, tail);
  }

  /** Gives the sink of each stream the output from now on, until the signal or `endReaders()`. */
  attach(sinkOf: (stream: OutputStream) => ChunkSink, signal: AbortSignal | undefined): void {
    const { reading, left } = this.#reader(signal);
    reading.addEventListener("abort", left, { once: true });
    this.#stdout.attach(sinkOf("stdout"), reading);
    const file = this.#stdout.ownFile();
    const isOneFile = file !== "" && file === this.#stderr.ownFile(); // each line would come twice
    if (!this.#isRedirected && !isOneFile) this.#stderr.attach(sinkOf("stderr"), reading);
  }

  /** Empties the logs. */
  clear(): void {
    for (const channel of this.#channels) channel.clear();
  }

  /** Opens the log files again. */
  reopen(): void {
    for (const channel of this.#channels) channel.reopen();
  }

  /**
   * Ends a run: the process, or the processes that it left behind, have ended. Writes the bytes
   * that were held back, and releases the files.
   */
  end(): void {
    for (const channel of this.#channels) channel.end();
  }

  /** Ends every `follow()`, including future ones. */
  endReaders(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.abort();
  }

  /** Ends the use of the streams: no start follows. */
  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  /** A signal for a new reader, and what to call once the reader has left. */
  #reader(signal: AbortSignal | undefined) {
    const { controller, unlink } = linkedAbort(signal);
    if (this.#isClosed) controller.abort();
    else if (!controller.signal.aborted) this.#readers.add(controller);
    const left = () => {
      this.#readers.delete(controller);
      unlink();
    };
    return { reading: controller.signal, left };
  }

  get #isRedirected(): boolean {
    return this.#stderr === this.#stdout;
  }

  get #channels(): readonly Channel[] {
    return this.#isRedirected ? [this.#stdout] : [this.#stdout, this.#stderr];
  }

  #of(stream: OutputStream): Channel {
    return stream === "stdout" ? this.#stdout : this.#stderr;
  }
}
