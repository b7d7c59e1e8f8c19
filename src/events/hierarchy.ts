import type { EventName, EventType } from "./event-map.ts";

export const parents = {
  PROCESS_STATE_STARTING: "PROCESS_STATE",
  PROCESS_STATE_RUNNING: "PROCESS_STATE",
  PROCESS_STATE_BACKOFF: "PROCESS_STATE",
  PROCESS_STATE_STOPPING: "PROCESS_STATE",
  PROCESS_STATE_EXITED: "PROCESS_STATE",
  PROCESS_STATE_STOPPED: "PROCESS_STATE",
  PROCESS_STATE_FATAL: "PROCESS_STATE",
  PROCESS_STATE_UNKNOWN: "PROCESS_STATE",
  PROCESS_STATE: "EVENT",
  PROCESS_LOG_STDOUT: "PROCESS_LOG",
  PROCESS_LOG_STDERR: "PROCESS_LOG",
  PROCESS_LOG: "EVENT",
  PROCESS_COMMUNICATION_STDOUT: "PROCESS_COMMUNICATION",
  PROCESS_COMMUNICATION_STDERR: "PROCESS_COMMUNICATION",
  PROCESS_COMMUNICATION: "EVENT",
  LOGFILE_FAILED: "LOGFILE",
  LOGFILE_RECOVERED: "LOGFILE",
  LOGFILE: "EVENT",
  GUARDIAN_LOST: "GUARDIAN",
  GUARDIAN_FAILED: "GUARDIAN",
  CGROUP_FAILED: "GUARDIAN",
  GUARDIAN: "EVENT",
  SUPERVISOR_STATE_CHANGE_RUNNING: "SUPERVISOR_STATE_CHANGE",
  SUPERVISOR_STATE_CHANGE_STOPPING: "SUPERVISOR_STATE_CHANGE",
  SUPERVISOR_STATE_CHANGE: "EVENT",
  REMOTE_COMMUNICATION: "EVENT",
  ACTIVITY: undefined,
  PROCESS_GROUP_ADDED: "PROCESS_GROUP",
  PROCESS_GROUP_REMOVED: "PROCESS_GROUP",
  PROCESS_GROUP: "EVENT",
  TICK_5: "TICK",
  TICK_60: "TICK",
  TICK_3600: "TICK",
  TICK: "EVENT",
  EVENT: undefined,
} as const satisfies Record<EventName, EventName | undefined>;

/** Every name one can listen to. */
export const eventNames = Object.keys(parents) as readonly EventName[];

/** Those that supervisord has, too: what the programs that are event listeners can ask for. */
export const listenerEventNames = eventNames.filter(
  (name) => !/^(?:LOGFILE|GUARDIAN|CGROUP|ACTIVITY)/.test(name),
);

/** Whether an event of this type goes out under that name. */
export function isKindOf(type: EventType, name: EventName): boolean {
  let one: EventName | undefined = type;
  while (one !== undefined && one !== name) one = parents[one];
  return one === name;
}
