import type { Writable } from "node:stream";

/**
 * A destination of bytes. If a promise is returned, the caller must not write more before it
 * settles.
 */
export interface Destination {
  write(chunk: Uint8Array): Promise<void> | undefined;
  settled(): Promise<void>;
}

/** The callbacks of a destination. */
export interface DestinationEvents {
  /** Called when nothing can be written; once for each cause. */
  failed(error: NodeJS.ErrnoException): void;
  /** Called when writing works again; `lost` bytes were not written meanwhile. */
  recovered(lost: number): void;
}

/**
 * A stream that the host owns: never ended here. The stream may fail, end, or throw. That is
 * reported, and bytes that cannot be written are dropped. After the stream has thrown, nothing more
 * is written to it: a stream that was interrupted in its own `_write` takes no further chunk.
 */
export class StreamDestination implements Destination {
  readonly #stream: Writable;
  readonly #events: DestinationEvents;
  #pending = 0;
  #waiting: Promise<void> | undefined;
  #hasThrown = false;
  #trouble: string | undefined; // the failure that was reported
  #lost = 0;

  constructor(stream: Writable, events: DestinationEvents) {
    this.#stream = stream;
    this.#events = events;
  }

  /** The number of bytes that the stream has not taken yet. */
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
      const ends = ["drain", "finish", "close", "error"]; // a stream that was ended never drains
      const done = () => {
        for (const end of ends) stream.off(end, done);
        this.#waiting = undefined;
        resolve();
      };
      for (const end of ends) stream.once(end, done);
    });
    return this.#waiting;
  }

  /** Handles a failure that no write has reported. */
  fail(error: Error): void {
    this.#fail(error, 0);
  }

  /** As with `console.log()`, the host does not exit because of a stream that cannot be written. */
  #refused(error: Error, lost: number): void {
    if (this.#stream.listenerCount("error") === 0) this.#stream.once("error", () => {}); // it comes next
    this.#fail(error, lost);
  }

  #fail(error: NodeJS.ErrnoException, lost: number): void {
    this.#lost += lost;
    const trouble = error.code ?? String(error);
    // all writes that waited in a stream that has failed receive the error that the stream is
    // closed
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
