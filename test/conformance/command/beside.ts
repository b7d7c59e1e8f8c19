/** What only the log knows of the events: when they were, and whose a process id is. */
import type { PidName } from "./answers.ts";
import { statesIn, type FoundLine } from "./log.ts";
import type { NotedEvent } from "./notes.ts";

/** The log is written at once, the listener may be late: where they tell the same, the log's times hold. */
export function timed(events: readonly NotedEvent[], log: readonly FoundLine[]): NotedEvent[] {
  const times = new Map<NotedEvent, number>();
  for (const name of new Set(events.flatMap(({ process }) => process ?? []))) {
    const told = statesIn(log, name);
    for (const state of new Set(told.map((line) => line.state))) {
      const event = `PROCESS_STATE_${state}`;
      const own = events.filter((one) => one.process === name && one.event === event);
      const lines = told.filter((line) => line.state === state);
      if (own.length !== lines.length) continue;
      for (const [i, one] of own.entries()) times.set(one, lines[i]?.at ?? one.at);
    }
  }
  const timely = events.map((event) =>
    Object.assign({}, event, { at: times.get(event) ?? event.at }),
  );
  return timely.map(({ process, ...event }, i) => {
    const later = timely.slice(i).filter((one) => one.process === process);
    const at = Math.min(...later.map((one) => one.at));
    return Object.assign(event, process === undefined ? { at } : { process, at });
  });
}

/** The n-th process of a name, by the log, of those that were seen elsewhere, too. */
export function namesOf(
  log: readonly FoundLine[],
  seen: string,
): { pids: number[]; pidName: PidName } {
  const names = new Map<number, string>();
  const counts = new Map<string, number>();
  for (const { kind, process = "", pid } of log) {
    if (kind !== "spawned" || !seen.includes(`"pid":${pid}`)) continue;
    const n = (counts.get(process) ?? 0) + 1;
    counts.set(process, n);
    names.set(pid ?? 0, `${process}#${n}`);
  }
  return { pids: log.flatMap(({ pid }) => pid ?? []), pidName: (pid) => names.get(pid) ?? pid };
}
