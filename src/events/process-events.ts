import type { Captures, StateName } from "../lifecycle/state.ts";
import type { BaseEvent } from "./base-event.ts";

/** Any event of a process. */
export type ProcessEvent =
  | StartingEvent
  | RunningEvent
  | BackoffEvent
  | StoppingEvent
  | ExitedEvent
  | StoppedEvent
  | FatalEvent
  | UnknownEvent
  | ProcessLogEvent
  | ProcessCommunicationEvent
  | ProcessMessageEvent;

/** A process has entered a state. */
export interface ProcessStateEvent extends BaseEvent {
  /** The name of the process. */
  readonly processname: string;
  /** The name of its group. */
  readonly groupname: string;
  /** The full name of the process: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The state before this step. */
  readonly from_state: StateName;
  /** The number of automatic starts until now, including this one; the same as in `info()`. */
  readonly restarts: number;
}

/** How the run of a process ended, if it has ended. */
export interface Ending {
  /** The exit code; null when a signal ended the process. */
  readonly exitstatus: number | null;
  /** The signal that ended the process; null when it exited by itself. */
  readonly signal: NodeJS.Signals | null;
}

/** A start is attempted. */
export interface StartingEvent extends ProcessStateEvent {
  readonly type: "PROCESS_STATE_STARTING";
  /** How many attempts have failed before. */
  readonly tries: number;
}

/** The process has stayed up for `startsecs`; or it is ready, if one of `ready_*` is set. */
export interface RunningEvent extends ProcessStateEvent {
  readonly type: "PROCESS_STATE_RUNNING";
  /** The process id. */
  readonly pid: number;
  /** What was captured from the line that said that it is ready; only with `ready_*`. */
  readonly captures?: Captures;
}

/** A start has failed. The next attempt comes after `tries` seconds, or FATAL at once. */
export interface BackoffEvent extends ProcessStateEvent, Partial<Ending> {
  readonly type: "PROCESS_STATE_BACKOFF";
  /** How many attempts have failed: 1, 2 … up to `startretries` + 1. */
  readonly tries: number;
  /** The reason why the start failed. */
  readonly spawnerr: string;
}

/** The process was asked to stop. */
export interface StoppingEvent extends ProcessStateEvent {
  readonly type: "PROCESS_STATE_STOPPING";
  /** The process id. */
  readonly pid: number;
}

/** A RUNNING process has ended by itself, or by a signal from elsewhere. */
export interface ExitedEvent extends ProcessStateEvent, Ending {
  readonly type: "PROCESS_STATE_EXITED";
  /** Whether the exit code is one of `exitcodes`; never for a signal. */
  readonly expected: boolean;
  /** The process id before the exit. */
  readonly pid: number;
}

/** The process was stopped, and all processes that it left are gone. */
export interface StoppedEvent extends ProcessStateEvent, Partial<Ending> {
  readonly type: "PROCESS_STATE_STOPPED";
  /** The process id before the exit; 0 if there was no process. */
  readonly pid: number;
}

/** Too many starts have failed in a row. The process starts again only when asked to. */
export interface FatalEvent extends ProcessStateEvent, Partial<Ending> {
  readonly type: "PROCESS_STATE_FATAL";
  /** The reason why the last attempt failed. */
  readonly spawnerr: string;
}

/** The operating system refused to let us signal the process. */
export interface UnknownEvent extends ProcessStateEvent {
  readonly type: "PROCESS_STATE_UNKNOWN";
  /** The error. */
  readonly spawnerr: string;
}

/** A process has written something; only with `stdout_events_enabled` or `stderr_events_enabled`. */
export interface ProcessLogEvent extends BaseEvent {
  readonly type: "PROCESS_LOG_STDOUT" | "PROCESS_LOG_STDERR";
  /** The name of the process. */
  readonly processname: string;
  /** The name of its group. */
  readonly groupname: string;
  /** The full name of the process: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The process id. */
  readonly pid: number;
  /** The stream that the process wrote to. */
  readonly channel: "stdout" | "stderr";
  /** The bytes as the process wrote them; chunks may end anywhere. */
  readonly data: Buffer;
}

/** A process has written something between the capture tokens; only with `*_capture_maxbytes`. */
export interface ProcessCommunicationEvent extends BaseEvent {
  readonly type: "PROCESS_COMMUNICATION_STDOUT" | "PROCESS_COMMUNICATION_STDERR";
  /** The name of the process. */
  readonly processname: string;
  /** The name of its group. */
  readonly groupname: string;
  /** The full name of the process: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The process id. */
  readonly pid: number;
  /** The bytes between the tokens. */
  readonly data: Buffer;
}

/** A process with `ipc` has sent a message: `process.send()` in a Node program. */
export interface ProcessMessageEvent extends BaseEvent {
  readonly type: "PROCESS_MESSAGE";
  /** The name of the process. */
  readonly processname: string;
  /** The name of its group. */
  readonly groupname: string;
  /** The full name of the process: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The process id. */
  readonly pid: number;
  /** The message: a value that came as JSON. Nothing in it was checked. */
  readonly message: unknown;
}
