import type { Clock } from "../ports/clock.ts";
import type { Answer } from "../ports/prober.ts";

/** A timer that fires later than this was held up by the host. */
const LATE_MS = 250;

/** One attempt: its limit, what is to be released at its end, and its one answer. */
export class Attempt {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #done: (answer: Answer) => void;
  readonly #releases: (() => void)[] = [];
  #leftMs: number;
  /** When the limit is over, while it counts. */
  #until: number | undefined;
  #timer: unknown;
  #isOver = false;

  constructor(clock: Clock, limitMs: number, done: (answer: Answer) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
    this.#done = done;
  }

  /** Has the limit count, with what is left of it. */
  resume(): void {
    const until = this.#clock.now() + this.#leftMs;
    this.#until = until;
    this.#timer = this.#clock.setTimeout(
      () => {
        const isLate = this.#clock.now() - until > LATE_MS;
        const reason = `no answer within ${secondsText(this.#limitMs)}`;
        this.answer({ isReady: false, reason, ...(isLate && { isLate }) });
      },
      this.#leftMs,
      false,
    );
  }

  /** Stops the limit: the attempt waits for others, and not for an answer. */
  pause(): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#until !== undefined) this.#leftMs = this.#until - this.#clock.now();
    this.#until = undefined;
  }

  /** Keeps what is to be called at the end, whatever ends the attempt. */
  atEnd(release: () => void): void {
    this.#releases.push(release);
  }

  /** Ends the attempt with an answer; the first one counts. */
  answer(answer: Answer): void {
    if (this.#isOver) return;
    this.giveUp();
    this.#done(answer);
  }

  /** Ends the attempt without an answer. */
  giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clock.clearTimeout(this.#timer);
    for (const release of this.#releases) release();
  }
}

function secondsText(ms: number): string {
  const seconds = ms / 1000;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}
