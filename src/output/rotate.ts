import * as fs from "node:fs";
import { freeNumber, rotationSteps, type RotationRule, type RotationStep } from "./rotation.ts";

/** A file above this size is closed in a thread: to give back its blocks takes time. */
const LARGE_BYTES = 1 << 20;

/** What is to be done with the files that are there. */
export function planRotation(file: string, rule: RotationRule): RotationStep[] {
  const isTaken = (n: number) => isThere(`${file}.${n}`);
  return rotationSteps(file, rule, freeNumber(isTaken, rule.backups));
}

/** Removes or renames a file; one that is not there is no error. */
export function carryOut(step: Exclude<RotationStep, { readonly do: "truncate" }>): void {
  try {
    if (step.do === "remove") removeSoon(step.file);
    else fs.renameSync(step.file, step.to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // the renaming tells
  }
}

/** Removes a file; if it is large, a thread gives back its blocks. */
function removeSoon(file: string): void {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return;
  let fd: number | undefined;
  if (stat.isFile() && stat.size > LARGE_BYTES) {
    const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
    try {
      fd = fs.openSync(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    } catch {
      // not to be read, but perhaps to be removed
    }
  }
  try {
    fs.unlinkSync(file);
  } finally {
    if (fd !== undefined) fs.close(fd);
  }
}
