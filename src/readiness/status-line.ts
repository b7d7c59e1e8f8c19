/** How much is read before the status is expected to have come; Node's limit for a whole head. */
const LIMIT_BYTES = 16_384;
const STATUS = /^HTTP\/\d(?:\.\d)? +(\d{3})(?: |\r?$)/;

/** Reads the status of an HTTP answer, in chunks as they come. */
export class StatusLine {
  #text = "";
  #bytes = 0;

  /** Returns the status, undefined if more is needed, or why there is none. */
  push(chunk: Buffer): number | string | undefined {
    this.#bytes += chunk.length;
    this.#text += chunk.toString("latin1");
    for (;;) {
      const text = this.#text.replace(/^[\r\n]+/, "");
      if (!"HTTP/".startsWith(text.slice(0, 5))) return "the answer is not HTTP";
      const end = text.indexOf("\n");
      if (end < 0) return this.#more();
      const status = Number(STATUS.exec(text.slice(0, end))?.[1]);
      if (Number.isNaN(status)) return "the answer is not HTTP";
      // 100 Continue, 103 Early Hints: the answer itself follows; with 101, HTTP is over
      if (status >= 200 || status === 101) return status;
      const blank = /\n\r?\n/.exec(text);
      if (!blank) return this.#more();
      this.#text = text.slice(blank.index);
    }
  }

  #more(): string | undefined {
    return this.#bytes > LIMIT_BYTES ? `no HTTP status in ${LIMIT_BYTES} bytes` : undefined;
  }
}
