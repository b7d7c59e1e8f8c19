import type { StateName } from "../lifecycle/state.ts";

/** What every event has. Events are plain, frozen objects: copies, which nothing changes later. */
export interface BaseEvent {
  /** The event's own type. */
  readonly type: EventType;
  /** When, on the wall clock, in milliseconds since 1970. */
  readonly at: number;
}

/** A process has entered a state. */
export interface ProcessStateEvent extends BaseEvent {
  /** The process's name. */
  readonly processname: string;
  /** Its group's name. */
  readonly groupname: string;
  /** The state it comes from. */
  readonly from_state: StateName;
}

/** How a process ended, where it did. */
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

/** The process has stayed up for `startsecs`. */
export interface RunningEvent extends ProcessStateEvent {
  readonly type: "PROCESS_STATE_RUNNING";
  /** The process id. */
  readonly pid: number;
}

/** A start has failed; the next attempt comes after `tries` seconds, or FATAL at once. */
export interface BackoffEvent extends ProcessStateEvent, Partial<Ending> {
  readonly type: "PROCESS_STATE_BACKOFF";
  /** How many attempts have failed: 1, 2 … up to `startretries` + 1. */
  readonly tries: number;
  /** Why. */
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
  /** The process id it had. */
  readonly pid: number;
}

/** The process was stopped, and all that it left is gone. */
export interface StoppedEvent extends ProcessStateEvent, Partial<Ending> {
  readonly type: "PROCESS_STATE_STOPPED";
  /** The process id it had; 0 if it had none, being in BACKOFF. */
  readonly pid: number;
}

/** Too many starts have failed in a row. Only an order starts it again. */
export interface FatalEvent extends ProcessStateEvent, Partial<Ending> {
  readonly type: "PROCESS_STATE_FATAL";
  /** Why the last attempt failed. */
  readonly spawnerr: string;
}

/** The operating system refused to let us signal the process. */
export interface UnknownEvent extends ProcessStateEvent {
  readonly type: "PROCESS_STATE_UNKNOWN";
  /** What it said. */
  readonly spawnerr: string;
}

/** A process has written something; only with `stdout_events_enabled` or `stderr_events_enabled`. */
export interface ProcessLogEvent extends BaseEvent {
  readonly type: "PROCESS_LOG_STDOUT" | "PROCESS_LOG_STDERR";
  /** The process's name. */
  readonly processname: string;
  /** Its group's name. */
  readonly groupname: string;
  /** The process id. */
  readonly pid: number;
  /** The stream it wrote to. */
  readonly channel: "stdout" | "stderr";
  /** What it wrote: bytes as they came, cut anywhere. */
  readonly data: Buffer;
}

/** A process has written something between the capture tokens; only with `*_capture_maxbytes`. */
export interface ProcessCommunicationEvent extends BaseEvent {
  readonly type: "PROCESS_COMMUNICATION_STDOUT" | "PROCESS_COMMUNICATION_STDERR";
  /** The process's name. */
  readonly processname: string;
  /** Its group's name. */
  readonly groupname: string;
  /** The process id. */
  readonly pid: number;
  /** What stood between the tokens. */
  readonly data: Buffer;
}

/**
 * A log file cannot be written; its bytes are kept in memory, as far as they have room there. Or a
 * stream takes nothing; its bytes are dropped.
 */
export interface LogfileFailedEvent extends BaseEvent {
  readonly type: "LOGFILE_FAILED";
  /** Its path; `/dev/stdout` or `/dev/stderr` for the host's own output, `syslog`, `Writable` for a stream. */
  readonly file: string;
  /** The error's code: `ENOSPC`, `EACCES` …; empty where it has none. */
  readonly code: string;
  /** What the system says. */
  readonly message: string;
}

/** A log file, or a stream, can be written again. */
export interface LogfileRecoveredEvent extends BaseEvent {
  readonly type: "LOGFILE_RECOVERED";
  /** Its path, or what `LOGFILE_FAILED` had in its place. */
  readonly file: string;
  /** How many bytes had to be dropped meanwhile. */
  readonly lost: number;
}

/** The guardian was ended by somebody (and there is another one), or there can be none, or no cgroups. */
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

/** Somebody has called `sendRemoteCommEvent`. */
export interface RemoteCommunicationEvent extends BaseEvent {
  readonly type: "REMOTE_COMMUNICATION";
  /** What the sender calls it: supervisord's `type`. */
  readonly comm_type: string;
  /** What was sent. */
  readonly data: string;
}

/** How grave a line of the activity log is, as supervisord writes it. */
export type ActivityLevel = "CRIT" | "ERRO" | "WARN" | "INFO" | "DEBG" | "TRAC" | "BLAT";

/** A line for supervisord's activity log, in its words. */
export interface ActivityEvent extends BaseEvent {
  readonly type: "ACTIVITY";
  /** How grave it is. */
  readonly level: ActivityLevel;
  /** The line, without time and level. */
  readonly message: string;
}

/**
 * The names one can listen to, and what comes: supervisord's event types. An event is emitted under
 * its own type and then under each of its parents, up to `EVENT`.
 */
export interface EventMap {
  /** A start is attempted. */
  PROCESS_STATE_STARTING: StartingEvent;
  /** The process has stayed up for `startsecs`. */
  PROCESS_STATE_RUNNING: RunningEvent;
  /** A start has failed. */
  PROCESS_STATE_BACKOFF: BackoffEvent;
  /** The process was asked to stop. */
  PROCESS_STATE_STOPPING: StoppingEvent;
  /** The process has ended without being asked to. */
  PROCESS_STATE_EXITED: ExitedEvent;
  /** The process was stopped. */
  PROCESS_STATE_STOPPED: StoppedEvent;
  /** Too many starts have failed in a row. */
  PROCESS_STATE_FATAL: FatalEvent;
  /** The process could not be signalled. */
  PROCESS_STATE_UNKNOWN: UnknownEvent;
  /** Any of the PROCESS_STATE events. */
  PROCESS_STATE:
    | StartingEvent
    | RunningEvent
    | BackoffEvent
    | StoppingEvent
    | ExitedEvent
    | StoppedEvent
    | FatalEvent
    | UnknownEvent;
  /** A process has written to its standard output. */
  PROCESS_LOG_STDOUT: ProcessLogEvent;
  /** A process has written to its standard error. */
  PROCESS_LOG_STDERR: ProcessLogEvent;
  /** Either of the two. */
  PROCESS_LOG: ProcessLogEvent;
  /** A process has said something on its standard output, between the tokens. */
  PROCESS_COMMUNICATION_STDOUT: ProcessCommunicationEvent;
  /** A process has said something on its standard error, between the tokens. */
  PROCESS_COMMUNICATION_STDERR: ProcessCommunicationEvent;
  /** Either of the two. */
  PROCESS_COMMUNICATION: ProcessCommunicationEvent;
  /** A log file cannot be written. An extension: not an event type of supervisord. */
  LOGFILE_FAILED: LogfileFailedEvent;
  /** A log file can be written again. An extension. */
  LOGFILE_RECOVERED: LogfileRecoveredEvent;
  /** Either of the two. */
  LOGFILE: LogfileFailedEvent | LogfileRecoveredEvent;
  /** Somebody has ended the guardian; another one was started. An extension. */
  GUARDIAN_LOST: GuardianEvent;
  /** There is no guardian, for now or at all: programs may outlive a host that is killed. An extension. */
  GUARDIAN_FAILED: GuardianEvent;
  /** There is no making of cgroups: programs with `cgroup` go without. An extension. */
  CGROUP_FAILED: GuardianEvent;
  /** Any of the three. */
  GUARDIAN: GuardianEvent;
  /** The supervisor has begun: its first `start()`. */
  SUPERVISOR_STATE_CHANGE_RUNNING: SupervisorStateEvent;
  /** A shutdown begins. */
  SUPERVISOR_STATE_CHANGE_STOPPING: SupervisorStateEvent;
  /** Either of the two. */
  SUPERVISOR_STATE_CHANGE: SupervisorStateEvent;
  /** Somebody has called `sendRemoteCommEvent`. */
  REMOTE_COMMUNICATION: RemoteCommunicationEvent;
  /**
   * What supervisord would write to its activity log, word for word. An extension, and no kind of
   * `EVENT`: only who asks for it by this name gets it.
   */
  ACTIVITY: ActivityEvent;
  /** A group was added. */
  PROCESS_GROUP_ADDED: ProcessGroupEvent;
  /** A group was removed. */
  PROCESS_GROUP_REMOVED: ProcessGroupEvent;
  /** Either of the two. */
  PROCESS_GROUP: ProcessGroupEvent;
  /** Every five seconds. */
  TICK_5: TickEvent;
  /** Every minute. */
  TICK_60: TickEvent;
  /** Every hour. */
  TICK_3600: TickEvent;
  /** Any of the three. */
  TICK: TickEvent;
  /** Everything. */
  EVENT: SupervisorEvent;
}

/** A name one can listen to. */
export type EventName = keyof EventMap;

/** Any event; its `type` tells which. */
export type SupervisorEvent =
  | EventMap["PROCESS_STATE"]
  | ProcessLogEvent
  | ProcessCommunicationEvent
  | EventMap["LOGFILE"]
  | GuardianEvent
  | SupervisorStateEvent
  | RemoteCommunicationEvent
  | ProcessGroupEvent
  | TickEvent;

/** The type of an event: an {@link EventName} that is not a parent of others. */
export type EventType = Exclude<
  EventName,
  | "EVENT"
  | "PROCESS_STATE"
  | "PROCESS_LOG"
  | "PROCESS_COMMUNICATION"
  | "LOGFILE"
  | "GUARDIAN"
  | "SUPERVISOR_STATE_CHANGE"
  | "PROCESS_GROUP"
  | "TICK"
>;

/** What eventemitter3 wants to know. */
export type SupervisorEvents = { [T in EventName]: (event: EventMap[T]) => void };

/** An event as it is made, before it gets its time. */
export type Fresh = SupervisorEvent | ActivityEvent extends infer E
  ? E extends BaseEvent
    ? Omit<E, "at">
    : never
  : never;
