import type { EventMap, ProcessInfo, Supervisor } from "../../index.ts";
import type { Labels } from "./exposition.ts";

/** The number of ends of one kind: by `exitstatus` and `signal`, one of which is empty. */
interface Count {
  readonly labels: Labels;
  count: number;
}

/** The ends of one process since the counting began. */
export type Exits = ReadonlyMap<string, Readonly<Count>>;

/** Counts the ends of processes, from `open()` on. */
export class Counters {
  readonly #supervisor: Supervisor;
  readonly #exits = new Map<string, Map<string, Count>>();
  #unsubscribe: (() => void)[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Begins to count. */
  open(): void {
    this.#unsubscribe = [
      this.#supervisor.observe("PROCESS_STATE", this.#count),
      this.#supervisor.observe("PROCESS_GROUP_REMOVED", this.#dropGroup),
    ];
  }

  /** Stops counting. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** The ends of a process. */
  of({ group, name }: Pick<ProcessInfo, "group" | "name">): Exits {
    return this.#exits.get(keyOf(group, name)) ?? new Map();
  }

  /** Drops the counts of all processes but these. */
  keepOnly(present: readonly ProcessInfo[]): void {
    const keys = new Set(present.map(({ group, name }) => keyOf(group, name)));
    for (const key of this.#exits.keys()) if (!keys.has(key)) this.#exits.delete(key);
  }

  readonly #count = (event: EventMap["PROCESS_STATE"]): void => {
    const { from_state: from, type } = event;
    // each end counts once: FATAL repeats the end of its BACKOFF
    const isEnd =
      type === "PROCESS_STATE_EXITED" ||
      type === "PROCESS_STATE_BACKOFF" ||
      (type === "PROCESS_STATE_STOPPED" && from !== "BACKOFF");
    if (!isEnd || event.exitstatus === undefined) return;
    const { exitstatus, signal } = event;
    const labels = { exitstatus: exitstatus === null ? "" : `${exitstatus}`, signal: signal ?? "" };
    const process = keyOf(event.groupname, event.processname);
    const exits = this.#exits.get(process) ?? new Map<string, Count>();
    this.#exits.set(process, exits);
    const key = labels.exitstatus + labels.signal;
    const known = exits.get(key);
    if (known) known.count++;
    else exits.set(key, { labels, count: 1 });
  };

  /** Drops the counts of a removed group at once: there may never be a scrape. */
  readonly #dropGroup = ({ groupname }: EventMap["PROCESS_GROUP_REMOVED"]): void => {
    for (const key of this.#exits.keys())
      if (key.startsWith(keyOf(groupname, ""))) this.#exits.delete(key);
  };
}

function keyOf(group: string, name: string): string {
  return `${group}:${name}`;
}
