import type { ProcessConfig } from "../settings/process-config.ts";
import type { Resolved } from "../settings/resolve.ts";
import { isEqual } from "./deep-equal.ts";
import { diff, type Difference } from "./diff.ts";

/** The names of the processes that are missing or different in the next settings. */
export function affectedBy(current: Resolved, next: Resolved): string[] {
  const { changed, removed } = diff(byName(current), byName(next), isSame);
  return [...changed, ...removed];
}

/** The programs that the next settings would add, change and remove. */
export function differenceOf(current: Resolved, next: Resolved): Difference {
  const [before, after] = [byName(current), byName(next)];
  const { added, changed, removed } = diff(before, after, isSame);
  const programs = diff(current.programs, next.programs, isEqual);
  const affected = new Set(programs.changed);
  for (const name of [...added, ...changed, ...removed]) {
    for (const config of [before.get(name), after.get(name)]) {
      if (config && current.programs.has(config.program)) affected.add(config.program);
    }
  }
  return { ...programs, changed: [...next.programs.keys()].filter((name) => affected.has(name)) };
}

/** The groups that the next settings would add, change and remove. */
export function groupDifferenceOf(current: Resolved, next: Resolved): Difference {
  return diff(membersOf(current), membersOf(next), (a, b) => {
    return (
      a.priority === b.priority &&
      a.members.length === b.members.length &&
      a.members.every((config, i) => isSame(config, b.members[i] as ProcessConfig))
    );
  });
}

/** The processes by their full names. */
export function byName({ processes }: Resolved): Map<string, ProcessConfig> {
  return new Map(processes.map((config) => [config.command.name, config]));
}

/**
 * Whether two processes are equal but for the priority of their group, which does not concern the
 * process itself.
 */
export function isSame(a: ProcessConfig, b: ProcessConfig): boolean {
  if (a === b) return true;
  const { groupPriority } = a.rank;
  return isEqual(a, { ...b, rank: { ...b.rank, groupPriority } });
}

/** Adds a value to the list of a key. */
export function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function membersOf({ groups, processes }: Resolved) {
  const members = new Map<string, ProcessConfig[]>();
  for (const config of processes) push(members, config.group, config);
  return new Map(
    [...groups].map(([group, priority]) => [
      group,
      { priority, members: members.get(group) ?? [] },
    ]),
  );
}
