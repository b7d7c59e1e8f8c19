/** One step of a rotation. */
export type RotationStep =
  | { readonly do: "remove"; readonly file: string }
  | { readonly do: "rename"; readonly file: string; readonly to: string }
  | { readonly do: "truncate"; readonly file: string };

/** The size of a full log, and the number of rotated files that are kept. */
export interface RotationRule {
  /** Bytes; 0: never. */
  readonly maxbytes: number;
  readonly backups: number;
}

/**
 * Checked after each write, as in supervisord: a file may exceed the limit by the length of the
 * last write.
 */
export function isFull(size: number, { maxbytes }: RotationRule): boolean {
  return maxbytes > 0 && size >= maxbytes;
}

/**
 * Finds a number that no backup has, though the number below it has a backup (or the number is 1);
 * `backups`, if all are used. This takes few checks, however many backups there are. The backups
 * above this number can stay where they are.
 */
export function freeNumber(isTaken: (n: number) => boolean, backups: number): number {
  let taken = 0;
  let free = Math.min(1, backups);
  while (free < backups && isTaken(free)) {
    taken = free;
    free = Math.min(backups, free * 2);
  }
  while (free - taken > 1) {
    const middle = taken + Math.floor((free - taken) / 2);
    if (isTaken(middle)) taken = middle;
    else free = middle;
  }
  return free;
}

/**
 * `x.2` → removed, `x.1` → `x.2`, `x` → `x.1`; in this order, up to the number `last`. The oldest is
 * removed first: a rename onto an existing file makes some file systems flush it to the disk.
 */
export function rotationSteps(
  file: string,
  { backups }: RotationRule,
  last: number = backups,
): RotationStep[] {
  if (backups <= 0) return [{ do: "truncate", file }];
  const numbered = (n: number) => (n === 0 ? file : `${file}.${n}`);
  const steps: RotationStep[] = [{ do: "remove", file: numbered(last) }];
  for (let n = last; n > 0; n--)
    steps.push({ do: "rename", file: numbered(n - 1), to: numbered(n) });
  return steps;
}

/** Combines the rules of all writers of one file: the smallest limit, and the most backups. */
export function strictest(rules: readonly RotationRule[]): RotationRule {
  const limits = rules.map(({ maxbytes }) => maxbytes).filter((maxbytes) => maxbytes > 0);
  return {
    maxbytes: limits.length > 0 ? Math.min(...limits) : 0,
    backups: Math.max(0, ...rules.map(({ backups }) => backups)),
  };
}
