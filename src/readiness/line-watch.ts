import { AnsiStripper } from "../output/ansi.ts";
import type { ChunkSink } from "../output/follow-buffer.ts";
import { Lines } from "../output/lines.ts";
import type { Clock } from "../ports/clock.ts";

/** The longest line that is looked at, in bytes. */
const LIMIT_BYTES = 65_536;
/** How long nothing has to be added to a line without an end before it is looked at, too. */
const QUIET_MS = 100;

/**
 * Looks at the lines of one stream, without colours: at complete lines, and at a last line without
 * an end (a prompt) when it has stayed the same for a moment: so half a number is never taken.
 */
export class LineWatch implements ChunkSink {
  readonly isUrgent = true;
  readonly #look: (line: string) => void;
  readonly #clock: Clock;
  readonly #lines = new Lines(LIMIT_BYTES);
  readonly #stripper = new AnsiStripper();
  #timer: unknown;

  constructor(look: (line: string) => void, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  push(chunk: Uint8Array): void {
    this.#clock.clearTimeout(this.#timer);
    for (const line of this.#lines.push(this.#stripper.push(chunk))) this.#look(line);
    const { rest } = this.#lines;
    if (rest === "") return;
    this.#timer = this.#clock.setTimeout(() => this.#look(rest), QUIET_MS, true);
  }

  end(): void {
    this.#clock.clearTimeout(this.#timer);
    for (const line of this.#lines.end()) this.#look(line);
  }
}
