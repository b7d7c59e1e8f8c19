import type { Writable } from "node:stream";

/** Somewhere bytes go. A promise: nothing more before it settles. */
export interface Destination {
  write(chunk: Uint8Array): Promise<void> | undefined;
  settled(): Promise<void>;
}

/** Whom a destination tells. */
export interface DestinationEvents {
  /** Nothing can be written; once for each cause. */
  failed(error: NodeJS.ErrnoException): void;
  /** It can be again; `lost` bytes were not written meanwhile. */
  recovered(lost: number): void;
}

/**
 * A stream of the host's, which the host goes on owning: never ended here. It may fail, end, or throw:
 * that is told, and what cannot be written is dropped. After it has thrown, nothing more is written to
 * it: a stream that was interrupted in its own `_write` takes no further chunk.
 */
export class StreamDestination implements Destination {
  readonly #stream: Writable;
  readonly #events: DestinationEvents;
  #pending = 0;
  #waiting: Promise<void> | undefined;
  #hasThrown = false;
  #trouble: string | undefined; // what was told
  #lost = 0;

  constructor(stream: Writable, events: DestinationEvents) {
    this.#stream = stream;
    this.#events = events;
  }

  /** How many bytes it has still to take. */
  get behind(): number {
    return this.#hasThrown ? 0 : this.#stream.writableLength;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#hasThrown) return undefined;
    const stream = this.#stream;
    const { length } = chunk;
    if (stream.destroyed || stream.writableEnded) {
      if (this.#trouble === undefined) this.#fail(goneError(), length);
      return undefined;
    }
    this.#pending++;
    try {
      const isReady = stream.write(Buffer.from(chunk), (error) => {
        this.#pending--;
        if (error) this.#refused(error, length);
        else if (this.#trouble !== undefined) this.#recover();
      });
      return isReady ? undefined : this.settled();
    } catch (error) {
      this.#hasThrown = true;
      this.#fail(error as Error, length);
      return undefined;
    }
  }

  settled(): Promise<void> {
    const stream = this.#stream;
    const isOver = this.#hasThrown || this.#pending === 0 || stream.destroyed;
    if (isOver || !stream.writableNeedDrain) return Promise.resolve();
    this.#waiting ??= new Promise<void>((resolve) => {
      const ends = ["drain", "finish", "close", "error"]; // one that was ended drains no more
      const done = () => {
        for (const end of ends) stream.off(end, done);
        this.#waiting = undefined;
        resolve();
      };
      for (const end of ends) stream.once(end, done);
    });
    return this.#waiting;
  }

  /** Hears of a failure that no write was told of. */
  fail(error: Error): void {
    this.#fail(error, 0);
  }

  /** As with `console.log()`, the host does not die of a stream that takes nothing. */
  #refused(error: Error, lost: number): void {
    if (this.#stream.listenerCount("error") === 0) this.#stream.once("error", () => {}); // it comes next
    this.#fail(error, lost);
  }

  #fail(error: NodeJS.ErrnoException, lost: number): void {
    this.#lost += lost;
    const trouble = error.code ?? String(error);
    // all that waited in a stream that has failed is told that the stream is no more
    const isSequel = trouble === "ERR_STREAM_DESTROYED" && this.#trouble !== undefined;
    if (trouble === this.#trouble || isSequel) return;
    this.#trouble = trouble;
    this.#events.failed(error);
  }

  #recover(): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#trouble = undefined;
    this.#events.recovered(lost);
  }
}

function goneError(): NodeJS.ErrnoException {
  const error = new Error("the stream was ended, or destroyed");
  return Object.assign(error, { code: "ERR_STREAM_WRITE_AFTER_END" });
}
