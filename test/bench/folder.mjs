import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Gives a folder to work in. It goes afterwards, and so does every process that has it in its command line. */
export async function withFolder(work) {
  const folder = mkdtempSync(path.join(tmpdir(), "libsupervisor-bench-"));
  const clear = () => {
    endAll(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clear);
  try {
    return await work(folder);
  } finally {
    clear();
    process.off("exit", clear);
  }
}

/**
 * Kills whatever has the folder in its command line: the supervisors, their children, pm2's daemon.
 * Again until nobody is found: what was killed first may have been started again meanwhile.
 */
function endAll(folder) {
  const pids = () =>
    readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(folder));
  for (let found; (found = pids()).length > 0;) {
    for (const pid of found) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // gone by itself
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10); // also while the process exits
  }
}

/** Empty for the dead. */
function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
