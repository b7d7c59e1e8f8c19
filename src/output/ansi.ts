const ESCAPE = 0x1b;
const BRACKET = 0x5b;
const TERMINATORS = new Set(Buffer.from("HfABCDRsuJKhlpm"));

/**
 * Drops `ESC [ … letter` from a stream, with supervisord's letters. The stream may be cut into
 * chunks anywhere.
 */
export class AnsiStripper {
  #state: "shown" | "escape" | "hidden" = "shown";

  push(chunk: Uint8Array): Uint8Array {
    if (this.#state === "shown" && !chunk.includes(ESCAPE)) return chunk;
    const kept = new Uint8Array(chunk.length + 1); // and the ESC at the end of the previous chunk
    let length = 0;
    for (const byte of chunk) {
      if (this.#state === "hidden") {
        if (TERMINATORS.has(byte)) this.#state = "shown";
      } else if (this.#state === "escape" && byte === BRACKET) {
        this.#state = "hidden";
      } else {
        if (this.#state === "escape") kept[length++] = ESCAPE;
        this.#state = byte === ESCAPE ? "escape" : "shown";
        if (byte !== ESCAPE) kept[length++] = byte;
      }
    }
    return kept.subarray(0, length);
  }

  /** Ends the stream: an ESC that was held back is ordinary output. */
  end(): Uint8Array {
    const isHeld = this.#state === "escape";
    this.#state = "shown";
    return isHeld ? Uint8Array.of(ESCAPE) : new Uint8Array();
  }
}
