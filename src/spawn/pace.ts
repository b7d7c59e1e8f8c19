import type { Instant } from "../lifecycle/state.ts";

/** How many reads a second the host grants. */
const PER_SECOND = 500;
/** How many of these reads may come at once. */
const BURST = 50;
/** How long no read is granted after all are used up: the first time, and if this is repeated. */
const BUSY_MS = { first: 100, longest: 1000 } as const;

/** The reads that need not wait, shared by all streams of a host. */
export class WakeUps {
  #left = BURST;
  #at: Instant = 0;
  /** Until when, and for how long, the host counts as busy. */
  #busy = { until: -Infinity, ms: 0 };

  /** Takes one read: returns whether it is granted at once. */
  take(now: Instant): boolean {
    this.#refill(now);
    if (now < this.#busy.until) return this.spend(now);
    if (this.#left >= 1) {
      this.#left--;
      return true;
    }
    const { until, ms } = this.#busy;
    const isAgain = now - until < BUSY_MS.first;
    const longer = isAgain ? Math.min(BUSY_MS.longest, ms * 2) : BUSY_MS.first;
    this.#busy = { until: now + longer, ms: longer };
    return false;
  }

  /** Counts a read that was not asked for. Returns false. */
  spend(now: Instant): false {
    this.#refill(now);
    this.#left = Math.max(0, this.#left - 1);
    return false;
  }

  #refill(now: Instant): void {
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) * PER_SECOND) / 1000);
    this.#at = now;
  }
}

/** The capacity of a pipe, unless a larger or smaller one was observed. */
const PIPE_BYTES = 65_536;
/** The least that a full pipe holds: half a page. */
const PAGE_BYTES = 2048;
/** The longest time that a byte waits in the pipe for more bytes, in ms. */
const PATIENCE_MS = 90;
/** How long a rate is remembered. */
const MEMORY_MS = 20;
/** A writer that was blocked for less than this is not checked. */
const HELD_MS = 8;
/** The pause before a second read, after a read that may have emptied a full pipe. */
const LOOK_MS = 1;
/** The pause between such pairs of reads: the first time, and if nothing is ever found. */
const UNSEEN_MS = { first: 100, longest: 2000 } as const;
/** How many reads do not wait after the program was sent input. */
const ANSWERS = 8;

/**
 * The next step after a read: read as bytes come, in a moment (a flood of small writes), or after
 * this many ms.
 */
export type Rest = "none" | "moment" | number;

/**
 * Decides how long to leave a pipe alone after each read. A program that writes tiny lines would
 * wake the host for each of them: this is allowed as long as the host has few reads. Otherwise,
 * bytes gather for as long as it takes to fill half of the pipe, by the recent rate.
 */
export class Pace {
  readonly #wakeUps: WakeUps;
  #rate = 0; // bytes per ms
  #last: Instant;
  #answers = 0;
  #room = PIPE_BYTES;
  /** The previous read, if it may have been all that the pipe holds. */
  #suspect: { readonly length: number; readonly took: number } | undefined;
  #look = { due: -Infinity, ms: UNSEEN_MS.first as number };

  constructor(wakeUps: WakeUps, now: Instant) {
    this.#wakeUps = wakeUps;
    this.#last = now;
  }

  /** Called when the program was sent input: its answer should not wait. */
  expect(): void {
    this.#answers = ANSWERS;
  }

  /**
   * Decides after a read of `length` bytes. If `gather` is smaller, no more bytes than that should
   * gather.
   */
  after(length: number, now: Instant, gather: number): Rest {
    const took = Math.max(0.01, now - this.#last);
    this.#last = now;
    this.#measure(length / took, took);
    this.#learn(length, took);
    const half = this.#room / 2;
    const rest = Math.min(half, gather) / this.#rate;
    const isFull = length >= (this.#room * 3) / 4;
    if (isFull || rest < 1) {
      this.#wakeUps.spend(now);
      const isFlood = this.#rate >= half; // and not only a small file, which needs no pauses
      return isFlood && !isFull ? "moment" : "none";
    }
    if (this.#answers > 0) {
      this.#answers--;
      this.#wakeUps.spend(now);
      return "none";
    }
    if (this.#wakeUps.take(now)) return "none";
    return this.#isSuspect(length, took, now) ? LOOK_MS : Math.min(PATIENCE_MS, rest);
  }

  #measure(rate: number, took: number): void {
    const weight = Math.exp(-took / MEMORY_MS); // a short read within a flood has little weight
    this.#rate = Math.max(rate, this.#rate * weight + rate * (1 - weight));
  }

  /**
   * A writer that was blocked by a full pipe continues at once, and the next read gives as much in
   * no time. This reveals the capacity of the pipe: less than usual if a user has many pipes, or if
   * the program chose so.
   */
  #learn(length: number, took: number): void {
    const before = this.#suspect;
    this.#suspect = undefined;
    if (before && length >= before.length / 2 && took <= before.took / 2) {
      this.#room = before.length;
      this.#look.ms = UNSEEN_MS.first;
    }
    this.#room = Math.max(this.#room, length);
  }

  #isSuspect(length: number, took: number, now: Instant): boolean {
    const { due, ms } = this.#look;
    if (length < PAGE_BYTES || took < HELD_MS || now < due) return false;
    this.#suspect = { length, took };
    this.#look = { due: now + ms, ms: Math.min(UNSEEN_MS.longest, ms * 2) };
    return true;
  }
}
