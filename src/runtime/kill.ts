import { readFileSync, readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import treeKill from "tree-kill";
import type { Signal } from "../core/machine.ts";
import { systemClock as clock } from "./clock.ts";

const isWindows = process.platform === "win32";
/** How long the dead may take to disappear before we name them: longer only in uninterruptible sleep. */
const LIMIT_MS = 2000;

/** Sends a signal to a process, or to its process group. One that is gone already is no error. */
export function sendSignal(pid: number, signal: Signal, group: boolean): void {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`${pid} is no process of ours`);
  try {
    process.kill(group && !isWindows ? -pid : pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

/** Windows has neither signals nor process groups: ends the child and all its descendants at once. */
export function killTree(pid: number): void {
  treeKill(pid, "SIGKILL", (error) => {
    if (error) sendSignal(pid, "SIGKILL", false); // no taskkill: the child alone, then
  });
}

/**
 * Kills what is left of the process group of a child that is gone, `graceMs` from now, and calls
 * `done` once nothing lives there, with those that would not go. There is nothing that could wake
 * us when a process dies that is not our child, so while (and only while) somebody is left, this
 * looks again after 1, 2, 4 … 50 ms.
 */
export function sweepGroup(
  pgid: number,
  graceMs: number,
  done: (survivors: readonly number[]) => void,
): void {
  if (isWindows || !groupExists(pgid)) done([]);
  else if (graceMs > 0 || killGroup(pgid)) void emptied(pgid, graceMs).then(done);
  else void members(pgid).then(done); // all of them belong to someone else by now
}

async function emptied(pgid: number, graceMs: number): Promise<readonly number[]> {
  const begun = clock.now();
  let killed = graceMs <= 0;
  for (let pause = 1; ; pause = Math.min(50, pause * 2)) {
    const left = await members(pgid);
    const waited = clock.now() - begun;
    if (left.length === 0 || waited > graceMs + LIMIT_MS) return left;
    if (!killed && waited >= graceMs) {
      killed = true;
      if (!killGroup(pgid)) return left;
    }
    await wait(killed ? pause : Math.min(pause, Math.max(1, graceMs - waited)));
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, ms, true);
  });
}

/** The living processes of a group; zombies are dead. Without /proc, the group's number stands for them all. */
async function members(pgid: number): Promise<number[]> {
  if (!groupExists(pgid)) return [];
  let pids: string[];
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    pids = [];
  }
  if (pids.length === 0) return [pgid];
  const found: number[] = [];
  for (const [i, pid] of pids.entries()) {
    if (i % 100 === 99) await turn(); // 1,000 processes are 20 ms: not in one piece
    const stat = readStat(pid);
    if (stat?.pgrp === pgid && stat.state !== "Z" && stat.state !== "X") found.push(Number(pid));
  }
  return found;
}

function readStat(pid: string): { state: string; pgrp: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state = "", , pgrp] = text.slice(text.lastIndexOf(")") + 2).split(" ", 3); // the name may hold blanks
    return { state, pgrp: Number(pgrp) };
  } catch {
    return undefined; // gone meanwhile
  }
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

/** False when nobody there may be killed by us. */
function killGroup(pgid: number): boolean {
  try {
    sendSignal(pgid, "SIGKILL", true);
    return true;
  } catch {
    return false;
  }
}

function groupExists(pgid: number): boolean {
  return exists(-pgid);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
