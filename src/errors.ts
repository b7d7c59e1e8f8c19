import type { StateName } from "./lifecycle/state.ts";

/**
 * The word for what went wrong: supervisord's fault names. The code is part of the contract, the
 * message is for people.
 *
 * - `BAD_NAME`: there is no such program, group or process (any more)
 * - `BAD_ARGUMENTS`: offset and length do not go together
 * - `BAD_SIGNAL`: there is no such signal
 * - `NOT_RUNNING`: there is no process to signal or to write to
 * - `SPAWN_ERROR`: a process could not be started, or ended too quickly, and gave up (FATAL); or its command
 *   cannot be executed
 * - `ABNORMAL_TERMINATION`: a process was stopped, or got lost, before it was RUNNING
 * - `STILL_RUNNING`: something would not go
 * - `ALREADY_ADDED`: the name is taken
 * - `SHUTDOWN_STATE`: the supervisor is shutting down, or has
 * - `NO_FILE`: the standard input of the process is closed, or its command cannot be found
 * - `NOT_EXECUTABLE`: its command is there, but cannot be executed
 * - `FAILED`: the operating system refused
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

/** What a {@link SupervisorError} knows beside its code and message. */
export interface ErrorDetails {
  /** The process's full name, `group:process` or just `process`. */
  readonly process?: string;
  /** The state it was in. */
  readonly state?: StateName;
  /** Why it could not be started. */
  readonly spawnerr?: string;
  /** The exit code of its last run; null when a signal ended it. */
  readonly exitstatus?: number | null;
  /** The signal that ended its last run; null when it exited by itself. */
  readonly signal?: NodeJS.Signals | null;
  /** The last lines it wrote. */
  readonly output?: string;
  /** What went wrong below. */
  readonly cause?: unknown;
}

/**
 * What was asked for and cannot be had. A process that fails is no error but a state, until somebody
 * waits for it.
 */
export class SupervisorError extends Error {
  /** What went wrong, in supervisord's words. */
  readonly code: ErrorCode;
  /** The process's full name, `group:process` or just `process`. */
  declare readonly process?: string;
  /** The state it was in. */
  declare readonly state?: StateName;
  /** Why it could not be started. */
  declare readonly spawnerr?: string;
  /** The exit code of its last run; null when a signal ended it. */
  declare readonly exitstatus?: number | null;
  /** The signal that ended its last run; null when it exited by itself. */
  declare readonly signal?: NodeJS.Signals | null;
  /** The last lines it wrote. */
  declare readonly output?: string;
  /** Each of the failures, when an order to several processes failed for more than one. */
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

/** One error for what went wrong with several processes. */
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
