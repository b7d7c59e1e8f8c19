import { forksSoFar, isListed, lastPid, processIds } from "../system/proc.ts";
import type { RunMarks } from "./run-mark.ts";

/** How many pids are checked one by one, before the whole list of processes is read. */
const FEW = 100;

/** The processes that may belong to a run: younger than it, and not known to be unrelated. */
export class YoungProcesses {
  /** How many processes the system had started before the first look. */
  readonly forks = forksSoFar();
  readonly #marks: RunMarks;
  readonly #looked = new Set<number>();

  constructor(marks: RunMarks) {
    this.#marks = marks;
  }

  /** Returns the processes that no call before has returned. */
  next(): number[] {
    const { pid, limit, supervisor } = this.#marks;
    return younger(this.#marks, this.forks).filter((other) => {
      if (this.#looked.has(other)) return false;
      this.#looked.add(other);
      return other === pid || !supervisor.unrelated.has(other, this.forks, limit);
    });
  }
}

/**
 * The processes that may be younger than ours. Pids are given in order. So these are the pids
 * between ours and the last one given, unless so many processes were started since that the pids
 * may have wrapped around.
 */
function younger({ pid, forks, limit, supervisor }: RunMarks, forksNow: number): number[] {
  const last = lastPid();
  const isRound = last === undefined || forksNow - forks >= limit / 2;
  const isYounger = (other: number) =>
    isRound || (last >= pid ? other >= pid && other <= last : other >= pid || other <= last);
  const span = isRound ? Infinity : (last - pid + limit) % limit;
  if (span <= FEW && last !== undefined && last >= pid) {
    return Array.from({ length: span + 1 }, (_, i) => pid + i).filter(isListed);
  }
  const ids = processIds();
  supervisor.unrelated.tidy(ids);
  return ids.filter(isYounger);
}
