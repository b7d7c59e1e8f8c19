/** The last bytes of a stream, never more than `limit`. */
export class Tail {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    const copy = new Uint8Array(chunk.subarray(-this.#limit)); // the chunk may be a view of something large
    this.#chunks.push(copy);
    this.#length += copy.length;
    if (this.#length > 2 * this.#limit || this.#chunks.length > 1024) this.#compact();
  }

  /** The last `bytes` of what was pushed. */
  last(bytes = this.#limit): Uint8Array {
    this.#compact();
    const [all = new Uint8Array()] = this.#chunks;
    return bytes > 0 ? all.slice(-bytes) : new Uint8Array();
  }

  #compact(): void {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    const kept = all.slice(-this.#limit);
    this.#chunks = [kept];
    this.#length = kept.length;
  }
}
