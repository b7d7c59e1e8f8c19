import { childrenOf, inSlices, SLICE, statOf, type Identity, type Stat } from "../system/proc.ts";
import { YoungProcesses } from "./young-processes.ts";
import type { RunMarks } from "./run-mark.ts";

/** How many files of a process tree are read at once. */
const FILES = 200;
/**
 * How many looks for processes that were born meanwhile: a process that forks for ever has no last
 * child.
 */
const ROUNDS = 20;

/**
 * Finds the descendants of a living process that have not been orphaned, as of the time of the
 * result. Each thread has a list of its children; where these are too many to be read at once, the
 * processes that are younger are looked at for their parents, in slices.
 * @throws, or rejects, if a resource to read the processes is lacking
 */
export function descendantsOf(marks: RunMarks): Identity[] | Promise<Identity[]> {
  return walk(marks.pid) ?? new Descent(marks).find();
}

/** Goes down from parent to child; undefined where that takes too many files. */
function walk(root: number): Identity[] | undefined {
  const found: Identity[] = [];
  const ahead = [root];
  let files = 0;
  for (const pid of ahead) {
    const stat = statOf(pid);
    if (!stat) continue;
    files += 1 + stat.threads;
    if (files > FILES) return undefined;
    if (pid !== root) found.push(stat);
    for (const child of childrenOf(pid)) ahead.push(child);
  }
  return found;
}

/** Goes up from child to parent. */
class Descent {
  readonly #root: number;
  readonly #young: YoungProcesses;
  readonly #children = new Map<number, Stat[]>();

  constructor(marks: RunMarks) {
    this.#root = marks.pid;
    this.#young = new YoungProcesses(marks);
  }

  find(): Identity[] | Promise<Identity[]> {
    const first = this.#young.next();
    if (first.length > SLICE) return this.#inSlices(first);
    let pids = first;
    for (let round = 0; pids.length > 0 && round < ROUNDS; round++) {
      for (const pid of pids) this.#look(pid);
      pids = this.#young.next();
    }
    return this.#found();
  }

  async #inSlices(first: readonly number[]): Promise<Identity[]> {
    let pids = first;
    for (let round = 0; pids.length > 0 && round < ROUNDS; round++) {
      await inSlices(pids, (pid) => this.#look(pid));
      pids = this.#young.next();
    }
    return this.#found();
  }

  #look(pid: number): void {
    const stat = statOf(pid);
    if (!stat) return;
    const siblings = this.#children.get(stat.parent);
    if (siblings) siblings.push(stat);
    else this.#children.set(stat.parent, [stat]);
  }

  #found(): Identity[] {
    const found: Identity[] = [...(this.#children.get(this.#root) ?? [])];
    for (const { pid } of found)
      for (const child of this.#children.get(pid) ?? []) found.push(child);
    return found;
  }
}
