/** A signal by its name, or by its number where it has no name in Node (real-time signals). */
export type Signal = NodeJS.Signals | number;

/** How a process ended: by itself (`code`), or by a signal. */
export interface ExitStatus {
  /** The exit code, or null when a signal ended the process. */
  readonly code: number | null;
  /** The signal that ended the process, or null when it exited by itself. */
  readonly signal: NodeJS.Signals | null;
}

/** A process that did not exit. */
export interface Survivor {
  /** Its process id. */
  readonly pid: number;
  /** Its name, as the system has it. */
  readonly name: string;
}

/**
 * Why there is no process: its command cannot be found (`NO_FILE`), or cannot be executed, whatever
 * stands in the way (`NOT_EXECUTABLE`). Anything else, which may pass, is `FAILED`: no descriptors, say.
 */
export type StartFailureCode = "NO_FILE" | "NOT_EXECUTABLE" | "FAILED";
