/** Bytes that have still to be written, in their order. */
export class Backlog {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** The number of bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The next chunk to be written. */
  get first(): Uint8Array | undefined {
    return this.#chunks[0];
  }

  /** Adds a copy of the chunk. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(new Uint8Array(chunk));
    this.#bytes += chunk.length;
  }

  /** Removes the first bytes, of the first chunk: they have been written. */
  shift(bytes: number): void {
    const first = this.#chunks[0];
    if (!first) return;
    if (bytes < first.length) this.#chunks[0] = first.subarray(bytes);
    else this.#chunks.shift();
    this.#bytes -= Math.min(bytes, first.length);
  }

  /** Drops the oldest bytes above a limit; returns the number of bytes dropped. */
  trim(limit: number): number {
    const before = this.#bytes;
    while (this.#bytes > limit) this.shift(this.#bytes - limit);
    return before - this.#bytes;
  }

  /** Returns a copy of the last bytes. */
  last(bytes: number): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - bytes));
  }

  /** Removes all chunks, and returns them. */
  take(): Uint8Array[] {
    this.#bytes = 0;
    return this.#chunks.splice(0);
  }
}
