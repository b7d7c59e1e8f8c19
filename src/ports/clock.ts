/**
 * The time for the library. Give another clock (`new Supervisor(settings, { clock })`) to test in
 * virtual time.
 */
export interface Clock {
  /** Monotonic milliseconds from any origin. All waits are measured with it. */
  now(): number;
  /**
   * The wall clock, in milliseconds since 1970. It is used for the times in events, lines, `info()`
   * and the activity log, and for `TICK` events. It decides nothing else.
   */
  date(): number;
  /**
   * Calls `fn` once, on a later turn of the event loop, `ms` from now.
   * With `ref` false, the wait does not keep the host alive. May fire early; never throws for a large `ms`.
   */
  setTimeout(fn: () => void, ms: number, ref: boolean): unknown;
  /** Cancels the timer that `setTimeout` returned; any other value is ignored. */
  clearTimeout(timer: unknown): void;
}
