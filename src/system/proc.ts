import { existsSync, readFileSync, readdirSync } from "node:fs";
import { nextTurn } from "./clock.ts";
import { reserve } from "./reserve.ts";
import { isShortage } from "./shortage.ts";

/*
 * What Linux shows of processes, as files below /proc. On other systems there is nothing to see.
 */

/** A process, and what tells it from a later one with the same number. */
export interface Identity {
  readonly pid: number;
  /** Its name, for people. */
  readonly name: string;
  /** When it began, in the kernel's ticks since boot. */
  readonly began: string;
  readonly pgid: number;
}

/** A process in full. */
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

/** Does the work for each item; a promise when they are many, to make way for the event loop. */
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

/** Collects what is found for each item, in slices. */
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

/** The living processes of these numbers. */
export function identitiesOf(pids: readonly number[]): Identity[] | Promise<Identity[]> {
  return gather(pids, identityOf);
}

/** The processes of these that still live. */
export function livingOf(processes: readonly Identity[]): Identity[] | Promise<Identity[]> {
  return gather(processes, (one) => (isAlive(one) ? one : undefined));
}

/** The numbers of all processes but the first. */
export function processIds(): number[] {
  const names = see(() => readdirSync("/proc")) ?? [];
  return names.map(Number).filter((pid) => pid > 1);
}

/** Whether there is a process, or a thread, of that number. */
export function isListed(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** How many processes the system has started since it began. */
export function forksSoFar(): number {
  return Number(/^processes (\d+)/m.exec(textOf("/proc/stat"))?.[1] ?? 0);
}

/** The number that was given last; undefined where the system does not tell. */
export function lastPid(): number | undefined {
  const last = Number(textOf("/proc/loadavg").split(" ")[4]);
  return last > 0 ? last : undefined;
}

/** The number of processes after which their numbers are given again. */
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
 * The result of a look; undefined where there is nothing to see.
 * @throws where something is lacking to look at all
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
  const threads = see(() => readdirSync(`/proc/${pid}/task`)) ?? []; // gone
  return threads.flatMap((thread) => {
    const file = `/proc/${pid}/task/${thread}/children`;
    const text = see(() => readFileSync(file, "latin1")) ?? ""; // a kernel that does not tell
    return text.split(" ").filter(Boolean).map(Number);
  });
}

/** The environment with which a process was executed; undefined for another user's, or one that is gone. */
export function environmentOf(pid: number): Buffer | undefined {
  return see(() => readFileSync(`/proc/${pid}/environ`));
}

/** The fields of proc_pid_stat(5) that matter here; undefined for the number of a thread, which is a file there, too. */
export function statOf(pid: number): Stat | undefined {
  const text = see(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(")"); // the name may hold anything
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

/** Whether all its threads have ended: the first may end before the others, which still hold its files. */
export function isDead({ state, threads }: Stat): boolean {
  return (state === "Z" || state === "X") && threads <= 1;
}
