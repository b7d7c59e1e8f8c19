import { readSync } from "node:fs";
import { Socket } from "node:net";
import type { Clock } from "./ports.ts";

/** Takes a chunk, which is only lent. A promise: nothing more before it settles. */
type Sink = (chunk: Uint8Array) => Promise<void> | undefined;

/** What a pipe gives at once. */
const FULL = 49_152;
/** The longest that a byte waits in the pipe for others to come, in ms. */
const PATIENCE_MS = 90;
/** How long a rate is remembered. */
const MEMORY_MS = 20;
/** How long a flood of small writes gathers. */
const GUSH_MS = 0.1;
/** What a pause lets gather, at the most: half a pipe, so that the writer is not held up. */
const GATHER_BYTES = 32_768;
/** A grandchild that goes on writing does not hold up the end of its parent. */
const DRAIN_BYTES = 1 << 20;

/**
 * Reads one stream of a child from a FIFO. A child that writes tiny lines would wake the host for
 * each of them; so after each read the pipe is left alone for a moment, shorter the faster it fills.
 */
export class Reader {
  readonly #fd: number;
  readonly #buffer: Uint8Array;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #gather: () => number;
  readonly #socket: Socket;
  #rate = 0; // bytes per ms
  #last: number;
  #pause: unknown;
  #busy: Promise<void> | undefined;
  #isOpen = true;

  constructor(fd: number, buffer: Uint8Array, sink: Sink, clock: Clock, gather: () => number) {
    this.#fd = fd;
    this.#buffer = buffer;
    this.#sink = sink;
    this.#clock = clock;
    this.#gather = gather;
    this.#last = clock.now();
    this.#socket = new Socket({
      fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (length: number) => this.#take(length) },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.on("error", () => {}); // as its end
    this.#socket.on("close", () => this.#close());
    this.#socket.unref(); // the child keeps the host alive, its pipes do not
    this.#socket.resume();
  }

  /** Reads what is in the pipe, now; a promise, if it has to wait for where that goes. */
  drain(): Promise<void> | undefined {
    if (this.#busy) return this.#busy.then(() => this.drain());
    for (let drained = 0; this.#isOpen && drained < DRAIN_BYTES;) {
      let length: number;
      try {
        length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
      } catch {
        return undefined; // EAGAIN: somebody else holds it
      }
      if (length === 0) {
        this.close();
        return undefined;
      }
      drained += length;
      const busy = this.#sink(this.#buffer.subarray(0, length));
      if (busy) return busy.then(() => this.drain());
    }
    return undefined;
  }

  close(): void {
    this.#socket.destroy();
    this.#close();
  }

  #close(): void {
    this.#isOpen = false;
    this.#clock.clearTimeout(this.#pause);
  }

  /** What the socket has read; `false` where it is not to go on by itself. */
  #take(length: number): boolean {
    const busy = this.#sink(this.#buffer.subarray(0, length));
    const pause = this.#pauseAfter(length);
    if (busy) {
      this.#busy = busy.finally(() => {
        this.#busy = undefined;
        this.#go();
      });
      return false;
    }
    const isFlood = this.#rate >= GATHER_BYTES; // and not only a small file, which wants no pauses
    if (length >= FULL || (pause < 1 && !isFlood)) return true;
    if (pause < 1) this.#gush();
    else this.#pause = this.#clock.setTimeout(() => this.#go(), pause, false);
    return false;
  }

  /** How long to leave the pipe alone, in ms, after it gave so much. */
  #pauseAfter(length: number): number {
    const now = this.#clock.now();
    const took = Math.max(0.01, now - this.#last);
    this.#last = now;
    const rate = length / took;
    const weight = Math.exp(-took / MEMORY_MS); // a short read within a flood says little
    this.#rate = Math.max(rate, this.#rate * weight + rate * (1 - weight));
    return Math.min(PATIENCE_MS, Math.min(GATHER_BYTES, this.#gather()) / this.#rate);
  }

  /**
   * Reads a flood of small writes, which no timer is fine enough for: the loop turns, with whatever
   * else the host has to do, until some have gathered. The socket would be woken for each of them,
   * and the child pays for that.
   */
  #gush(): void {
    const due = this.#last + GUSH_MS;
    const turn = () => {
      if (this.#clock.now() < due) wait();
      else this.#gulp();
    };
    const wait = () => {
      this.#pause = this.#clock.setTimeout(turn, 0, true);
    };
    wait();
  }

  #gulp(): void {
    let length = 0;
    try {
      length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
    } catch {
      // EAGAIN: it is over
    }
    if (length === 0 || this.#take(length)) this.#go();
  }

  #go(): void {
    if (this.#isOpen) this.#socket.resume();
  }
}
