import type { StateName } from "./lifecycle/state.ts";

/**
 * The code of an error: one of supervisord's fault names. The code is part of the contract; the
 * message is for people.
 *
 * - `BAD_NAME`: there is no such program, group or process (any more)
 * - `BAD_ARGUMENTS`: a stream, a `tail`, or an offset and a length are not valid, or a message is not JSON
 * - `BAD_SIGNAL`: there is no such signal
 * - `NOT_RUNNING`: there is no process to signal or to write to
 * - `SPAWN_ERROR`: a process could not be started, or ended too quickly too often, and is FATAL; or
 *   its command cannot be executed
 * - `ABNORMAL_TERMINATION`: a process was stopped, or got lost, before it was RUNNING
 * - `STILL_RUNNING`: a process did not exit
 * - `ALREADY_ADDED`: the name is already in use
 * - `SHUTDOWN_STATE`: the supervisor is shutting down, or has shut down
 * - `NO_FILE`: the standard input of the process is closed or is a socket; it has no channel for
 *   messages; its command, or the file to own, cannot be found; or the activity log has no file
 * - `NOT_EXECUTABLE`: its command exists, but cannot be executed
 * - `FAILED`: the operating system refused, or several processes failed for different reasons
 */
export type ErrorCode =
  | "BAD_NAME"
  | "BAD_ARGUMENTS"
  | "BAD_SIGNAL"
  | "NOT_RUNNING"
  | "SPAWN_ERROR"
  | "ABNORMAL_TERMINATION"
  | "STILL_RUNNING"
  | "ALREADY_ADDED"
  | "SHUTDOWN_STATE"
  | "NO_FILE"
  | "NOT_EXECUTABLE"
  | "FAILED";

/** The details of a {@link SupervisorError} besides its code and message. */
export interface ErrorDetails {
  /** The process's full name, `group:process` or just `process`. */
  readonly process?: string;
  /** The state of the process. */
  readonly state?: StateName;
  /** The reason why the process could not be started. */
  readonly spawnerr?: string;
  /** The exit code of the last run of the process; null when a signal ended it. */
  readonly exitstatus?: number | null;
  /** The signal that ended the last run of the process; null when it exited by itself. */
  readonly signal?: NodeJS.Signals | null;
  /** The last lines that the process wrote. */
  readonly output?: string;
  /** The error that caused this error. */
  readonly cause?: unknown;
}

/**
 * An error of an operation. A failing process is not an error but a state, unless a caller waits
 * for the process. The stack begins with the line of the call, also if the operation fails later;
 * only an error of `send()` that occurs after the call does not have it.
 */
export class SupervisorError extends Error {
  /** The kind of the error, as one of supervisord's fault names. */
  readonly code: ErrorCode;
  /** The process's full name, `group:process` or just `process`. */
  declare readonly process?: string;
  /** The state of the process. */
  declare readonly state?: StateName;
  /** The reason why the process could not be started. */
  declare readonly spawnerr?: string;
  /** The exit code of the last run of the process; null when a signal ended it. */
  declare readonly exitstatus?: number | null;
  /** The signal that ended the last run of the process; null when it exited by itself. */
  declare readonly signal?: NodeJS.Signals | null;
  /** The last lines that the process wrote. */
  declare readonly output?: string;
  /** All errors, when an operation on several processes failed for more than one of them. */
  declare readonly errors?: readonly SupervisorError[];

  /** @internal */
  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { readonly errors?: readonly SupervisorError[] } = {},
  ) {
    const { cause, ...facts } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, facts);
  }

  static {
    this.prototype.name = "SupervisorError";
  }
}

/** Combines the errors of several processes into one error. */
export function oneError(verb: string, errors: readonly SupervisorError[]): SupervisorError {
  const [first] = errors;
  if (first === undefined || errors.length === 1)
    return first ?? new SupervisorError("FAILED", verb);
  const lines = errors.map(({ message }) => `- ${message.replaceAll("\n", "\n  ")}`);
  const code = errors.every((error) => error.code === first.code) ? first.code : "FAILED";
  return new SupervisorError(
    code,
    `Cannot ${verb} ${errors.length} processes\n${lines.join("\n")}`,
    { errors },
  );
}
