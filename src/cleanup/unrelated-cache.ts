/**
 * Processes that have nothing to do with a supervisor, and never will: a process inherits the tag
 * of our processes, or never gets it. Each process is looked at once, however many sweeps there
 * are.
 */
export class UnrelatedCache {
  readonly #known = new Map<number, number>(); // pid -> how many processes had been started when it was looked at

  /** A pid is not given again before all other pids were given: no need to look at its process. */
  has(pid: number, forks: number, limit: number): boolean {
    const then = this.#known.get(pid);
    return then !== undefined && forks - then < limit / 2;
  }

  add(pid: number, forks: number): void {
    this.#known.set(pid, forks);
  }

  /** Forgets dead processes, when they have become many. */
  tidy(living: readonly number[]): void {
    if (this.#known.size < 1000 + 2 * living.length) return;
    const ids = new Set(living);
    for (const pid of this.#known.keys()) if (!ids.has(pid)) this.#known.delete(pid);
  }
}
