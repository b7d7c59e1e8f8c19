/**
 * Processes that have nothing to do with a supervisor, and will not have: a process inherits what we
 * know our own by, or does not get it at all. Each is looked at once, however many sweeps there are.
 */
export class UnrelatedCache {
  readonly #known = new Map<number, number>(); // pid -> how many had been started when it was looked at

  /** A number is not given again before all the others were: no need to look at its process. */
  has(pid: number, forks: number, limit: number): boolean {
    const then = this.#known.get(pid);
    return then !== undefined && forks - then < limit / 2;
  }

  add(pid: number, forks: number): void {
    this.#known.set(pid, forks);
  }

  /** Forgets the dead, when they have become many. */
  tidy(living: readonly number[]): void {
    if (this.#known.size < 1000 + 2 * living.length) return;
    const ids = new Set(living);
    for (const pid of this.#known.keys()) if (!ids.has(pid)) this.#known.delete(pid);
  }
}

/** What one sweep remembers from look to look. */
export class SweepMemory {
  /** Processes without a tag, by pid and beginning. */
  readonly untagged = new Set<string>();
  /** Processes that have shown no environment at all, as one does that is about to execute. */
  readonly doubted = new Set<string>();
  /** Whether the last look has met one of those for the first time. */
  isInDoubt = false;
  /** Whether the last look has failed for a shortage: it saw no process, and there may be some. */
  isBlind = false;
}
