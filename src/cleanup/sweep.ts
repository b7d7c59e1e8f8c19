import { execFile } from "node:child_process";
import path from "node:path";
import treeKill from "tree-kill";
import type { Signal, Survivor } from "../ports/signal.ts";
import type { Cgroup } from "../system/cgroup.ts";
import { systemClock as clock } from "../system/clock.ts";
import { isShortage } from "../system/shortage.ts";
import {
  canSeeProcesses,
  identitiesOf,
  inSlices,
  isAlive,
  kinOf,
  livingOf,
  membersOf,
  Memory,
  type Identity,
  type Kinship,
} from "./relatives.ts";

const isWindows = process.platform === "win32";
/** How long the dead may take to disappear before we name them: longer only in uninterruptible sleep. */
const LIMIT_MS = 2000;
/** And how often they are killed at least, on a machine that stands still for so long. */
const KILLS = 20;

/** Sends a signal to a process, or to its process group. One that is gone already is no error. */
export function sendSignal(pid: number, signal: Signal, group: boolean): void {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`${pid} is no process of ours`);
  try {
    process.kill(group && !isWindows ? -pid : pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

/**
 * Windows has neither signals nor process groups: ends the child and all its descendants at once.
 * tree-kill has a shell run taskkill, in a console window that a host without a console would show;
 * so it only looks for one that is not where it should be.
 */
export function killTree(pid: number): void {
  const system = path.win32.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32");
  const killed = (error?: Error | null) => {
    if (error) sendSignal(pid, "SIGKILL", false); // the child alone, then
  };
  const args = ["/pid", String(pid), "/T", "/F"];
  execFile(path.win32.join(system, "taskkill.exe"), args, { windowsHide: true }, (error) => {
    if (error && codeOf(error) === "ENOENT") treeKill(pid, "SIGKILL", killed);
    else killed(error);
  });
}

/** What a process may have left behind, and how to know it. */
export interface Legacy extends Kinship {
  /** Its process group alone, or whoever descends from it. */
  readonly scope: "group" | "all";
  /** Descendants that were seen while it lived. */
  readonly known: readonly Identity[];
  /** What asks each of them to stop. */
  readonly stopsignal: Signal;
  /** Whether its process group has been asked together with it. */
  readonly isGroupAsked: boolean;
  /** Where nobody of them can get out of. */
  readonly cgroup?: Cgroup;
}

/**
 * Ends what a child that is gone has left, and calls `done` once nobody is there, with those that
 * would not go. Each is asked to stop, once, and killed `graceMs` from now; killed at once if that is 0. Nothing could wake us when a process dies that is not our child; so
 * while (and only while) somebody is left, this looks again after 1, 2, 4 … 50 ms, until it has twice
 * found nobody.
 */
export function sweep(
  legacy: Legacy,
  graceMs: number,
  done: (survivors: readonly Survivor[]) => void,
): void {
  const memory = new Memory();
  const left = isWindows ? [] : heirsOf(legacy, memory);
  if (Array.isArray(left) && left.length === 0 && !memory.isInDoubt && !memory.isBlind) done([]);
  else void emptied(legacy, left, graceMs, memory).then(done);
}

async function emptied(
  legacy: Legacy,
  first: Identity[] | Promise<Identity[]>,
  graceMs: number,
  memory: Memory,
): Promise<readonly Survivor[]> {
  const begun = clock.now();
  const asked = new Set<string>();
  let left = await first;
  let clean = 0;
  let kills = 0;
  for (let pause = 1; ; pause = Math.min(50, pause * 2)) {
    clean = left.length === 0 && !memory.isBlind ? clean + 1 : 0;
    const waited = clock.now() - begun;
    if (clean === 2 || (waited > graceMs + LIMIT_MS && kills >= KILLS))
      return left.map(({ pid, name }) => ({ pid, name }));
    if (waited < graceMs) await ask(legacy, left, asked);
    else if (left.length > 0 || memory.isBlind) {
      legacy.cgroup?.kill();
      await end(left);
      kills++;
    }
    await wait(waited >= graceMs ? pause : Math.min(pause, graceMs - waited));
    left = await heirsOf(legacy, memory);
  }
}

/** Who is left. Where nobody can be seen, the number of the group stands for all that are in it. */
function heirsOf(legacy: Legacy, memory: Memory): Identity[] | Promise<Identity[]> {
  const blind = (error: unknown) => {
    if (!isShortage(error)) throw error;
    memory.isBlind = true;
    return groupOf(legacy);
  };
  memory.isBlind = false;
  try {
    const found = canSeeProcesses() ? seenOf(legacy, memory) : groupOf(legacy);
    return Array.isArray(found) ? found : found.catch(blind);
  } catch (error) {
    return blind(error);
  }
}

function groupOf({ pid }: Legacy): Identity[] {
  return exists(-pid) ? [{ pid: -pid, name: "process group", began: "", group: pid }] : [];
}

function seenOf(legacy: Legacy, memory: Memory): Identity[] | Promise<Identity[]> {
  const { pid, scope, known, cgroup } = legacy;
  const looks: Look[] = [];
  if (scope === "all")
    looks.push(
      () => kinOf(legacy, memory),
      () => livingOf(known),
    );
  else if (exists(-pid)) looks.push(() => membersOf(pid));
  if (cgroup) looks.push(() => identitiesOf(cgroup.members()));
  return inOrder(looks);
}

type Look = () => Identity[] | Promise<Identity[]>;

/** What they find, one after another; at once, if none of them takes its time. */
function inOrder(looks: readonly Look[]): Identity[] | Promise<Identity[]> {
  const [look, ...others] = looks;
  const found = look?.() ?? [];
  if (!Array.isArray(found)) return found.then(async (some) => some.concat(await inOrder(others)));
  if (others.length === 0) return found;
  const rest = inOrder(others);
  return Array.isArray(rest) ? found.concat(rest) : rest.then((more) => found.concat(more));
}

/** Sends the stop signal to each that has not been sent it: many take a second one for a wish to end without ado. */
function ask(
  { pid, stopsignal, isGroupAsked }: Legacy,
  processes: readonly Identity[],
  asked: Set<string>,
): void | Promise<void> {
  return inSlices(processes, (one) => {
    const key = `${one.pid} ${one.began}`;
    if (asked.has(key) || (isGroupAsked && one.group === pid)) return;
    asked.add(key);
    signalOne(one, stopsignal);
  });
}

/** All are held first, so that none can start another while the first are killed. */
async function end(processes: readonly Identity[]): Promise<void> {
  for (const signal of ["SIGSTOP", "SIGKILL"] as const)
    await inSlices(processes, (one) => signalOne(one, signal));
}

function signalOne(one: Identity, signal: Signal): void {
  try {
    if (one.began === "" || isAlive(one)) process.kill(one.pid, signal);
  } catch {
    // gone, or somebody else's by now: the next look tells
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, ms, true);
  });
}

/** Whether there is a process of that number, ours or not. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
