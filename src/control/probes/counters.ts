import type { EventMap, ProcessInfo, Supervisor } from "../../index.ts";
import type { Labels } from "./exposition.ts";

/** The starts and ends of one process since the counting began. */
export interface Counts {
  wasStarted: boolean;
  restarts: number;
  /** By `exitstatus` and `signal`, one of which is empty. */
  readonly exits: Map<string, { readonly labels: Labels; count: number }>;
}

/** Counts the starts and ends of processes, from `open()` on. */
export class Counters {
  readonly #supervisor: Supervisor;
  readonly #counts = new Map<string, Counts>();
  #unsubscribe: (() => void)[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Begins to count. */
  open(): void {
    for (const info of this.#supervisor.status()) this.of(info).wasStarted = info.start > 0;
    this.#unsubscribe = [
      this.#supervisor.observe("PROCESS_STATE", this.#count),
      this.#supervisor.observe("PROCESS_GROUP_REMOVED", this.#dropGroup),
    ];
  }

  /** Stops counting. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** The counts of a process. */
  of({ group, name }: Pick<ProcessInfo, "group" | "name">): Counts {
    const key = keyOf(group, name);
    let counts = this.#counts.get(key);
    if (!counts) {
      counts = { wasStarted: false, restarts: 0, exits: new Map() };
      this.#counts.set(key, counts);
    }
    return counts;
  }

  /** Drops the counts of all processes but these. */
  keepOnly(present: readonly ProcessInfo[]): void {
    const keys = new Set(present.map(({ group, name }) => keyOf(group, name)));
    for (const key of this.#counts.keys()) if (!keys.has(key)) this.#counts.delete(key);
  }

  readonly #count = (event: EventMap["PROCESS_STATE"]): void => {
    const counts = this.of({ group: event.groupname, name: event.processname });
    const { from_state: from, type } = event;
    if (type === "PROCESS_STATE_STARTING") {
      if (counts.wasStarted || from !== "STOPPED") counts.restarts++;
      counts.wasStarted = true;
    }
    // each end counts once: FATAL repeats the end of its BACKOFF
    const isEnd =
      type === "PROCESS_STATE_EXITED" ||
      type === "PROCESS_STATE_BACKOFF" ||
      (type === "PROCESS_STATE_STOPPED" && from !== "BACKOFF");
    if (!isEnd || event.exitstatus === undefined) return;
    const { exitstatus, signal } = event;
    const labels = { exitstatus: exitstatus === null ? "" : `${exitstatus}`, signal: signal ?? "" };
    const key = labels.exitstatus + labels.signal;
    const known = counts.exits.get(key);
    if (known) known.count++;
    else counts.exits.set(key, { labels, count: 1 });
  };

  /** Drops the counts of a removed group at once: there may never be a scrape. */
  readonly #dropGroup = ({ groupname }: EventMap["PROCESS_GROUP_REMOVED"]): void => {
    for (const key of this.#counts.keys())
      if (key.startsWith(keyOf(groupname, ""))) this.#counts.delete(key);
  };
}

function keyOf(group: string, name: string): string {
  return `${group}:${name}`;
}
