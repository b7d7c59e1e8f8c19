import type { BaseEvent } from "./base-event.ts";
import type { ActivityLevel } from "./levels.ts";

/** Any event of the supervisor itself. */
export type OwnEvent =
  | LogfileFailedEvent
  | LogfileRecoveredEvent
  | GuardianEvent
  | SupervisorStateEvent
  | ProcessGroupEvent
  | TickEvent
  | RemoteCommunicationEvent
  | ActivityEvent;

/**
 * A log file cannot be written; its bytes are kept in memory up to a limit. Or a stream cannot be
 * written; its bytes are dropped.
 */
export interface LogfileFailedEvent extends BaseEvent {
  readonly type: "LOGFILE_FAILED";
  /**
   * The path of the log; `/dev/stdout` or `/dev/stderr` for the host's own output, `syslog`,
   * `Writable` for a stream.
   */
  readonly file: string;
  /** The error's code: `ENOSPC`, `EACCES` …; empty if the error has no code. */
  readonly code: string;
  /** The message of the system. */
  readonly message: string;
}

/** A log file, or a stream, can be written again. */
export interface LogfileRecoveredEvent extends BaseEvent {
  readonly type: "LOGFILE_RECOVERED";
  /** The same as in `LOGFILE_FAILED`. */
  readonly file: string;
  /** The number of bytes that were dropped meanwhile. */
  readonly lost: number;
}

/**
 * The guardian was ended from outside and another guardian was started, or the guardian, or a
 * cgroup, is not available.
 */
export interface GuardianEvent extends BaseEvent {
  readonly type: "GUARDIAN_LOST" | "GUARDIAN_FAILED" | "CGROUP_FAILED";
  /** The signal or exit status of the guardian, or the reason why it cannot run. */
  readonly reason: string;
}

/** The supervisor has begun its work, or begins to shut down. */
export interface SupervisorStateEvent extends BaseEvent {
  readonly type: "SUPERVISOR_STATE_CHANGE_RUNNING" | "SUPERVISOR_STATE_CHANGE_STOPPING";
}

/** A group was added or removed. */
export interface ProcessGroupEvent extends BaseEvent {
  readonly type: "PROCESS_GROUP_ADDED" | "PROCESS_GROUP_REMOVED";
  /** The name of the group. */
  readonly groupname: string;
}

/** The wall clock has entered a new slice of 5, 60 or 3,600 seconds. */
export interface TickEvent extends BaseEvent {
  readonly type: "TICK_5" | "TICK_60" | "TICK_3600";
  /** The beginning of the slice, in seconds since 1970. */
  readonly when: number;
}

/** `sendRemoteCommEvent` was called. */
export interface RemoteCommunicationEvent extends BaseEvent {
  readonly type: "REMOTE_COMMUNICATION";
  /** The kind of the message, as the sender calls it: supervisord's `type`. */
  readonly comm_type: string;
  /** The text that was sent. */
  readonly data: string;
}

/** A line of supervisord's activity log, word for word. */
export interface ActivityEvent extends BaseEvent {
  readonly type: "ACTIVITY";
  /** The level of the line. */
  readonly level: ActivityLevel;
  /** The line, without time and level. */
  readonly message: string;
}
