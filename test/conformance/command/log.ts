/** The activity log by the kinds of its lines. */
import { isDriver, type LogLine } from "../scenario.ts";
import { normal } from "../watch.ts";

/** A line that was found; `at` in seconds. */
export interface FoundLine extends LogLine {
  readonly at: number;
  readonly pid?: number;
}

/** By kind; the groups are `process`, `pid` and `detail`. */
const KINDS: Readonly<Record<string, RegExp>> = {
  spawned: /^spawned: '(?<process>.*)' with pid (?<pid>\d+)$/,
  success:
    /^success: (?<process>.*) entered RUNNING state, process has stayed up for > than (?<detail>\d+) seconds \(startsecs\)$/,
  exited: /^exited: (?<process>\S+) \((?<detail>.*)\)$/,
  stopped: /^stopped: (?<process>\S+) \((?<detail>.*)\)$/,
  gave_up: /^gave up: (?<process>\S+) entered FATAL state, too many start retries too quickly$/,
  waiting_to_stop: /^waiting for (?<process>\S+) to stop$/,
  waiting_to_die: /^waiting for (?<detail>.*) to die$/,
  killing_with_SIGKILL: /^killing '(?<process>.*)' \((?<pid>\d+)\) with SIGKILL$/,
  signal:
    /^received (?<detail>SIG\w+) indicating (?:exit request|restart request|log reopen request)$/,
  spawnerr: /^spawnerr: (?<detail>.*)$/s,
  listener_unknown:
    /^(?<process>\S+): has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol$/,
  bad_result_line: /^(?<process>\S+): bad result line: (?<detail>.*)$/,
  event_rejected: /^(?<process>\S+): event was rejected$/,
  event_discarded:
    /^pool (?<process>\S+) event buffer overflowed, discarding event (?<detail>\d+)$/,
  channel_closed_by_exception:
    /^uncaptured python exception, closing channel <.*> \((?<detail>.*) \[.*$/,
};

/** The states of a process that the log tells of, as they came. */
export function statesIn(log: readonly FoundLine[], name: string): StateLine[] {
  const states: StateLine[] = [];
  for (const { kind, process, at } of log) {
    if (process !== name) continue;
    const isUp = states.at(-1)?.state === "RUNNING";
    const state = kind === "exited" && !isUp ? "BACKOFF" : STATES[kind];
    if (state !== undefined) states.push({ state, at });
  }
  return states;
}

export interface StateLine {
  readonly state: string;
  readonly at: number;
}

const STATES: Readonly<Record<string, string>> = {
  spawned: "STARTING",
  success: "RUNNING",
  exited: "EXITED",
  stopped: "STOPPED",
  gave_up: "FATAL",
};

/** The lines of a known kind, but for those about the player's own listener. */
export function linesIn(log: string, dir: string): FoundLine[] {
  return log.split(/\n(?=\d{4}-\d\d-\d\d )/).flatMap((line) => {
    const match = /^(\S+ \d\d:\d\d:\d\d),(\d{3}) ([A-Z]{4}) (.*?)\n?$/s.exec(line);
    if (!match) return [];
    const [, time = "", ms = "", level = "", message = ""] = match;
    for (const [kind, pattern] of Object.entries(KINDS)) {
      const { process, pid, detail } = pattern.exec(message)?.groups ?? {};
      if (process === undefined && detail === undefined) continue;
      if (isDriver(process)) return [];
      const found = {
        at: new Date(`${time.replace(" ", "T")}.${ms}`).getTime() / 1000,
        level,
        kind,
        ...(process !== undefined && { process }),
        ...(pid !== undefined && { pid: Number(pid) }),
        ...(detail !== undefined && { detail: normal(withoutDriver(detail), dir) }),
      };
      return [found];
    }
    return [];
  });
}

/** Names of those that are to die. */
function withoutDriver(detail: string): string {
  return detail
    .split(", ")
    .filter((name) => !isDriver(name))
    .join(", ");
}
