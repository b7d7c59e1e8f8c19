import { systemClock } from "../../system/clock.ts";

/** A timer for one action, which does not keep the host alive. */
export class Deadline {
  #timer: unknown;

  /** Calls `expired` after this time. Replaces an earlier call. */
  set(ms: number, expired: () => void): void {
    this.clear();
    this.#timer = systemClock.setTimeout(expired, ms, false);
  }

  clear(): void {
    systemClock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
