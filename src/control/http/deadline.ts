import { systemClock } from "../../system/clock.ts";

/** Does something unless it is called off in time. Keeps no host alive. */
export class Deadline {
  #timer: unknown;

  /** Begins anew. */
  set(ms: number, passed: () => void): void {
    this.clear();
    this.#timer = systemClock.setTimeout(passed, ms, false);
  }

  clear(): void {
    systemClock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
