import type { Instant } from "../lifecycle/state.ts";

/** How many reads a second the host grants. */
const PER_SECOND = 500;
/** How many of them may come at once. */
const BURST = 50;
/** How long none is granted once they are used up: at first, and where it happens again and again. */
const BUSY_MS = { first: 100, longest: 1000 } as const;

/** The reads that need not wait, of all streams of a host together. */
export class WakeUps {
  #left = BURST;
  #at: Instant = 0;
  /** Until when, and for how long, the host counts as busy. */
  #busy = { until: -Infinity, ms: 0 };

  /** Whether one more may go at once. It is counted. */
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

  /** Counts one that was not asked for; false. */
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

/** What a pipe holds, unless it shows otherwise. */
const PIPE_BYTES = 65_536;
/** The least that a pipe holds when it is full: half a page. */
const PAGE_BYTES = 2048;
/** The longest that a byte waits in the pipe for others to come, in ms. */
const PATIENCE_MS = 90;
/** How long a rate is remembered. */
const MEMORY_MS = 20;
/** A writer that was held up for less is not worth a look. */
const HELD_MS = 8;
/** How soon after a read that may have been a full pipe there is another. */
const LOOK_MS = 1;
/** How long after such a pair comes the next: at first, and where nothing is ever found. */
const UNSEEN_MS = { first: 100, longest: 2000 } as const;
/** How many reads do not wait once the program was sent something. */
const ANSWERS = 8;

/** What to do after a read: read on as bytes come, in a moment (a flood of small writes), or after so many ms. */
export type Rest = "none" | "moment" | number;

/**
 * Decides how long to leave a pipe alone after each read. A program that writes tiny lines would wake
 * the host for each of them: as long as the host has few to read, it does. Then bytes gather for as
 * long as it takes to fill half of the pipe, by the rate of late.
 */
export class Pace {
  readonly #wakeUps: WakeUps;
  #rate = 0; // bytes per ms
  #last: Instant;
  #answers = 0;
  #room = PIPE_BYTES;
  /** The read before, where it may have been all that the pipe holds. */
  #suspect: { readonly length: number; readonly took: number } | undefined;
  #look = { due: -Infinity, ms: UNSEEN_MS.first as number };

  constructor(wakeUps: WakeUps, now: Instant) {
    this.#wakeUps = wakeUps;
    this.#last = now;
  }

  /** The program was sent something: its answer should not wait. */
  expect(): void {
    this.#answers = ANSWERS;
  }

  /** After a read of `length` bytes; where `gather` is smaller, no more than that should gather. */
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
      const isFlood = this.#rate >= half; // and not only a small file, which wants no rests
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
    const weight = Math.exp(-took / MEMORY_MS); // a short read within a flood says little
    this.#rate = Math.max(rate, this.#rate * weight + rate * (1 - weight));
  }

  /**
   * A writer that the pipe has held up goes on at once, and the next read gives as much in no time.
   * So it turns out what the pipe holds: less than usual, where a user has many, or the program chose.
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
