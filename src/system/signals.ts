import { execFile } from "node:child_process";
import path from "node:path";
import treeKill from "tree-kill";
import type { Signal } from "../ports/signal.ts";
import { isWindows } from "./platform.ts";

/**
 * Sends a signal to a process, or to the process group that it leads. A process that has exited
 * already is not an error.
 */
export function sendSignal(pid: number, signal: Signal, asGroup: boolean): void {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`${pid} is no process of ours`);
  try {
    process.kill(asGroup && !isWindows ? -pid : pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

/**
 * Windows has neither signals nor process groups: ends the child and all its descendants at once.
 * tree-kill has a shell run taskkill, in a console window that a host without a console would show.
 * So tree-kill is used only if taskkill is not at its usual place.
 */
export function killTree(pid: number): void {
  const system = path.win32.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32");
  const killed = (error?: Error | null) => {
    if (error) sendSignal(pid, "SIGKILL", false); // then the child alone
  };
  const args = ["/pid", String(pid), "/T", "/F"];
  execFile(path.win32.join(system, "taskkill.exe"), args, { windowsHide: true }, (error) => {
    if (error && codeOf(error) === "ENOENT") treeKill(pid, "SIGKILL", killed);
    else killed(error);
  });
}

/** Whether there is a process of that pid, ours or not; for a negative number, a process group. */
export function isPidInUse(pid: number): boolean {
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
