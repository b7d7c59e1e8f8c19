/** Time as the library sees it. Replace it (`new Supervisor(settings, { clock })`) to test in virtual time. */
export interface Clock {
  /** Monotonic milliseconds from any origin. All waiting is measured with it. */
  now(): number;
  /** The wall clock, in milliseconds since 1970. It only labels events and `info()`. */
  date(): number;
  /**
   * Calls `fn` once, on a later turn of the event loop, `ms` from now.
   * With `ref` false, the wait does not keep the host alive. May fire early; never throws for a large `ms`.
   */
  setTimeout(fn: () => void, ms: number, ref: boolean): unknown;
  /** Forgets what `setTimeout` returned; anything else is ignored. */
  clearTimeout(timer: unknown): void;
}
