import { Tail } from "./tail.ts";

/** A piece of a stream: ordinary output, or the text between the tokens. */
export type Piece =
  | { readonly type: "plain"; readonly data: Uint8Array }
  | { readonly type: "captured"; readonly data: Uint8Array };

const BEGIN = Buffer.from("<!--XSUPERVISOR:BEGIN-->");
const END = Buffer.from("<!--XSUPERVISOR:END-->");

/**
 * Finds the text that a process writes between `<!--XSUPERVISOR:BEGIN-->` and
 * `<!--XSUPERVISOR:END-->`. The output may be cut into chunks anywhere. Of longer texts, the last
 * `maxbytes` are kept.
 */
export class Communication {
  readonly #maxbytes: number;
  #captured: Tail | undefined; // while between the tokens
  #held: Uint8Array = new Uint8Array(); // may be the beginning of a token

  constructor(maxbytes: number) {
    this.#maxbytes = maxbytes;
  }

  push(chunk: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let rest = Buffer.concat([this.#held, chunk]);
    for (;;) {
      const token = this.#captured ? END : BEGIN;
      const at = rest.indexOf(token);
      if (at < 0) break;
      this.#take(rest.subarray(0, at), pieces);
      rest = rest.subarray(at + token.length);
      if (this.#captured) {
        pieces.push({ type: "captured", data: this.#captured.last() });
        this.#captured = undefined;
      } else this.#captured = new Tail(this.#maxbytes);
    }
    const held = beginningLength(rest, this.#captured ? END : BEGIN);
    this.#take(rest.subarray(0, rest.length - held), pieces);
    this.#held = rest.subarray(rest.length - held);
    return pieces;
  }

  /**
   * Ends the stream: bytes that were held back, and a text without its end token, are ordinary
   * output.
   */
  end(): Piece[] {
    const unfinished = this.#captured ? [BEGIN, this.#captured.last()] : [];
    const data = Buffer.concat([...unfinished, this.#held]);
    this.#captured = undefined;
    this.#held = new Uint8Array();
    return data.length > 0 ? [{ type: "plain", data }] : [];
  }

  #take(data: Uint8Array, pieces: Piece[]): void {
    if (data.length === 0) return;
    if (this.#captured) this.#captured.push(data);
    else pieces.push({ type: "plain", data });
  }
}

/** How many of the last bytes could be the beginning of the token. */
function beginningLength(data: Buffer, token: Buffer): number {
  for (let n = Math.min(data.length, token.length - 1); n > 0; n--) {
    if (data.subarray(data.length - n).equals(token.subarray(0, n))) return n;
  }
  return 0;
}
