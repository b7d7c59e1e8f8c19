interface Row {
  /** The name under which the event is emitted next; undefined for the root. */
  readonly parent: string | undefined;
  /** Whether supervisord has this event type: only these types are available to event listeners. */
  readonly inSupervisord: boolean;
}

/** Each event type and each parent of event types: the only list; the others derive from it. */
export const eventTable = {
  /** A start is attempted. */
  PROCESS_STATE_STARTING: { parent: "PROCESS_STATE", inSupervisord: true },
  /** The process has stayed up for `startsecs`. */
  PROCESS_STATE_RUNNING: { parent: "PROCESS_STATE", inSupervisord: true },
  /** A start has failed. */
  PROCESS_STATE_BACKOFF: { parent: "PROCESS_STATE", inSupervisord: true },
  /** The process was asked to stop. */
  PROCESS_STATE_STOPPING: { parent: "PROCESS_STATE", inSupervisord: true },
  /** The process has ended without being asked to. */
  PROCESS_STATE_EXITED: { parent: "PROCESS_STATE", inSupervisord: true },
  /** The process was stopped. */
  PROCESS_STATE_STOPPED: { parent: "PROCESS_STATE", inSupervisord: true },
  /** Too many starts have failed in a row. */
  PROCESS_STATE_FATAL: { parent: "PROCESS_STATE", inSupervisord: true },
  /** The process could not be signalled. */
  PROCESS_STATE_UNKNOWN: { parent: "PROCESS_STATE", inSupervisord: true },
  /** Any of the PROCESS_STATE events. */
  PROCESS_STATE: { parent: "EVENT", inSupervisord: true },
  /** A process has written to its standard output. */
  PROCESS_LOG_STDOUT: { parent: "PROCESS_LOG", inSupervisord: true },
  /** A process has written to its standard error. */
  PROCESS_LOG_STDERR: { parent: "PROCESS_LOG", inSupervisord: true },
  /** Either of these two. */
  PROCESS_LOG: { parent: "EVENT", inSupervisord: true },
  /** A process has written a text between the tokens on its standard output. */
  PROCESS_COMMUNICATION_STDOUT: { parent: "PROCESS_COMMUNICATION", inSupervisord: true },
  /** A process has written a text between the tokens on its standard error. */
  PROCESS_COMMUNICATION_STDERR: { parent: "PROCESS_COMMUNICATION", inSupervisord: true },
  /** Either of these two. */
  PROCESS_COMMUNICATION: { parent: "EVENT", inSupervisord: true },
  /** A process with a channel has sent a message. An extension. */
  PROCESS_MESSAGE: { parent: "EVENT", inSupervisord: false },
  /** A log file cannot be written. An extension: not an event type of supervisord. */
  LOGFILE_FAILED: { parent: "LOGFILE", inSupervisord: false },
  /** A log file can be written again. An extension. */
  LOGFILE_RECOVERED: { parent: "LOGFILE", inSupervisord: false },
  /** Either of these two. */
  LOGFILE: { parent: "EVENT", inSupervisord: false },
  /** The guardian was ended from outside; another one was started. An extension. */
  GUARDIAN_LOST: { parent: "GUARDIAN", inSupervisord: false },
  /** There is no guardian, for now or at all: programs may outlive a host that is killed. An extension. */
  GUARDIAN_FAILED: { parent: "GUARDIAN", inSupervisord: false },
  /** Cgroups cannot be made: programs with `cgroup` run without. An extension. */
  CGROUP_FAILED: { parent: "GUARDIAN", inSupervisord: false },
  /** Any of these three. */
  GUARDIAN: { parent: "EVENT", inSupervisord: false },
  /** The supervisor has begun: its first `start()`. */
  SUPERVISOR_STATE_CHANGE_RUNNING: { parent: "SUPERVISOR_STATE_CHANGE", inSupervisord: true },
  /** A shutdown begins. */
  SUPERVISOR_STATE_CHANGE_STOPPING: { parent: "SUPERVISOR_STATE_CHANGE", inSupervisord: true },
  /** Either of these two. */
  SUPERVISOR_STATE_CHANGE: { parent: "EVENT", inSupervisord: true },
  /** `sendRemoteCommEvent` was called. */
  REMOTE_COMMUNICATION: { parent: "EVENT", inSupervisord: true },
  /**
   * A line that supervisord would write to its activity log, word for word. An extension, and not a
   * kind of `EVENT`: only a listener to this very name receives it.
   */
  ACTIVITY: { parent: undefined, inSupervisord: false },
  /** A group was added. */
  PROCESS_GROUP_ADDED: { parent: "PROCESS_GROUP", inSupervisord: true },
  /** A group was removed. */
  PROCESS_GROUP_REMOVED: { parent: "PROCESS_GROUP", inSupervisord: true },
  /** Either of these two. */
  PROCESS_GROUP: { parent: "EVENT", inSupervisord: true },
  /** Every five seconds. */
  TICK_5: { parent: "TICK", inSupervisord: true },
  /** Every minute. */
  TICK_60: { parent: "TICK", inSupervisord: true },
  /** Every hour. */
  TICK_3600: { parent: "TICK", inSupervisord: true },
  /** Any of these three. */
  TICK: { parent: "EVENT", inSupervisord: true },
  /** Any event. */
  EVENT: { parent: undefined, inSupervisord: true },
} as const satisfies Readonly<Record<string, Row>>;

type Table = typeof eventTable;

/** A name to listen to. @useDeclaredType */
export type EventName = keyof Table;

/** A name that is the parent of other names. */
type ParentName = Exclude<Table[EventName]["parent"], undefined>;

/**
 * The type of an event: an {@link EventName} that is not a parent of other names. @useDeclaredType
 */
export type EventType = {
  [Name in EventName]: Name extends ParentName ? never : Name;
}[EventName];

/** The types of the events that are emitted under a name. */
export type TypesUnder<Name extends EventName> = Name extends EventType
  ? Name
  : {
      [Child in EventName]: Table[Child]["parent"] extends Name ? TypesUnder<Child> : never;
    }[EventName];
