/** How many bytes are kept for a reader that does not take them. */
const LIMIT_BYTES = 1 << 20;

/** The readers that follow a stream: each has a buffer, so that a slow one holds up nothing. */
export class Followers {
  readonly #buffers = new Set<FollowBuffer>();

  push(chunk: Uint8Array): void {
    for (const buffer of this.#buffers) buffer.push(chunk);
  }

  /** The chunks from now on, until the signal aborts. `done` is called at the end, or when the reader leaves. */
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

/** The chunks that a reader has still to take. Of those that exceed the limit, the oldest are dropped. */
class FollowBuffer {
  #chunks: Buffer[] = [];
  #length = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** Takes a copy. */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#chunks.push(Buffer.from(chunk));
    this.#length += chunk.length;
    while (this.#length > LIMIT_BYTES) this.#length -= this.#chunks.shift()?.length ?? 0;
    this.#wake?.();
  }

  /** Nothing more will come. */
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
