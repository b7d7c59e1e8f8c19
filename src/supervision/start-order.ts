import { byText } from "../schema/by-text.ts";
import type { Rank } from "../settings/priority.ts";

type Ranked = { readonly rank: Rank };

/**
 * Sorts in the order of autostart: groups by priority, then by name; inside a group as it was
 * configured.
 */
export function autostartOrder<T extends Ranked>(processes: readonly T[]): T[] {
  return processes.toSorted(({ rank: a }, { rank: b }) => byGroup(a, b));
}

/**
 * Sorts in the order of a start on command: as autostart, but inside a group by the priority of
 * each program.
 */
export function startOrder<T extends Ranked>(processes: readonly T[]): T[] {
  return processes.toSorted(({ rank: a }, { rank: b }) => byGroup(a, b) || a.priority - b.priority);
}

/**
 * Groups processes in the order of a stop: the highest priority number first; processes of equal
 * priority together.
 */
export function stopWaves<T extends Ranked>(processes: readonly T[]): T[][] {
  const waves = new Map<string, T[]>();
  for (const process of startOrder(processes).toReversed().toSorted(byNumbersDown)) {
    const { groupPriority, priority } = process.rank;
    const key = `${groupPriority} ${priority}`;
    const wave = waves.get(key);
    if (wave) wave.push(process);
    else waves.set(key, [process]);
  }
  return [...waves.values()];
}

function byGroup(a: Rank, b: Rank): number {
  return a.groupPriority - b.groupPriority || byText(a.group, b.group);
}

function byNumbersDown({ rank: a }: Ranked, { rank: b }: Ranked): number {
  return b.groupPriority - a.groupPriority || b.priority - a.priority;
}
