import { FAULTS } from "../../control/index.ts";

/** A process as the server reports it. */
export interface ProcessInfo {
  readonly name: string;
  readonly group: string;
  readonly state: number;
  readonly statename: string;
  readonly description: string;
  readonly pid: number;
}

/** The result of an action for one of several processes. */
export interface Result {
  readonly name: string;
  readonly group: string;
  readonly status: number;
  readonly description: string;
}

/** A process in the configuration. */
export interface ConfigInfo {
  readonly name: string;
  readonly group: string;
  readonly inuse: boolean;
  readonly autostart: boolean;
  readonly group_prio: number;
  readonly process_prio: number;
}

/** The numbers of the states in which a process has ended and does not start again. */
const STOPPED_STATES: ReadonlySet<number> = new Set([0, 100, 200, 1000]);
const RUNNING = 20;

/** STOPPED, EXITED, FATAL or UNKNOWN. */
export const isStopped = ({ state }: ProcessInfo) => STOPPED_STATES.has(state);

/** RUNNING, and no other state. */
export const isRunning = ({ state }: ProcessInfo) => state === RUNNING;

/** `name` if the group has the same, otherwise `group:name`. */
export function fullName({ group, name }: { readonly group: string; readonly name: string }) {
  return group === name ? name : `${group}:${name}`;
}

/** The two parts of a name; without a process it means all of the group. */
export interface Parts {
  readonly group: string;
  readonly process: string | undefined;
}

/** The group and the process that a name means. */
export function partsOf(name: string): Parts {
  const colon = name.indexOf(":");
  if (colon === -1) return { group: name, process: name };
  const process = name.slice(colon + 1);
  return {
    group: name.slice(0, colon),
    process: process === "" || process === "*" ? undefined : process,
  };
}

/** One line for each process; the names are padded to the longest. */
export function statusLines(infos: readonly ProcessInfo[]): string[] {
  const width = Math.max(30, ...infos.map((info) => fullName(info).length)) + 3;
  return infos.map(
    (info) => fullName(info).padEnd(width) + info.statename.padEnd(10) + info.description,
  );
}

/** A line of `avail`. */
export function availLine(config: ConfigInfo): string {
  const words = [
    fullName(config).padEnd(32),
    (config.inuse ? "in use" : "avail").padEnd(9),
    (config.autostart ? "auto" : "manual").padEnd(9),
    `${config.group_prio}:${config.process_prio}`,
  ];
  return words.join(" ");
}

/** The lines of `reread`. */
export function changeLines(
  added: readonly string[],
  changed: readonly string[],
  removed: readonly string[],
): string[] {
  const words = new Map([
    ...added.map((name) => [name, "available"] as const),
    ...changed.map((name) => [name, "changed"] as const),
    ...removed.map((name) => [name, "disappeared"] as const),
  ]);
  if (words.size === 0) return ["No config updates to processes"];
  return [...words]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, word]) => `${name}: ${word}`);
}

/** The verbs with one result for each process. */
export type Verb = "started" | "stopped" | "signalled" | "cleared";

const START_PROBLEMS: Readonly<Record<number, string>> = {
  [FAULTS.BAD_NAME]: "no such process",
  [FAULTS.NO_FILE]: "no such file",
  [FAULTS.NOT_EXECUTABLE]: "file is not executable",
  [FAULTS.ALREADY_STARTED]: "already started",
  [FAULTS.SPAWN_ERROR]: "spawn error",
  [FAULTS.ABNORMAL_TERMINATION]: "abnormal termination",
};

const SIGNAL_PROBLEMS: Readonly<Record<number, string>> = {
  [FAULTS.BAD_NAME]: "no such process",
  [FAULTS.BAD_SIGNAL]: "bad signal name",
  [FAULTS.NOT_RUNNING]: "not running",
};

const PROBLEMS: Readonly<Record<Verb, Readonly<Record<number, string>>>> = {
  started: START_PROBLEMS,
  stopped: SIGNAL_PROBLEMS,
  signalled: SIGNAL_PROBLEMS,
  cleared: { [FAULTS.BAD_NAME]: "no such process", [FAULTS.FAILED]: "failed" },
};

/** The line for a result; undefined for a fault that supervisorctl does not print. */
export function resultLine(verb: Verb, result: Result): string | undefined {
  const name = fullName(result);
  if (result.status === FAULTS.SUCCESS) return `${name}: ${verb}`;
  const problem = PROBLEMS[verb][result.status];
  if (problem !== undefined) return `${name}: ERROR (${problem})`;
  const isPrinted = verb === "stopped" || verb === "signalled";
  return isPrinted && result.status === FAULTS.FAILED ? result.description : undefined;
}

/** A text as the repr() of Python. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return quote + (quote === "'" ? inside.replaceAll("'", "\\'") : inside) + quote;
}

/** Words in columns, read downwards, in as few lines as fit. */
export function columns(words: readonly string[], width = 79): string[] {
  for (let rows = 1; rows < words.length; rows++) {
    const table = Array.from({ length: Math.ceil(words.length / rows) }, (_, column) =>
      words.slice(column * rows, (column + 1) * rows),
    );
    const widths = table.map((column) => Math.max(...column.map(({ length }) => length)));
    if (widths.reduce((sum, each) => sum + each + 2, -2) > width) continue;
    return Array.from({ length: rows }, (_, row) =>
      table
        .filter((column) => column[row] !== undefined)
        .map((column, index) => column[row]?.padEnd(widths[index] ?? 0))
        .join("  "),
    );
  }
  return [...words];
}
