/** Splits a stream of bytes into lines of text, however it is cut into chunks. */
export class Lines {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The lines that are complete by now, without their ends (`\n` or `\r\n`). */
  push(chunk: Uint8Array): string[] {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (!text.includes("\n")) {
      this.#rest += text; // a long line is put together once
      return [];
    }
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  /** The stream has ended: the last line, if it had no end. */
  end(): string[] {
    const last = this.#rest + this.#decoder.decode();
    this.#rest = "";
    return last === "" ? [] : [last];
  }
}
