import type { ActivityLevel } from "../events/levels.ts";
import { systemClock } from "../system/clock.ts";

/** How far a place may be behind: beyond that, lines are lost there. */
const LIMIT_BYTES = 1 << 20;

/** What a place is made of. */
interface Slot {
  /** How many bytes have still to be written. */
  readonly behind: () => number;
  readonly put: (line: string) => void;
  /** Whether somebody else adds the time to each line. */
  readonly isDated?: boolean;
}

/** Where lines of the activity log go: one that is slow neither holds up the host nor fills its memory. */
export class Place {
  readonly #slot: Slot;
  #lost = 0;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  write(level: ActivityLevel, message: string): void {
    const { behind } = this.#slot;
    if (behind() > LIMIT_BYTES) {
      this.#lost++;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0)
      this.#put("WARN", `${lost} lines are lost here: they came faster than they were written`);
    this.#put(level, message);
  }

  #put(level: ActivityLevel, message: string): void {
    const { put, isDated = false } = this.#slot;
    const line = `${level} ${message}`;
    put(isDated ? line : `${timestamp(new Date(systemClock.date()))} ${line}\n`);
  }
}

/** As Python's logging writes it, in local time. */
function timestamp(date: Date): string {
  const pad = (n: number, width = 2) => String(n).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time},${pad(date.getMilliseconds(), 3)}`;
}
