/** How far a reader may be behind. */
const LIMIT_BYTES = 1 << 20;

/**
 * What a reader has still to take. One that sleeps holds up nobody: of what it is too far behind with,
 * the oldest is dropped.
 */
export class Behind {
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
