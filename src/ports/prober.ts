/** A range of HTTP statuses, both ends included. */
export type StatusRange = readonly [from: number, to: number];

/** What is asked whether a process is ready. */
export type Probe =
  | {
      /** Accepts a connection. */
      readonly kind: "tcp";
      /** The URL as it was given. */
      readonly url: string;
      /** A name, or an address without brackets. */
      readonly host: string;
      /** The port. */
      readonly port: number;
    }
  | {
      /** Accepts a connection. */
      readonly kind: "unix";
      /** The URL as it was given. */
      readonly url: string;
      /** The path of the socket. */
      readonly path: string;
    }
  | {
      /** Answers a request with one of the statuses. */
      readonly kind: "http";
      /** The URL as it was given. */
      readonly url: string;
      /** A name, or an address without brackets. */
      readonly host: string;
      /** The port. */
      readonly port: number;
      /** Path and query. */
      readonly target: string;
      /** Whether it is https. */
      readonly isSecure: boolean;
      /** The statuses that count, as ranges. */
      readonly statuses: readonly StatusRange[];
    }
  | {
      /** Is there. */
      readonly kind: "file";
      /** The path. */
      readonly path: string;
      /** The `fileId()` of the file that was there before the spawn: that one does not count. */
      readonly before?: string;
    };

/** The answer to a probe: a success, or the reason why it is none. */
export type Answer =
  | {
      /** Whether the process is ready. */
      readonly isReady: true;
    }
  | {
      /** Whether the process is ready. */
      readonly isReady: false;
      /** Why it is not. */
      readonly reason: string;
      /**
       * Set if the limit was noticed more than 250 ms late, because the host was busy or stopped: so
       * the process may have answered in time, and the answer says nothing about it.
       */
      readonly isLate?: true;
    };

/**
 * Asks whether a process is ready. Give another prober (`new Supervisor(settings, { prober })`) to
 * test without servers; see `FakeProber` in `libsupervisor/testing`.
 */
export interface Prober {
  /**
   * Asks once. Calls `done` once, on a later turn of the event loop, unless the returned function
   * was called, which gives up the attempt. `limitMs` counts from the beginning of the attempt,
   * which may have to wait until others are over.
   */
  attempt(probe: Probe, limitMs: number, done: (answer: Answer) => void): () => void;
  /**
   * Identifies the file that is at the path now, or undefined if there is none. The text is another
   * one when the file was written or replaced.
   */
  fileId(path: string): string | undefined;
}
