/** The steps from one set of named things to another. @inline */
export interface Difference {
  /** The names that are new. */
  readonly added: readonly string[];
  /** The names that have changed. */
  readonly changed: readonly string[];
  /** The names that were removed. */
  readonly removed: readonly string[];
}

/**
 * Compares by name, then by `equal`. The result is in the order of `next`, the removed names in the
 * order of `current`.
 */
export function diff<T>(
  current: ReadonlyMap<string, T>,
  next: ReadonlyMap<string, T>,
  equal: (a: T, b: T) => boolean,
): Difference {
  const added: string[] = [];
  const changed: string[] = [];
  for (const [name, value] of next) {
    const old = current.get(name);
    if (old === undefined) added.push(name);
    else if (!equal(old, value)) changed.push(name);
  }
  const removed = [...current.keys()].filter((name) => !next.has(name));
  return { added, changed, removed };
}
