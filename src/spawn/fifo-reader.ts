import { readSync } from "node:fs";
import { Socket } from "node:net";
import { Pace, type WakeUps } from "./pace.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * Takes a chunk. The caller may reuse the chunk afterwards. If a promise is returned, the caller
 * must not send more before it settles.
 */
type Sink = (chunk: Uint8Array) => Promise<void> | undefined;

/** The parts that a reader uses. */
interface FifoReaderIo {
  readonly clock: Clock;
  /** How many bytes may gather in the pipe. */
  readonly gather: () => number;
  /** The wake-ups of the whole host. */
  readonly wakeUps: WakeUps;
}

/** How long small writes are gathered. */
const FLOOD_MS = 0.1;
/**
 * The limit for reading after the exit of a child: a grandchild that goes on writing must not delay
 * the end of its parent.
 */
const DRAIN_BYTES = 1 << 20;

/** Reads one stream of a child from a FIFO, at a pace that the host can handle. */
export class FifoReader {
  readonly #fd: number;
  readonly #buffer: Uint8Array;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #gather: () => number;
  readonly #pace: Pace;
  readonly #socket: Socket;
  #pause: unknown;
  #busy: Promise<void> | undefined;
  #isOpen = true;

  constructor(
    fd: number,
    buffer: Uint8Array,
    sink: Sink,
    { clock, gather, wakeUps }: FifoReaderIo,
  ) {
    this.#fd = fd;
    this.#buffer = buffer;
    this.#sink = sink;
    this.#clock = clock;
    this.#gather = gather;
    this.#pace = new Pace(wakeUps, clock.now());
    this.#socket = new Socket({
      fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (length: number) => this.#take(length) },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.on("error", () => {}); // the same as its end
    this.#socket.on("close", () => this.#close());
    this.#socket.unref(); // the child keeps the host alive, its pipes do not
    this.#socket.resume();
  }

  /**
   * Reads now what is in the pipe. Returns a promise if the reader has to wait for the destination.
   */
  drain(): Promise<void> | undefined {
    if (this.#busy) return this.#busy.then(() => this.drain());
    for (let drained = 0; this.#isOpen && drained < DRAIN_BYTES;) {
      let length: number;
      try {
        length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
      } catch {
        return undefined; // EAGAIN: another process holds it
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

  /** Reads until no process can write any more; at once, if that is so now. */
  finish(done: () => void): void {
    this.#socket.once("close", done);
    void this.drain();
  }

  close(): void {
    this.#socket.destroy();
    this.#close();
  }

  /** Tells that the program was sent something: what it answers is read as it comes. */
  expect(): void {
    this.#pace.expect();
    if (this.#pause === undefined) return;
    this.#wake();
    this.#resume();
  }

  #close(): void {
    this.#isOpen = false;
    this.#wake();
  }

  #wake(): void {
    this.#clock.clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  /** Takes what was read; `false` where the socket is not to go on by itself. */
  #take(length: number): boolean {
    const busy = this.#sink(this.#buffer.subarray(0, length));
    const now = this.#clock.now();
    const rest = this.#pace.after(length, now, this.#gather());
    if (busy) {
      this.#busy = busy.finally(() => {
        this.#busy = undefined;
        this.#resume();
      });
      return false;
    }
    if (rest === "none") return true;
    if (rest === "moment") this.#readAfterPause(now + FLOOD_MS);
    else {
      const over = () => {
        this.#pause = undefined;
        this.#resume();
      };
      this.#pause = this.#clock.setTimeout(over, rest, false);
    }
    return false;
  }

  /**
   * Reads a flood of small writes after a pause for which no timer is fine enough: the loop turns, with
   * all else the host has to do, until some have gathered. The socket would be woken for each of them,
   * and the child pays for that.
   */
  #readAfterPause(due: number): void {
    const turn = () => {
      if (this.#clock.now() < due) wait();
      else this.#readNow();
    };
    const wait = () => {
      this.#pause = this.#clock.setTimeout(turn, 0, true);
    };
    wait();
  }

  #readNow(): void {
    this.#pause = undefined;
    let length = 0;
    try {
      length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
    } catch {
      // EAGAIN: the flood is over
    }
    if (length === 0 || this.#take(length)) this.#resume();
  }

  #resume(): void {
    if (this.#isOpen) this.#socket.resume();
  }
}
