import { closeSync, fchownSync } from "node:fs";
import type { Readable } from "node:stream";
import type { WakeUps } from "./pace.ts";
import type { Fifos } from "./fifos.ts";
import type { Outputs, OutputStream } from "../ports/streams.ts";
import type { Clock } from "../ports/clock.ts";
import { FifoReader } from "./fifo-reader.ts";

/** The value in `stdio` of a child for one stream. */
export type Stdio = number | "pipe" | "ipc";

interface Pipe {
  readonly write: number;
  readonly reader: FifoReader;
}

/** The parts that the pipes of all processes share. */
interface PipesIo {
  readonly fifos: Fifos;
  readonly clock: Clock;
  readonly buffer: Uint8Array;
  readonly wakeUps: WakeUps;
}

/**
 * The pipes from which the output of a process is read. The pipes outlive a child: the next child
 * gets the same pipes, and output of descendants still arrives.
 */
export class Pipes {
  readonly #outputs: Outputs;
  readonly #io: PipesIo;
  readonly #pipes = new Map<OutputStream, Pipe>();
  readonly #late = new Set<FifoReader>();

  constructor(outputs: Outputs, io: PipesIo) {
    this.#outputs = outputs;
    this.#io = io;
  }

  /** How many FIFOs the next `open()` may take. */
  get needed(): number {
    return Math.max(0, this.#outputs.pushed() - this.#pipes.size);
  }

  /** Returns the destinations of the streams of the next child. */
  open(owner: { readonly uid: number; readonly gid: number } | undefined): [Stdio, Stdio] {
    const stdout = this.#stdio("stdout", this.#outputs.stdout(), owner);
    const target = this.#outputs.stderr();
    // if stdout is a pipe of Node, stderr is one, too, and both lead to the same place
    const stderr = target === "stdout" ? stdout : this.#stdio("stderr", target, owner);
    return [stdout, stderr];
  }

  /** Tells that the child has what `open()` gave, or could not be started. */
  started(): void {
    this.#outputs.started();
  }

  /** Reads from a pipe of Node's, where there is no FIFO. */
  listen(stream: OutputStream, source: Readable | null): void {
    const isJoined = stream === "stderr" && this.#outputs.stderr() === "stdout";
    source?.on("data", (chunk: Uint8Array) => {
      const busy = this.#outputs.push(isJoined ? "stdout" : stream, chunk);
      if (!busy) return;
      source.pause();
      void busy.finally(() => source.resume());
    });
  }

  /** Called when the child was sent input: its answer is read as it comes. */
  expect(): void {
    for (const { reader } of this.#pipes.values()) reader.expect();
  }

  /** Reads what an exited child has left in the pipes. Returns a promise if that has to wait. */
  drain(): Promise<unknown> | undefined {
    const busy = [...this.#pipes.values()].flatMap(({ reader }) => reader.drain() ?? []);
    return busy.length > 0 ? Promise.all(busy) : undefined;
  }

  /**
   * Closes the ends for writing, as no child follows soon. Output of descendants still arrives,
   * until the last descendant has ended.
   */
  rest(): void {
    for (const { reader, write } of this.#pipes.values()) {
      closeSync(write);
      this.#late.add(reader);
      reader.finish(() => this.#late.delete(reader));
    }
    this.#pipes.clear();
  }

  close(): void {
    for (const reader of this.#late) reader.close();
    for (const { reader, write } of this.#pipes.values()) {
      reader.close();
      closeSync(write);
    }
    this.#pipes.clear();
  }

  #stdio(
    stream: OutputStream,
    target: number | "push",
    owner: { readonly uid: number; readonly gid: number } | undefined,
  ): Stdio {
    if (target !== "push") return target;
    const pipe = this.#pipes.get(stream) ?? this.#make(stream);
    if (!pipe) return "pipe";
    // another user must be able to open /dev/stdout, too
    if (owner) fchownSync(pipe.write, owner.uid, owner.gid);
    return pipe.write;
  }

  #make(stream: OutputStream): Pipe | undefined {
    const { fifos, buffer } = this.#io;
    const fifo = fifos.take();
    if (!fifo) return undefined;
    const sink = (chunk: Uint8Array) => this.#outputs.push(stream, chunk);
    const gather = () => this.#outputs.gather(stream);
    const reader = new FifoReader(fifo.read, buffer, sink, { ...this.#io, gather });
    const pipe = { write: fifo.write, reader };
    this.#pipes.set(stream, pipe);
    return pipe;
  }
}
