/** A signal by its name, or by its number if it has no name in Node (real-time signals). */
export type Signal = NodeJS.Signals | number;

/** The end of a process: by itself (`code`), or by a signal. */
export interface ExitStatus {
  /** The exit code, or null when a signal ended the process. */
  readonly code: number | null;
  /** The signal that ended the process, or null when it exited by itself. */
  readonly signal: NodeJS.Signals | null;
}

/** A process that did not exit. */
export interface Survivor {
  /** The process id. */
  readonly pid: number;
  /** The name of the process, as the system has it. */
  readonly name: string;
}

/**
 * Why there is no process: the command cannot be found (`NO_FILE`), or cannot be executed for any
 * reason (`NOT_EXECUTABLE`). All other reasons, which may be temporary, are `FAILED`: a lack of
 * descriptors, for example.
 */
export type StartFailureCode = "NO_FILE" | "NOT_EXECUTABLE" | "FAILED";
