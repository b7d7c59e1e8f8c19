/** How many bytes are kept for a slow reader. */
const LIMIT_BYTES = 1 << 20;

/** Receives what a process writes to one of its streams. */
export interface ChunkSink {
  /** Takes a chunk, which is only lent: copy what is kept. */
  push(chunk: Uint8Array): void;
  /** A run of the process has ended: another run may follow. */
  flush?(): void;
  /** No chunk will follow. */
  end(): void;
  /** Set if the reader waits for what comes: the host should read it soon. */
  readonly isUrgent?: boolean;
  /** Settles when the reader has room, for a source that can wait; undefined if it has. */
  room?(): Promise<void> | undefined;
}

/** The readers that follow a stream. A slow reader holds up nothing. */
export class Followers {
  readonly #sinks = new Set<ChunkSink>();

  /** Whether a reader waits for what comes. */
  get isUrgent(): boolean {
    return [...this.#sinks].some(({ isUrgent }) => isUrgent);
  }

  push(chunk: Uint8Array): void {
    for (const sink of this.#sinks) sink.push(chunk);
  }

  /** Tells that a run of the process has ended. */
  flush(): void {
    for (const sink of this.#sinks) sink.flush?.();
  }

  /** Gives the sink the chunks from now on, until the signal aborts. */
  attach(sink: ChunkSink, signal: AbortSignal): void {
    const end = () => {
      this.#sinks.delete(sink);
      sink.end();
    };
    if (signal.aborted) return end();
    this.#sinks.add(sink);
    signal.addEventListener("abort", end, { once: true });
  }

  /**
   * Returns the bytes in `first`, and the chunks from now on, until the signal aborts. Calls `done`
   * at the end, or when the reader leaves.
   */
  follow(
    signal: AbortSignal,
    done: () => void,
    first: Uint8Array = new Uint8Array(),
  ): AsyncIterable<Buffer> {
    const buffer = new FollowBuffer<Buffer>(({ length }) => length);
    const sink: ChunkSink = {
      push: (chunk) => buffer.push(Buffer.from(chunk)),
      end: () => {
        buffer.end();
        done(); // at once: the reader may never read
      },
    };
    this.attach(sink, signal); // at once: chunks that come before the first read are not missed
    const left = () => {
      this.#sinks.delete(sink);
      done();
    };
    // the first bytes are not subject to the limit: none of them may be missing
    return startingWith(Buffer.from(first), buffer.read(left), left);
  }
}

async function* startingWith(
  first: Buffer,
  chunks: AsyncIterable<Buffer>,
  left: () => void,
): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    yield* chunks;
  } finally {
    left();
  }
}

/** Gives the sink all chunks, each when the sink has room for it; an error is an end. */
export async function feed(chunks: AsyncIterable<Uint8Array>, sink: ChunkSink): Promise<void> {
  try {
    for await (const chunk of chunks) {
      sink.push(chunk);
      await sink.room?.();
    }
  } catch {
    // the file cannot be read any more
  } finally {
    sink.end();
  }
}

/**
 * What a reader has not taken yet. When it exceeds the limit, the oldest items are dropped, but never
 * the latest one.
 */
export class FollowBuffer<T> {
  readonly #sizeOf: (item: T) => number;
  #items: T[] = [];
  #size = 0;
  #isOver = false;
  #wake: (() => void) | undefined;
  #emptied: (() => void)[] = [];

  /** `sizeOf` returns the size of an item in bytes. */
  constructor(sizeOf: (item: T) => number) {
    this.#sizeOf = sizeOf;
  }

  /** Adds an item, in place of `former` if that is the last one, and not read yet. */
  push(item: T, former?: T): void {
    if (this.#isOver) return;
    if (former !== undefined && this.#items.at(-1) === former) {
      this.#items.pop();
      this.#size -= this.#sizeOf(former);
    }
    this.#items.push(item);
    this.#size += this.#sizeOf(item);
    while (this.#size > LIMIT_BYTES && this.#items.length > 1)
      this.#size -= this.#sizeOf(this.#items.shift() as T);
    this.#wake?.();
  }

  /** Settles when the reader has taken what was kept for it, undefined if there is room for more. */
  room(): Promise<void> | undefined {
    if (this.#isOver || this.#size < LIMIT_BYTES / 2) return undefined;
    return new Promise((resolve) => {
      this.#emptied.push(resolve);
    });
  }

  /** Ends the buffer: no item will follow. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
    this.#release();
  }

  /** Returns the items, until `end()`. Calls `done` at the end, or when the reader leaves. */
  async *read(done: () => void): AsyncGenerator<T> {
    try {
      for (;;) {
        const items = this.#items;
        this.#items = [];
        this.#size = 0;
        yield* items;
        if (this.#items.length > 0) continue;
        if (this.#isOver) return;
        this.#release();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.end();
      done();
    }
  }

  #release(): void {
    for (const resolve of this.#emptied.splice(0)) resolve();
  }
}
