/** What is asked whether a process is ready. */
export type Probe =
  | {
      readonly kind: "tcp";
      readonly url: string;
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: "unix"; readonly url: string; readonly path: string }
  | {
      readonly kind: "http";
      readonly url: string;
      readonly host: string;
      readonly port: number;
      /** Path and query. */
      readonly target: string;
      readonly isSecure: boolean;
      /** The statuses that count, as ranges. */
      readonly statuses: readonly (readonly [from: number, to: number])[];
    }
  | { readonly kind: "file"; readonly path: string };

/** The answer to a probe: a success, or the reason why it is none. */
export type Answer =
  | { readonly isReady: true }
  | { readonly isReady: false; readonly reason: string };

/**
 * Asks whether a process is ready. Give another prober (`new Supervisor(settings, { prober })`) to
 * test without servers; see `FakeProber` in `libsupervisor/testing`.
 */
export interface Prober {
  /**
   * Asks once. Calls `done` once, on a later turn of the event loop, unless the returned function
   * was called, which gives up the attempt.
   */
  attempt(probe: Probe, limitMs: number, done: (answer: Answer) => void): () => void;
}
