/** Processes that a sweep may meet, and marks to know them by. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { RunMarks } from "../../src/cleanup/run-mark.ts";
import { UnrelatedCache } from "../../src/cleanup/unrelated-cache.ts";
import { forksSoFar, pidLimit } from "../../src/system/proc.ts";

/** The name of the variable that tags the processes of a run. */
export const TAG = "LIBSUPERVISOR_0123456789abcdef";

/** The marks of a run whose process had that number, and is gone. */
export function marksOf(pid: number): RunMarks {
  return {
    pid,
    tag: `${TAG}=7`,
    forks: forksSoFar(),
    limit: pidLimit(),
    supervisor: { name: TAG, pgids: new Map(), unrelated: new UnrelatedCache() },
  };
}

/** A process in a group and a session of its own, ended with the test. */
export async function sleeper(
  t: TestContext,
  env: Record<string, string> = {},
): Promise<ChildProcess> {
  const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "ignore", env });
  await once(child, "spawn");
  t.after(async () => {
    const exit = once(child, "exit");
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await exit;
    }
  });
  return child;
}
