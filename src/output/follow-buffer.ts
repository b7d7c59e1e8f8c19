/** How many bytes are kept for a slow reader. */
const LIMIT_BYTES = 1 << 20;

/**
 * The readers that follow a stream. Each reader has a buffer, so that a slow reader holds up
 * nothing.
 */
export class Followers {
  readonly #buffers = new Set<FollowBuffer>();

  push(chunk: Uint8Array): void {
    for (const buffer of this.#buffers) buffer.push(chunk);
  }

  /**
   * Returns the chunks from now on, until the signal aborts. Calls `done` at the end, or when the
   * reader leaves.
   */
  follow(signal: AbortSignal, done: () => void): AsyncIterable<Buffer> {
    const buffer = new FollowBuffer();
    this.#buffers.add(buffer); // at once: chunks that come before the first read are not missed
    const end = () => {
      buffer.end();
      this.#buffers.delete(buffer); // at once: the reader may never read
      done();
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    return buffer.read(() => {
      this.#buffers.delete(buffer);
      signal.removeEventListener("abort", end);
      done();
    });
  }
}

/**
 * The chunks that a reader has not taken yet. When they exceed the limit, the oldest are dropped.
 */
class FollowBuffer {
  #chunks: Buffer[] = [];
  #length = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** Adds a copy of the chunk. */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#chunks.push(Buffer.from(chunk));
    this.#length += chunk.length;
    while (this.#length > LIMIT_BYTES) this.#length -= this.#chunks.shift()?.length ?? 0;
    this.#wake?.();
  }

  /** Ends the buffer: no chunk will follow. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async *read(done: () => void): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunks = this.#chunks;
        this.#chunks = [];
        this.#length = 0;
        yield* chunks;
        if (this.#chunks.length > 0) continue;
        if (this.#isOver) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      done();
    }
  }
}
