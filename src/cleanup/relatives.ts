import { existsSync, readFileSync, readdirSync } from "node:fs";
import { nextTurn } from "../system/clock.ts";
import { reserve } from "../system/reserve.ts";
import { isShortage } from "../system/shortage.ts";

/** A process, and what tells it from a later one with the same number. */
export interface Identity {
  readonly pid: number;
  /** Its name, for people. */
  readonly name: string;
  /** When it began, in the kernel's ticks since boot. */
  readonly began: string;
  /** Its process group. */
  readonly group: number;
}

interface Stat extends Identity {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly threads: number;
}

/** How many processes are looked at before it is the turn of others. */
const SLICE = 100;
/** How many files of a tree are read at once. */
const FILES = 200;
/** How often those are looked for that were born meanwhile: one that never stops has no last child. */
const ROUNDS = 20;

/** Whether this system shows its processes as files. */
export function canSeeProcesses(): boolean {
  return statOf(process.pid) !== undefined;
}

/** The living process of that number. */
export function identityOf(pid: number): Identity | undefined {
  const stat = statOf(pid);
  return stat && !isDead(stat) ? stat : undefined;
}

/** Whether it still lives; a zombie is dead. */
export function isAlive({ pid, began }: Identity): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.began === began && !isDead(stat);
}

/** Does something for each; a promise when they are many, to make way for the event loop. */
export function inSlices<T>(items: readonly T[], work: (item: T) => void): void | Promise<void> {
  if (items.length > SLICE) return inTurns(items, work);
  for (const item of items) work(item);
}

async function inTurns<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  for (const [i, item] of items.entries()) {
    if (i % SLICE === SLICE - 1) await nextTurn();
    work(item);
  }
}

/** What is found for each, in slices. */
function gather<T>(
  items: readonly T[],
  find: (item: T) => Identity | undefined,
): Identity[] | Promise<Identity[]> {
  const found: Identity[] = [];
  const looked = inSlices(items, (item) => {
    const one = find(item);
    if (one) found.push(one);
  });
  return looked ? looked.then(() => found) : found;
}

/** The living members of a process group. */
export function membersOf(group: number): Identity[] | Promise<Identity[]> {
  return gather(processIds(), (pid) => {
    const one = identityOf(pid);
    return one?.group === group ? one : undefined;
  });
}

/** The living processes of these numbers. */
export function identitiesOf(pids: readonly number[]): Identity[] | Promise<Identity[]> {
  return gather(pids, identityOf);
}

/** Those of them that still live. */
export function livingOf(processes: readonly Identity[]): Identity[] | Promise<Identity[]> {
  return gather(processes, (one) => (isAlive(one) ? one : undefined));
}

/**
 * All that descend from a living process and have not been orphaned, as it is when the result is
 * there. Each thread has a list of its children; where these are too many to be read at once, the
 * processes that are younger are looked at for their parents, in slices.
 * @throws what is lacking to see them, or rejects with it
 */
export function descendantsOf(kinship: Kinship): Identity[] | Promise<Identity[]> {
  return walk(kinship.pid) ?? new Descent(kinship).find();
}

/** Down from parent to child; undefined where that takes too many files. */
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

/** Up from child to parent. */
class Descent {
  readonly #root: number;
  readonly #newcomers: Newcomers;
  readonly #children = new Map<number, Stat[]>();

  constructor(kinship: Kinship) {
    this.#root = kinship.pid;
    this.#newcomers = new Newcomers(kinship);
  }

  find(): Identity[] | Promise<Identity[]> {
    const first = this.#newcomers.next();
    if (first.length > SLICE) return this.#inSlices(first);
    let pids = first;
    for (let round = 0; pids.length > 0 && round < ROUNDS; round++) {
      for (const pid of pids) this.#look(pid);
      pids = this.#newcomers.next();
    }
    return this.#found();
  }

  async #inSlices(first: readonly number[]): Promise<Identity[]> {
    let pids = first;
    for (let round = 0; pids.length > 0 && round < ROUNDS; round++) {
      await inSlices(pids, (pid) => this.#look(pid));
      pids = this.#newcomers.next();
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

/** How to know the processes that belong to one of ours. */
export interface Kinship {
  /** It led a process group and a session of this number. */
  readonly pid: number;
  /** What stands in the environment of each, unless it was cleaned: `NAME=value`. */
  readonly tag: string;
  /** How many processes the system had started when ours was. */
  readonly forks: number;
  /** Where the numbers of processes begin anew. */
  readonly limit: number;
  /** All that belongs to the supervisor, whichever of its runs it is of. */
  readonly family: Family;
}

/** What a supervisor knows of the processes of the machine. */
export interface Family {
  /** The name that its tags have in common. */
  readonly name: string;
  /** The groups of those that live. */
  readonly groups: ReadonlyMap<number, unknown>;
  readonly strangers: Strangers;
}

/**
 * Processes that are nobody of ours, and will not be: who has not inherited what we know our own by
 * does not get it later. Each is looked at once, however many sweeps there are.
 */
export class Strangers {
  readonly #known = new Map<number, number>(); // pid -> how many had been started when it was looked at

  /** A number is not given again before all the others were: no need to look who has it. */
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
export class Memory {
  /** Who has no tag. */
  readonly untagged = new Set<string>();
  /** Who has shown no environment at all, as a process does that is about to execute. */
  readonly doubted = new Set<string>();
  /** Whether the last look has met one of those for the first time. */
  isInDoubt = false;
  /** Whether the last look has failed for a shortage: nobody was seen, and somebody may be there. */
  isBlind = false;
}

/**
 * The living processes that belong to one of ours, which is gone: by group, by session, by
 * environment, or by descent from such. Looks only at those that are younger than ours and not known
 * for strangers; a promise when they are many, to make way for the event loop.
 */
export function kinOf(kinship: Kinship, memory: Memory): Identity[] | Promise<Identity[]> {
  const search = new Search(kinship, memory);
  const first = search.fresh();
  if (first.length > 100) return search.inPieces(first);
  search.look(first);
  for (let more = search.fresh(); more.length > 0; more = search.fresh()) search.look(more); // born meanwhile
  return search.found();
}

/** The processes that may be of ours: younger, and not known for strangers. */
class Newcomers {
  /** How many processes the system had started before the first look. */
  readonly forks = forksSoFar();
  readonly #kinship: Kinship;
  readonly #looked = new Set<number>();

  constructor(kinship: Kinship) {
    this.#kinship = kinship;
  }

  /** Those that were not there at the last look. */
  next(): number[] {
    const { pid, limit, family } = this.#kinship;
    return younger(this.#kinship, this.forks).filter((other) => {
      if (this.#looked.has(other)) return false;
      this.#looked.add(other);
      return other === pid || !family.strangers.has(other, this.forks, limit);
    });
  }
}

type Candidate = Stat & { readonly isTagged: boolean; readonly isOurs: boolean };

class Search {
  readonly #kinship: Kinship;
  readonly #memory: Memory;
  readonly #newcomers: Newcomers;
  readonly #mark: Buffer;
  readonly #name: Buffer;
  readonly #stats: Candidate[] = [];
  readonly #elders = new Map<number, boolean>();

  constructor(kinship: Kinship, memory: Memory) {
    this.#kinship = kinship;
    this.#newcomers = new Newcomers(kinship);
    this.#memory = memory;
    this.#mark = Buffer.from(`${kinship.tag}\0`);
    this.#name = Buffer.from(`${kinship.family.name}=`);
    memory.isInDoubt = false;
  }

  /** Those that were not looked at before. */
  fresh(): number[] {
    return this.#newcomers.next();
  }

  look(pids: readonly number[]): void {
    for (const pid of pids) this.#lookAt(pid);
  }

  async inPieces(first: readonly number[]): Promise<Identity[]> {
    for (let pids = first; pids.length > 0; pids = this.fresh()) {
      for (const [i, pid] of pids.entries()) {
        if (i % 100 === 99) await nextTurn();
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
    const isTagged = environment?.includes(this.#mark) ?? false;
    const isOurs = isTagged || (environment?.includes(this.#name) ?? false);
    if (!isOurs) this.#memory.untagged.add(key); // who has not inherited it will not get it
    this.#stats.push({ ...stat, isTagged, isOurs });
  }

  /** Of one that is too old to be looked at, but has led others here. */
  #isOurs(pid: number): boolean {
    let isOurs = this.#elders.get(pid);
    isOurs ??= environmentOf(pid)?.includes(this.#name) ?? false;
    this.#elders.set(pid, isOurs);
    return isOurs;
  }

  found(): Identity[] {
    const { pid, family } = this.#kinship;
    // if the number lives again, it is another's, and so are its group and session
    const isReused = this.#stats.some((stat) => stat.pid === pid);
    const own = isReused ? [] : [pid];
    const ours = closure([...own, ...family.groups.keys()], this.#stats, ({ isOurs }) => isOurs);
    const known = new Set(this.#stats.map((stat) => stat.pid));
    const isOurs = (other: number) => !known.has(other) && this.#isOurs(other);
    for (const stat of this.#stats) {
      if (ours.has(stat.pid) || [stat.parent, stat.group, stat.session].some(isOurs)) continue;
      family.strangers.add(stat.pid, this.#newcomers.forks);
    }
    return [...closure(own, this.#stats, ({ isTagged }) => isTagged).values()];
  }
}

/** Whoever is of these groups or sessions, is marked, or descends from such, or shares a group with them. */
function closure(
  leaders: readonly number[],
  stats: readonly Candidate[],
  isMarked: (stat: Candidate) => boolean,
): Map<number, Stat> {
  const kin = new Map<number, Stat>();
  const groups = new Set(leaders);
  const sessions = new Set(leaders);
  for (let before = -1; before < kin.size;) {
    before = kin.size;
    for (const stat of stats) {
      if (kin.has(stat.pid)) continue;
      const isKin =
        isMarked(stat) ||
        kin.has(stat.parent) ||
        groups.has(stat.group) ||
        sessions.has(stat.session);
      if (!isKin) continue;
      kin.set(stat.pid, stat);
      if (stat.group === stat.pid) groups.add(stat.pid);
      if (stat.session === stat.pid) sessions.add(stat.pid);
    }
  }
  return kin;
}

/**
 * The processes that may be younger than ours. Numbers are given in turn: those between ours and the
 * last one given, unless so many were started since that the numbers may have come round.
 */
function younger({ pid, forks, limit, family }: Kinship, forksNow: number): number[] {
  const last = lastPid();
  const isRound = last === undefined || forksNow - forks >= limit / 2;
  const isYounger = (other: number) =>
    isRound || (last >= pid ? other >= pid && other <= last : other >= pid || other <= last);
  const span = isRound ? Infinity : (last - pid + limit) % limit;
  if (span <= 100 && last !== undefined && last >= pid) {
    return Array.from({ length: span + 1 }, (_, i) => pid + i).filter(exists);
  }
  const ids = processIds();
  family.strangers.tidy(ids);
  return ids.filter(isYounger);
}

function processIds(): number[] {
  const names = see(() => readdirSync("/proc")) ?? [];
  return names.map(Number).filter((pid) => pid > 1);
}

function exists(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** How many processes the system has started since it began. */
export function forksSoFar(): number {
  return Number(/^processes (\d+)/m.exec(textOf("/proc/stat"))?.[1] ?? 0);
}

function lastPid(): number | undefined {
  const last = Number(textOf("/proc/loadavg").split(" ")[4]);
  return last > 0 ? last : undefined;
}

/** Where the numbers of processes begin anew. */
export function pidLimit(): number {
  return Number(textOf("/proc/sys/kernel/pid_max")) || 32_768;
}

function textOf(file: string): string {
  try {
    return reserve.use(() => readFileSync(file, "latin1"));
  } catch {
    return "";
  }
}

/**
 * What one look gives; undefined where there is nothing to see.
 * @throws what is lacking, where nothing could be seen for that
 */
function see<T>(look: () => T): T | undefined {
  try {
    return reserve.use(look);
  } catch (error) {
    if (isShortage(error)) throw error;
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  const threads = see(() => readdirSync(`/proc/${pid}/task`)) ?? []; // gone
  return threads.flatMap((thread) => {
    const file = `/proc/${pid}/task/${thread}/children`;
    const text = see(() => readFileSync(file, "latin1")) ?? ""; // a kernel that does not tell
    return text.split(" ").filter(Boolean).map(Number);
  });
}

/** Undefined for somebody else's, or one that is gone. */
function environmentOf(pid: number): Buffer | undefined {
  return see(() => readFileSync(`/proc/${pid}/environ`));
}

/** The fields of proc_pid_stat(5) that matter here; undefined for the number of a thread, which is a file there, too. */
function statOf(pid: number): Stat | undefined {
  const text = see(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(")"); // the name may hold anything
  const name = text.slice(text.indexOf("(") + 1, end);
  const fields = text.slice(end + 2).split(" ", 36);
  if (fields[35] === "-1") return undefined; // a thread sends no signal when it ends
  const [state = "", parent, group, session] = fields;
  const began = fields[19] ?? "";
  return {
    pid,
    name,
    began,
    state,
    threads: Number(fields[17]),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
  };
}

/** The first thread may have ended before the others, who still hold its files. */
function isDead({ state, threads }: Stat): boolean {
  return (state === "Z" || state === "X") && threads <= 1;
}
