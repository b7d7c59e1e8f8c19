import type { Clock } from "../ports/clock.ts";

const PERIODS = [5, 60, 3600] as const;
/** The seconds of supervisord's TICK events. */
export type Period = (typeof PERIODS)[number];

/** Calls `tick` whenever the wall clock enters a new slice of 5, 60 or 3,600 s; only while asked to. */
export class Ticks {
  readonly #clock: Clock;
  readonly #tick: (period: Period, when: number) => void;
  #timer: unknown;
  #isOn = false;
  #last = 0;

  constructor(clock: Clock, tick: (period: Period, when: number) => void) {
    this.#clock = clock;
    this.#tick = tick;
  }

  set(isOn: boolean): void {
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
