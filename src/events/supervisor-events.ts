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
 * A log file cannot be written; its bytes are kept in memory, as far as they have room there. Or a
 * stream cannot be written; its bytes are dropped.
 */
export interface LogfileFailedEvent extends BaseEvent {
  readonly type: "LOGFILE_FAILED";
  /** Its path; `/dev/stdout` or `/dev/stderr` for the host's own output, `syslog`, `Writable` for a stream. */
  readonly file: string;
  /** The error's code: `ENOSPC`, `EACCES` …; empty where it has none. */
  readonly code: string;
  /** The message of the system. */
  readonly message: string;
}

/** A log file, or a stream, can be written again. */
export interface LogfileRecoveredEvent extends BaseEvent {
  readonly type: "LOGFILE_RECOVERED";
  /** The same as in `LOGFILE_FAILED`. */
  readonly file: string;
  /** How many bytes had to be dropped meanwhile. */
  readonly lost: number;
}

/** The guardian was ended from outside (and another one was started), or it, or a cgroup, cannot be had. */
export interface GuardianEvent extends BaseEvent {
  readonly type: "GUARDIAN_LOST" | "GUARDIAN_FAILED" | "CGROUP_FAILED";
  /** The signal or exit status that ended it, or why it cannot run. */
  readonly reason: string;
}

/** The supervisor has begun, or begins to shut down. */
export interface SupervisorStateEvent extends BaseEvent {
  readonly type: "SUPERVISOR_STATE_CHANGE_RUNNING" | "SUPERVISOR_STATE_CHANGE_STOPPING";
}

/** A group was added or removed. */
export interface ProcessGroupEvent extends BaseEvent {
  readonly type: "PROCESS_GROUP_ADDED" | "PROCESS_GROUP_REMOVED";
  /** Its name. */
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
  /** The sender's word for its kind: supervisord's `type`. */
  readonly comm_type: string;
  /** The text that was sent. */
  readonly data: string;
}

/** A line of supervisord's activity log, word for word. */
export interface ActivityEvent extends BaseEvent {
  readonly type: "ACTIVITY";
  /** Its level. */
  readonly level: ActivityLevel;
  /** The line, without time and level. */
  readonly message: string;
}
