import type { ProcessInfo, StateName, Subprocess, Supervisor } from "../../index.ts";
import { withoutControls } from "./escape.ts";

/** The length of a last line that is shown. */
const MAX_LINE = 300;

/** A process as the page shows it, in HTML and in the events that follow. */
export interface View {
  /** The full name: `group:name`, or the name alone where both are the same. */
  readonly id: string;
  readonly group: string;
  readonly state: StateName;
  readonly pid: number;
  /** The time of the last start, in seconds since 1970. */
  readonly start: number;
  /** The description beside the state. */
  readonly about: string;
  /** The last line that the process wrote, if it is BACKOFF or FATAL. */
  readonly said?: string;
}

/** The supervisor and its processes as the page shows them. */
export interface Snapshot {
  readonly now: number;
  readonly identifier: string;
  readonly state: Supervisor["state"];
  readonly processes: readonly View[];
}

/** The supervisor and its processes now, in the order of the page. */
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
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

function aboutOf({ state, spawnerr, description }: ProcessInfo): string {
  return state === "EXITED" && spawnerr !== "" ? `${spawnerr}, ${description}` : description;
}
