import * as fs from "node:fs";
import { devNull } from "node:os";
import type { ActivityLog, Supervisor } from "../../index.ts";

/** Writes the pid file; the function returned removes it, and so does the end of the host. */
export function keepPidfile(file: string, supervisor: Supervisor, log: ActivityLog): () => void {
  let isFile: boolean;
  try {
    isFile = writePidfile(file);
  } catch {
    log.write("CRIT", `could not write pidfile ${file}`);
    return () => {};
  }
  log.write("INFO", `supervisord started with pid ${process.pid}`);
  if (!isFile) return () => {};
  const release = supervisor.ownFile(file);
  return () => {
    release();
    removePidfile(file);
  };
}

/**
 * Writes the process id to a new file: never through a link, and never into the file of another user.
 * Returns whether there is a file now: `/dev/null` is none, and stays.
 */
function writePidfile(file: string): boolean {
  if (file === devNull) return false;
  const former = fs.lstatSync(file, { throwIfNoEntry: false });
  if (former) {
    const isOurs = [0, process.geteuid?.() ?? former.uid].includes(former.uid);
    if (!former.isFile() || !isOurs) throw new Error("there is something else of that name");
    fs.unlinkSync(file);
  }
  fs.writeFileSync(file, `${process.pid}\n`, { flag: "wx", mode: 0o644 });
  return true;
}

/** Removes the file, if it still has our process id. */
function removePidfile(file: string): void {
  try {
    if (fs.readFileSync(file, "utf8") === `${process.pid}\n`) fs.unlinkSync(file);
  } catch {
    // another program has removed it
  }
}
