import { nextTurn } from "../system/clock.ts";
import { environmentOf, isDead, SLICE, statOf, type Identity, type Stat } from "../system/proc.ts";
import { YoungProcesses } from "./young-processes.ts";
import type { RunMarks } from "./run-mark.ts";
import type { SweepMemory } from "./sweep-memory.ts";

/**
 * Finds the living processes that belong to a run whose own process has ended: by process group, by
 * session, by environment, or as descendants of such processes. Looks only at processes that are
 * younger than the run and not known to be unrelated. Returns a promise when they are many, to let
 * the event loop turn.
 */
export function relativesOf(
  marks: RunMarks,
  memory: SweepMemory,
): Identity[] | Promise<Identity[]> {
  const search = new Search(marks, memory);
  const first = search.next();
  if (first.length > SLICE) return search.inPieces(first);
  search.look(first);
  for (let more = search.next(); more.length > 0; more = search.next()) search.look(more); // processes that were born meanwhile
  return search.found();
}

type Candidate = Stat & { readonly isTagged: boolean; readonly isOurs: boolean };

class Search {
  readonly #marks: RunMarks;
  readonly #memory: SweepMemory;
  readonly #young: YoungProcesses;
  readonly #tag: Buffer;
  readonly #name: Buffer;
  readonly #stats: Candidate[] = [];
  readonly #olderProcesses = new Map<number, boolean>(); // whether the process is ours

  constructor(marks: RunMarks, memory: SweepMemory) {
    this.#marks = marks;
    this.#young = new YoungProcesses(marks);
    this.#memory = memory;
    this.#tag = Buffer.from(`${marks.tag}\0`);
    this.#name = Buffer.from(`${marks.supervisor.name}=`);
    memory.isInDoubt = false;
  }

  /** The processes that were not looked at before. */
  next(): number[] {
    return this.#young.next();
  }

  look(pids: readonly number[]): void {
    for (const pid of pids) this.#lookAt(pid);
  }

  async inPieces(first: readonly number[]): Promise<Identity[]> {
    for (let pids = first; pids.length > 0; pids = this.next()) {
      for (const [i, pid] of pids.entries()) {
        if (i % SLICE === SLICE - 1) await nextTurn();
        this.#lookAt(pid);
      }
    }
    return this.found();
  }

  #lookAt(pid: number): void {
    if (pid === process.pid) return;
    const stat = statOf(pid);
    if (!stat || isDead(stat)) return;
    const key = `${pid} ${stat.began}`;
    const environment = this.#memory.untagged.has(key) ? undefined : environmentOf(pid);
    // a thread of the kernel has neither session nor environment
    const isDoubtful = environment?.length === 0 && stat.session !== 0;
    if (isDoubtful && !this.#memory.doubted.has(key)) {
      this.#memory.doubted.add(key);
      this.#memory.isInDoubt = true;
      this.#stats.push({ ...stat, isTagged: false, isOurs: true });
      return;
    }
    const isTagged = environment?.includes(this.#tag) ?? false;
    const isOurs = isTagged || (environment?.includes(this.#name) ?? false);
    if (!isOurs) this.#memory.untagged.add(key); // a process that has not inherited the tag will not get it
    this.#stats.push({ ...stat, isTagged, isOurs });
  }

  found(): Identity[] {
    const { pid, supervisor } = this.#marks;
    // if the pid is alive again, it belongs to another process, and so do its group and session
    const isReused = this.#stats.some((stat) => stat.pid === pid);
    const own = isReused ? [] : [pid];
    const leaders = [...own, ...supervisor.pgids.keys()];
    const ours = closure(leaders, this.#stats, ({ isOurs }) => isOurs);
    const known = new Set(this.#stats.map((stat) => stat.pid));
    const isOurs = (other: number) => !known.has(other) && this.#isOurs(other);
    for (const stat of this.#stats) {
      if (ours.has(stat.pid) || [stat.parent, stat.pgid, stat.session].some(isOurs)) continue;
      supervisor.unrelated.add(stat.pid, this.#young.forks);
    }
    return [...closure(own, this.#stats, ({ isTagged }) => isTagged).values()];
  }

  /**
   * Whether a process is ours that is too old for the search, but that other processes point to.
   */
  #isOurs(pid: number): boolean {
    let isOurs = this.#olderProcesses.get(pid);
    isOurs ??= environmentOf(pid)?.includes(this.#name) ?? false;
    this.#olderProcesses.set(pid, isOurs);
    return isOurs;
  }
}

/**
 * The processes of these groups or sessions, the marked processes, and all that descend from these
 * processes or share a group with them.
 */
function closure(
  leaders: readonly number[],
  stats: readonly Candidate[],
  isMarked: (stat: Candidate) => boolean,
): Map<number, Stat> {
  const related = new Map<number, Stat>();
  const pgids = new Set(leaders);
  const sessions = new Set(leaders);
  for (let before = -1; before < related.size;) {
    before = related.size;
    for (const stat of stats) {
      if (related.has(stat.pid)) continue;
      const isRelated =
        isMarked(stat) ||
        related.has(stat.parent) ||
        pgids.has(stat.pgid) ||
        sessions.has(stat.session);
      if (!isRelated) continue;
      related.set(stat.pid, stat);
      if (stat.pgid === stat.pid) pgids.add(stat.pid);
      if (stat.session === stat.pid) sessions.add(stat.pid);
    }
  }
  return related;
}
