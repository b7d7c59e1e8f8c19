import type { Clock } from "../ports/clock.ts";

const PERIODS = [5, 60, 3600] as const;
/** The seconds of supervisord's TICK events. */
export type Period = (typeof PERIODS)[number];

/**
 * Calls `tick` whenever the wall clock enters a new slice of 5, 60 or 3,600 s, while there are
 * listeners for it.
 */
export class Ticks {
  readonly #clock: Clock;
  readonly #tick: (period: Period, when: number) => void;
  readonly #isHeard: () => boolean;
  #timer: unknown;
  #isRunning = false;
  #isOn = false;
  #last = 0;

  constructor(clock: Clock, tick: (period: Period, when: number) => void, isHeard: () => boolean) {
    this.#clock = clock;
    this.#tick = tick;
    this.#isHeard = isHeard;
  }

  /** Starts ticking. */
  begin(): void {
    this.#isRunning = true;
    this.look();
  }

  /** Stops ticking. */
  close(): void {
    this.#isRunning = false;
    this.look();
  }

  /** Checks whether there are listeners to ticks. Must be called whenever this may have changed. */
  look(): void {
    const isOn = this.#isRunning && this.#isHeard();
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!isOn) return;
    this.#last = this.#clock.date();
    this.#arm();
  }

  #arm(): void {
    const left = 5000 - (this.#clock.date() % 5000);
    this.#timer = this.#clock.setTimeout(() => this.#due(), left, false);
  }

  #due(): void {
    const now = this.#clock.date();
    const before = this.#last;
    this.#last = now;
    this.#arm();
    for (const period of PERIODS) {
      const slice = Math.floor(now / 1000 / period);
      if (slice !== Math.floor(before / 1000 / period)) this.#tick(period, slice * period);
    }
  }
}
