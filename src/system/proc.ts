import { existsSync, readFileSync, readdirSync } from "node:fs";
import { nextTurn } from "./clock.ts";
import { reserve } from "./reserve.ts";
import { isShortage } from "./shortage.ts";

/*
 * Reads the files of processes below /proc on Linux. On other systems, the results are empty.
 */

/** A process, with the data that tell it from a later process with the same pid. */
export interface Identity {
  readonly pid: number;
  /** The name of the process, for people. */
  readonly name: string;
  /** The start time, in the kernel's ticks since boot. */
  readonly began: string;
  readonly pgid: number;
}

/** All data of a process. */
export interface Stat extends Identity {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly threads: number;
}

/** How many processes are looked at in one turn of the event loop. */
export const SLICE = 100;

/** Whether this system shows its processes as files. */
export function canSeeProcesses(): boolean {
  return statOf(process.pid) !== undefined;
}

/** Returns the living process of that pid. */
export function identityOf(pid: number): Identity | undefined {
  const stat = statOf(pid);
  return stat && !isDead(stat) ? stat : undefined;
}

/** Whether the process is still alive; a zombie is dead. */
export function isAlive({ pid, began }: Identity): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.began === began && !isDead(stat);
}

/**
 * Performs the work for each item. Returns a promise if there are many, to let the event loop turn.
 */
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

/** Collects the results for each item, in slices. */
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
export function membersOf(pgid: number): Identity[] | Promise<Identity[]> {
  return gather(processIds(), (pid) => {
    const one = identityOf(pid);
    return one?.pgid === pgid ? one : undefined;
  });
}

/** The living processes of these pids. */
export function identitiesOf(pids: readonly number[]): Identity[] | Promise<Identity[]> {
  return gather(pids, identityOf);
}

/** The processes of this list that are still alive. */
export function livingOf(processes: readonly Identity[]): Identity[] | Promise<Identity[]> {
  return gather(processes, (one) => (isAlive(one) ? one : undefined));
}

/** The pids of all processes but the first. */
export function processIds(): number[] {
  const names = see(() => readdirSync("/proc")) ?? [];
  return names.map(Number).filter((pid) => pid > 1);
}

/** Whether there is a process, or a thread, of that pid. */
export function isListed(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** How many processes the system has started since it began. */
export function forksSoFar(): number {
  return Number(/^processes (\d+)/m.exec(textOf("/proc/stat"))?.[1] ?? 0);
}

/** The pid that was given last; undefined if the system does not provide it. */
export function lastPid(): number | undefined {
  const last = Number(textOf("/proc/loadavg").split(" ")[4]);
  return last > 0 ? last : undefined;
}

/** The number of pids after which pids are given again. */
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
 * Returns the result of a look at a process; undefined if the process is gone.
 * @throws the error of the lacking resource, if no process can be looked at
 */
function see<T>(look: () => T): T | undefined {
  try {
    return reserve.use(look);
  } catch (error) {
    if (isShortage(error)) throw error;
    return undefined;
  }
}

/** The children of a process, by the lists that each of its threads has. */
export function childrenOf(pid: number): number[] {
  const threads = see(() => readdirSync(`/proc/${pid}/task`)) ?? []; // the process is gone
  return threads.flatMap((thread) => {
    const file = `/proc/${pid}/task/${thread}/children`;
    const text = see(() => readFileSync(file, "latin1")) ?? ""; // a kernel that does not provide the list
    return text.split(" ").filter(Boolean).map(Number);
  });
}

/**
 * The environment with which a process was executed; undefined for a process of another user, or
 * one that is gone.
 */
export function environmentOf(pid: number): Buffer | undefined {
  return see(() => readFileSync(`/proc/${pid}/environ`));
}

/**
 * The fields of proc_pid_stat(5) that are used here; undefined for the pid of a thread, which has a
 * file there, too.
 */
export function statOf(pid: number): Stat | undefined {
  const text = see(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(")"); // the name may contain any character
  const name = text.slice(text.indexOf("(") + 1, end);
  const fields = text.slice(end + 2).split(" ", 36);
  if (fields[35] === "-1") return undefined; // a thread sends no signal when it ends
  const [state = "", parent, pgid, session] = fields;
  const began = fields[19] ?? "";
  return {
    pid,
    name,
    began,
    state,
    threads: Number(fields[17]),
    parent: Number(parent),
    pgid: Number(pgid),
    session: Number(session),
  };
}

/**
 * Whether all threads of a process have ended: the first may end before the others, which still
 * hold its files.
 */
export function isDead({ state, threads }: Stat): boolean {
  return (state === "Z" || state === "X") && threads <= 1;
}
