import type { State, StateName } from "../lifecycle/state.ts";
import type { ExitStatus } from "../ports/signal.ts";
import { byText } from "../schema/by-text.ts";
import { pidOf } from "../lifecycle/outcome.ts";

/**
 * The status report of a process: the fields of supervisord's `getProcessInfo`, and some more, as a
 * plain object.
 */
export interface ProcessInfo {
  /** The name of the process. */
  readonly name: string;
  /** The name of the process's group. */
  readonly group: string;
  /**
   * The full name of the process: `group:name`, or `name` alone where both are the same. Not a field
   * of supervisord.
   */
  readonly namespec: string;
  /** The process id; 0 when there is no process. */
  readonly pid: number;
  /** The state, as a word. */
  readonly state: StateName;
  /**
   * The reason why the process could not be started, or why it ended; empty if there is no failure.
   */
  readonly spawnerr: string;
  /** The exit code of the last run; -1 when a signal ended the run; 0 before it has ended. */
  readonly exitstatus: number;
  /**
   * The signal that ended the last run; null when the process exited by itself, and before the run
   * has ended. Not a field of supervisord.
   */
  readonly signal: NodeJS.Signals | null;
  /**
   * The number of automatic starts: after an exit, by `autorestart`, and after a failed start, by
   * `startretries`. Starts by a call, such as `restart()`, do not count. 0 when the process is new
   * or an update has replaced it. Not a field of supervisord.
   */
  readonly restarts: number;
  /** The time of the last start, in seconds since 1970; 0 if never. */
  readonly start: number;
  /** The time of the last exit, in seconds since 1970; 0 if never. */
  readonly stop: number;
  /** The time of this report, in seconds since 1970. */
  readonly now: number;
  /** A text for people: pid and uptime, the reason of a failure, or the time of the end. */
  readonly description: string;
  /** The log of the standard output; empty if there is none. */
  readonly stdout_logfile: string;
  /** The log of the standard error; empty if there is none. */
  readonly stderr_logfile: string;
}

/** The facts for a report that the state does not hold. */
export type Circumstances = Pick<
  ProcessInfo,
  | "name"
  | "group"
  | "namespec"
  | "restarts"
  | "start"
  | "stop"
  | "now"
  | "stdout_logfile"
  | "stderr_logfile"
>;

/** Creates the report of a process. */
export function describe(state: State, circumstances: Circumstances): ProcessInfo {
  const { name, group, namespec, restarts, start, stop, now } = circumstances;
  const { stdout_logfile, stderr_logfile } = circumstances;
  const pid = pidOf(state) ?? 0;
  const spawnerr = spawnerrOf(state);
  return {
    name,
    group,
    namespec,
    pid,
    state: state.name,
    spawnerr,
    exitstatus: exitstatusOf(state),
    signal: endOf(state)?.signal ?? null,
    restarts,
    start,
    stop,
    now,
    description:
      unready(state) ?? descriptionOf(state.name, { pid, spawnerr, start, stop, now, name }),
    stdout_logfile,
    stderr_logfile,
  };
}

/** Compares in the order of supervisorctl's `status`. */
export function byGroupAndName(a: ProcessInfo, b: ProcessInfo): number {
  return byText(a.group, b.group) || byText(a.name, b.name);
}

/** How the last run ended, in the states in which it is reported. */
function endOf(state: State): ExitStatus | undefined {
  // as in supervisord: a retry resets it
  return state.name === "EXITED" || state.name === "STOPPED" ? state.status : undefined;
}

function exitstatusOf(state: State): number {
  const end = endOf(state);
  return end ? (end.code ?? -1) : 0;
}

/** Why a process that is starting is not ready yet. */
function unready(state: State): string | undefined {
  const isWaiting = state.name === "STARTING" && state.reason !== undefined;
  return isWaiting ? `not ready: ${state.reason}` : undefined;
}

function spawnerrOf(state: State): string {
  if (state.name === "STARTING") return ""; // not ready yet is no failure
  if (state.name === "EXITED") return state.expected ? "" : `Bad exit code ${exitstatusOf(state)}`;
  return "reason" in state ? (state.reason ?? "") : "";
}

function descriptionOf(
  state: StateName,
  {
    pid,
    spawnerr,
    start,
    stop,
    now,
    name,
  }: Pick<ProcessInfo, "pid" | "spawnerr" | "start" | "stop" | "now" | "name">,
): string {
  switch (state) {
    case "RUNNING":
      return `pid ${pid}, uptime ${duration(Math.max(0, now - start))}`;
    case "BACKOFF":
    case "FATAL":
      return spawnerr || `unknown error (try "tail ${name}")`;
    case "STOPPED":
    case "EXITED":
      return stop > 0 || start > 0 ? localTime(stop) : "Not started";
    default:
      return "";
  }
}

/** As Python prints a timedelta: `0:00:05`, `1 day, 2:03:04`. */
function duration(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const time = `${Math.floor((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  if (days === 0) return time;
  return `${days} ${days === 1 ? "day" : "days"}, ${time}`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** As C prints `%b %d %I:%M %p`: `Nov 22 03:37 PM`. */
function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = date.getHours();
  return `${MONTHS[date.getMonth()]} ${two(date.getDate())} ${two(hours % 12 || 12)}:${two(date.getMinutes())} ${hours < 12 ? "AM" : "PM"}`;
}
