/** How many bytes the `tail` of supervisorctl shows. */
export const SHOWN_BYTES = 1600;

/** The last bytes of a stream, never more than `limit`: a ring, which grows to that size as needed. */
export class Tail {
  readonly #limit: number;
  #ring = new Uint8Array();
  #total = 0; // bytes pushed so far; the next one's place is this, modulo the ring

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    this.#grow(this.#total + chunk.length);
    const size = this.#ring.length;
    if (size === 0) return;
    const kept = chunk.subarray(Math.max(0, chunk.length - size));
    const at = (this.#total + chunk.length - kept.length) % size;
    const room = Math.min(kept.length, size - at);
    this.#ring.set(kept.subarray(0, room), at);
    this.#ring.set(kept.subarray(room), 0);
    this.#total += chunk.length;
  }

  /** Returns a copy of the last `bytes` that were pushed. */
  last(bytes = this.#limit): Uint8Array {
    const length = Math.max(0, Math.min(bytes, this.#total, this.#ring.length));
    const tail = new Uint8Array(length);
    if (length === 0) return tail;
    const at = (this.#total - length) % this.#ring.length;
    const first = this.#ring.subarray(at, at + length);
    tail.set(first);
    tail.set(this.#ring.subarray(0, length - first.length), first.length);
    return tail;
  }

  /** Forgets everything. */
  clear(): void {
    this.#total = 0;
  }

  /** Until the ring has its full size nothing has wrapped around, so it can be moved as it is. */
  #grow(needed: number): void {
    const size = this.#ring.length;
    if (size >= this.#limit || needed <= size) return;
    const ring = new Uint8Array(Math.min(this.#limit, Math.max(256, size * 2, needed)));
    ring.set(this.#ring);
    this.#ring = ring;
  }
}
