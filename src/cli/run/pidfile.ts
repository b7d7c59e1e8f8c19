import * as fs from "node:fs";
import { devNull } from "node:os";

/**
 * Writes our process id to a file of its own: never through a link, and never into a file that
 * somebody else has made. Returns whether there is a file now: `/dev/null` is none, and stays.
 */
export function writePidfile(file: string): boolean {
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

/** Removes it, if it is still ours. */
export function removePidfile(file: string): void {
  try {
    if (fs.readFileSync(file, "utf8") === `${process.pid}\n`) fs.unlinkSync(file);
  } catch {
    // somebody else has removed it
  }
}
