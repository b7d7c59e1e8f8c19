/** The longest line, in bytes. A longer line is split. */
const LIMIT_BYTES = 1 << 20;
const NEWLINE = 10;

/** Splits a stream of bytes into lines of text. The stream may be cut into chunks anywhere. */
export class Lines {
  readonly #decoder = new TextDecoder();
  readonly #limit: number;
  #rest = "";
  #length = 0; // of the rest, in bytes

  constructor(limit: number = LIMIT_BYTES) {
    this.#limit = limit;
  }

  /** Returns the lines that are complete by now, without their ends (`\n` or `\r\n`). */
  push(chunk: Uint8Array): string[] {
    let lines: string[] = [];
    for (let left = chunk; left.length > 0;) {
      const end = left.indexOf(NEWLINE);
      const room = this.#limit - this.#length;
      const isTooLong = (end < 0 ? left.length : end) > room;
      // of what is no longer than a line may be, only the first can be too long, with the rest before it
      const length = isTooLong ? wholeCharacters(left, room) : Math.min(left.length, this.#limit);
      const found = this.#split(left.subarray(0, length));
      if (isTooLong) found.push(...this.#cut());
      lines = lines.length === 0 ? found : lines.concat(found); // too many to be spread
      left = left.subarray(length);
    }
    return lines;
  }

  /** The text since the last line end: the beginning of a line. */
  get rest(): string {
    return this.#rest;
  }

  /** Ends the stream: returns the last line, if it had no end. */
  end(): string[] {
    this.#rest += this.#decoder.decode();
    return this.#cut();
  }

  #split(chunk: Uint8Array): string[] {
    const text = this.#decoder.decode(chunk, { stream: true });
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#rest += text; // the parts of a long line are joined once
      this.#length += chunk.length;
      return [];
    }
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#length = chunk.length - last - 1;
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  #cut(): string[] {
    const line = this.#rest;
    this.#rest = "";
    this.#length = 0;
    return line === "" ? [] : [line];
  }
}

/** This number of bytes, or up to three less, so that no character of UTF-8 is cut. */
function wholeCharacters(bytes: Uint8Array, length: number): number {
  let end = length;
  while (end > Math.max(0, length - 3) && isContinuation(bytes[end])) end--;
  return isContinuation(bytes[end]) ? length : end;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
