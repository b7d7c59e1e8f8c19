/** Recordings of supervisord as scenarios: what was done, and what is to be seen. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../../../test/golden");

/** The sections of a configuration file. */
export type Sections = Record<string, Record<string, string>>;

/** What a step showed: failures of an order, snapshots, a file's text … as plain data. */
export type Fact = Readonly<Record<string, unknown>>;

/** Of an order to one process: how it failed. */
export interface Failure {
  process: string;
  code: string;
  spawnerr?: string;
}

export interface Step {
  verb: string;
  args: unknown[];
  /** Seconds since the first step. */
  at: number;
  /** Seconds until the next step. */
  lasts: number;
  shows: Fact;
}

export interface Snapshot {
  group: string;
  name: string;
  state: string;
  pid: string | number;
  start: string | number;
  stop: string | number;
  spawnerr: string;
  exitstatus: number;
  description: string;
  stdout_logfile: string;
  stderr_logfile: string;
}

export interface RecordedEvent {
  event: string;
  process?: string;
  group?: string;
  from_state?: string;
  tries?: number;
  expected?: number | boolean;
  pid?: string | number;
  spawnerr?: string;
  channel?: string;
  data?: string;
  head?: string;
  /** Seconds since the first step, the least of all runs. */
  at: number;
  /** Seconds since the process's event before, from least to most. */
  gap?: [number, number];
}

export interface Scenario {
  name: string;
  settings: Sections;
  files: Record<string, [text: string, mode: number]>;
  env: Record<string, string>;
  user: string | undefined;
  steps: Step[];
  events: RecordedEvent[];
  /** Whether events of different processes have one order, too. */
  isTotal: boolean;
  /** Whether only the beginning of the events is known: the runs ended differently. */
  isCut: boolean;
  /** How the lives of each process ended, in the words of the log. */
  endings: Record<string, string[]>;
  /** Processes that had to be killed. */
  stubborn: string[];
  /** Programs whose settings are refused: nothing is played. */
  refused: string[];
}

/** What was done, and what came back. */
export interface RawStep {
  readonly do: readonly [string, ...unknown[]];
  readonly [fact: string]: unknown;
}

/** A recording as it lies in its file. */
export interface RawRecording {
  readonly settings: Sections;
  readonly files?: Record<string, string | [string, number]>;
  readonly env?: Record<string, string>;
  readonly user?: string;
  /** What supervisord's own output was, where that matters. */
  readonly stdout?: "pipe";
  readonly steps: readonly (RawStep & { readonly at_s: [number, number] })[];
  readonly event_order: string;
  readonly events: readonly {
    readonly [field: string]: unknown;
    readonly event: string;
    readonly t_s: [number, number];
    readonly since_previous_of_process_s?: [number, number];
  }[];
  readonly log: readonly LogLine[];
  readonly log_same_in_all_runs: boolean | null;
}

/** A line of the activity log, by its kind. */
export interface LogLine {
  readonly level: string;
  readonly kind: string;
  readonly process?: string;
  readonly detail?: string;
}

/** The names of all recordings. */
export const allRecordings: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

/** Those that a supervisor can follow without its file, its signals and its server. */
export const recordings: readonly string[] = allRecordings.filter(
  (name) => !/^(?:sighup-|restart-rpc|reload-)/.test(name),
);

/** A recording as it is. */
export function recorded(name: string): RawRecording {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8")) as RawRecording;
}

/** Reads a recording. */
export function load(name: string): Scenario {
  const raw = recorded(name);
  if (raw.event_order !== "total" && raw.event_order !== "per process")
    throw new Error(`${name}: no one order of events was recorded`);
  const endings: Record<string, string[]> = {};
  let spawnerr: string | undefined; // the log does not say whose, but no recording has two
  for (const { kind, process = "", detail = "" } of raw.log) {
    if (kind === "exited" || kind === "stopped") (endings[process] ??= []).push(detail);
    else if (kind === "spawnerr") spawnerr = detail;
  }
  return {
    name,
    settings: sectionsOf(name, raw.settings),
    files: Object.fromEntries(
      Object.entries(raw.files ?? {}).map(([file, text]) => [
        file,
        typeof text === "string" ? [text, 0o644] : text,
      ]),
    ),
    env: raw.env ?? {},
    user: raw.user,
    steps: raw.steps.map((step, i) => {
      const [verb, ...args] = step.do;
      const at = step.at_s[0];
      const lasts = (raw.steps[i + 1]?.at_s[0] ?? at) - at;
      return { verb, args, at, lasts, shows: factOf(step) };
    }),
    events: raw.events.map((event) => {
      const { t_s, since_previous_of_process_s: gap, ...fields } = event;
      const isFailure = /BACKOFF|FATAL/.test(event.event);
      return {
        ...fields,
        at: t_s[0],
        ...(gap && { gap }),
        ...(isFailure && spawnerr !== undefined && { spawnerr }),
      };
    }),
    isTotal: raw.event_order === "total",
    isCut: raw.log_same_in_all_runs === null,
    endings,
    stubborn: raw.log
      .filter(({ kind }) => kind === "killing_with_SIGKILL")
      .map(({ process = "" }) => process),
    refused: [],
  };
}

/** The listener that is not in the recording's settings, and heard everything. */
export const LAB_LISTENER = "lablistener";
/** One that takes its time to end, so that the listener hears how the others ended. */
export const LAB_LINGERER = "lablingerer";

/** Whether it is of those that the recordings leave out. */
export function isDriver(name: unknown): boolean {
  return name === LAB_LISTENER || name === LAB_LINGERER;
}

/** Here a listener is a program that has events. */
function sectionsOf(name: string, settings: Sections): Sections {
  const entries = Object.entries(settings).map(([section, options]) => [
    section.replace(/^eventlistener:/, "program:"),
    options,
  ]);
  const sections = Object.fromEntries(entries) as Sections;
  if (name !== "eventlistener-process-state") return sections;
  const lab = {
    command: "/usr/bin/python3 -u {golden}/listener.py {dir}/el.jsonl",
    events: "EVENT",
    startsecs: "0",
    buffer_size: "1000",
  };
  return { ...sections, [`program:${LAB_LISTENER}`]: lab };
}

/** The full name of a process, as an order has it. */
export function fullName(group: string, name: string): string {
  return group === name ? name : `${group}:${name}`;
}

/** What came back, as plain data. */
export function factOf(step: RawStep): Fact {
  const [verb, method, args] = step.do as readonly [string, string, unknown[]];
  if (verb === "call") return answer(String(args?.[0]), method, step);
  if (verb === "join") {
    const [, text = ""] = (step["fault"] ?? []) as [number?, string?];
    return answer(text.split(": ")[1] ?? "", "startProcess", step);
  }
  if (verb === "ctl") return printed((step.do[1] as string[])[0] ?? "", step["stdout"] as string[]);
  if (verb === "snap") return { snapshots: [snapshot(step["result"])] };
  if (verb === "snapall") return { snapshots: (step["result"] as unknown[]).map(snapshot) };
  if (verb === "py") {
    const { value } = step;
    const isAnswers = Array.isArray(value) && value.length > 0 && value.every((one) => isFact(one));
    return isAnswers ? { answers: (value as Fact[]).map(sent) } : { value };
  }
  return Object.fromEntries(FACTS.flatMap((key) => (key in step ? [[key, step[key]]] : [])));
}

const FACTS =
  "reached text error alive appeared mode uid status files names bytes first_line last_line contiguous".split(
    " ",
  );

function isFact(value: unknown): boolean {
  return typeof value === "object" && !Array.isArray(value);
}

function sent(fact: Fact): string {
  return "http" in fact ? "refused" : "taken";
}

/** What a call of the XML-RPC interface came to. */
function answer(target: string, method: string, step: RawStep): Fact {
  const { fault, result } = step as { fault?: [number, string]; result?: unknown };
  if (fault && method === "sendProcessStdin") return { answers: ["refused"] };
  if (fault) return { failures: [failure(target, fault[1])] };
  if ("http" in step) return { answers: ["refused"] };
  if (method === "reloadConfig") {
    const [[added, changed, removed]] = result as [[string[], string[], string[]]];
    return { added, changed, removed };
  }
  if (method === "getProcessInfo") return { snapshots: [snapshot(result)] };
  if (/^(?:read|tail)Process/.test(method)) return { text: [result].flat()[0] };
  if (!Array.isArray(result)) return { failures: [] };
  const structs = result.filter((one): one is Struct => typeof one === "object" && one !== null);
  const failed = structs.filter(({ status }) => status !== 80);
  return {
    failures: failed.map((one) => failure(fullName(one.group, one.name), one.description)),
  };
}

interface Struct {
  readonly name: string;
  readonly group: string;
  readonly status: number;
  readonly description: string;
}

/** From `NO_FILE: can't find command 'x'`; where the text is but the name, it says nothing more. */
function failure(process: string, text: string): Failure {
  const [, code = "", rest] = /^([A-Z_]+)(?:: (.*))?$/s.exec(text) ?? [];
  const tells = code === "NO_FILE" || code === "NOT_EXECUTABLE";
  return { process, code, ...(tells && rest !== undefined && { spawnerr: rest }) };
}

const CTL_ERRORS: Readonly<Record<string, string>> = {
  "no such file": "NO_FILE",
  "no log file": "NO_FILE",
  "spawn error": "SPAWN_ERROR",
  "not running": "NOT_RUNNING",
  "no such process": "BAD_NAME",
  "already started": "ALREADY_STARTED",
};

/** What supervisorctl printed. */
function printed(action: string, lines: readonly string[]): Fact {
  if (action === "status") {
    const rows = lines.map((line) => /^(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? []);
    return {
      rows: rows.map(([, process, state, description]) => ({ process, state, description })),
    };
  }
  if (action === "update") {
    const names = (word: string) =>
      lines.filter((line) => line.endsWith(word)).map((line) => line.split(":")[0]);
    return {
      added: names("added process group"),
      changed: names("updated process group"),
      removed: names("removed process group"),
    };
  }
  const errors = lines.flatMap((line): Failure[] => {
    const [, process = "", words = ""] = /^(.*): ERROR \((.*)\)$/.exec(line) ?? [];
    return process === "" ? [] : [{ process, code: CTL_ERRORS[words] ?? words }];
  });
  const isFirst = (one: Failure, i: number) =>
    errors.findIndex((other) => other.process === one.process && other.code === one.code) === i;
  return { failures: errors.filter(isFirst) };
}

function snapshot(result: unknown): Snapshot {
  const { statename, state: _number, now: _now, logfile: _log, ...rest } = result as Raw;
  const description = rest.description === "empty" ? "" : rest.description;
  return { ...rest, state: statename, description };
}

type Raw = Omit<Snapshot, "state"> & {
  readonly state: number;
  readonly statename: string;
  readonly now: string;
  readonly logfile: string;
};
