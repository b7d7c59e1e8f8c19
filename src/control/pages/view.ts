import type { ProcessInfo, StateName, Subprocess, Supervisor } from "../../index.ts";
import { withoutControls } from "./escape.ts";

/** How much of a last line is shown. */
const LONGEST = 300;

/** What the page shows of a process, in HTML and in the events that follow. */
export interface View {
  /** What it is called among all: `group:name`, or the name alone where both are the same. */
  readonly id: string;
  readonly group: string;
  readonly state: StateName;
  readonly pid: number;
  /** When it was last started, in seconds since 1970. */
  readonly start: number;
  /** What there is to say beside the state. */
  readonly about: string;
  /** The last line that it wrote, if it is BACKOFF or FATAL. */
  readonly said?: string;
}

/** All that the page shows. */
export interface Snapshot {
  readonly now: number;
  readonly identifier: string;
  readonly state: Supervisor["state"];
  readonly processes: readonly View[];
}

/** What there is to see now, in the order of the page. */
export function snapshotOf(supervisor: Supervisor): Snapshot {
  const infos = supervisor.status();
  const { identifier, state } = supervisor;
  const processes = infos.map((info) => viewOf(info, supervisor.process(idOf(info))));
  return { now: nowOf(infos), identifier, state, processes };
}

/** The time of the reports, in seconds since 1970. */
export function nowOf(infos: readonly ProcessInfo[]): number {
  return infos[0]?.now ?? 0;
}

export function viewOf(info: ProcessInfo, process: Subprocess | undefined): View {
  const { group, state, pid, start } = info;
  const said = state === "BACKOFF" || state === "FATAL" ? lastLineOf(process) : "";
  const about = aboutOf(info);
  return { id: idOf(info), group, state, pid, start, about, ...(said !== "" && { said }) };
}

export function idOf({ group, name }: Pick<ProcessInfo, "group" | "name">): string {
  return group === name ? name : `${group}:${name}`;
}

function lastLineOf(process: Subprocess | undefined): string {
  const line = withoutControls(process?.lastOutput(1) ?? "").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function aboutOf({ state, spawnerr, description }: ProcessInfo): string {
  return state === "EXITED" && spawnerr !== "" ? `${spawnerr}, ${description}` : description;
}
