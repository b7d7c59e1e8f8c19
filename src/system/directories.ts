import { accessSync, constants, readlinkSync, statSync, statfsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { isWindows } from "./platform.ts";

/*
 * The special directories of the system. Each directory is looked up only when it is needed. None of
 * the functions throws.
 */

/** The name of the working directory. A removed directory has a name, too, which leads nowhere. */
export function workingDirectory(): string {
  try {
    // not process.cwd(), which caches a name that may have changed, and throws if there is none
    if (process.platform === "linux") return readlinkSync("/proc/self/cwd");
  } catch {
    // /proc is not mounted
  }
  try {
    return process.cwd();
  } catch {
    return path.sep;
  }
}

/** Makes a path absolute. */
export function absolute(file: string): string {
  return path.isAbsolute(file) ? path.resolve(file) : path.resolve(workingDirectory(), file);
}

/** The home directory; undefined where neither the environment nor the user database tells. */
function homeDirectory(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { HOME } = env;
  if (HOME !== undefined) return HOME;
  try {
    return homedir();
  } catch {
    return undefined; // a uid without an entry
  }
}

/**
 * Expands a path that may begin with `~`. Returns the path unchanged if there is no home directory,
 * as Python's `expanduser` does.
 */
export function expandHome(
  file: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (!/^~(?:\/|$)/.test(file)) return file;
  return `${homeDirectory(env) ?? "~"}${file.slice(1)}`;
}

/**
 * The directory for temporary files: the first in which files can be created, in the order of
 * Python's `tempfile`. If there is none, the first that exists.
 */
export function temporaryDirectory(): string {
  if (isWindows) return tmpdir();
  const last = workingDirectory();
  const first = usableOf([...usualPlaces(), last]).next();
  return first.done ? (usualPlaces().find(isDirectory) ?? "/tmp") : first.value;
}

/**
 * All directories in which files can be made for a moment: those in memory first, where a file takes
 * a sixtieth of the time that it takes on a disk, then the usual one.
 */
export function temporaryDirectories(): Iterable<string> {
  const quick = ["/dev/shm", process.env["XDG_RUNTIME_DIR"] ?? "", "/run"];
  return usableOf([...quick.filter(isInMemory), ...usualPlaces(), "/dev/shm", "/run"]);
}

const TMPFS = 0x01021994; // Linux: <linux/magic.h>

function isInMemory(place: string): boolean {
  try {
    return process.platform === "linux" && place !== "" && statfsSync(place).type === TMPFS;
  } catch {
    return false;
  }
}

function usualPlaces(): string[] {
  const { TMPDIR, TEMP, TMP } = process.env;
  const usual = [TMPDIR, TEMP, TMP, "/tmp", "/var/tmp", "/usr/tmp"];
  return usual.filter((place) => place !== undefined && place !== "") as string[];
}

/** Yields the places in which files can be made, each once. */
function* usableOf(places: readonly string[]): Generator<string> {
  for (const place of new Set(places.map(absolute)))
    if (isDirectory(place) && mayWrite(place)) yield place;
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns why the working directory cannot be entered: the code of the error. */
export function directoryProblem(directory: string): string | undefined {
  try {
    // the name of what is in it can only be looked up by a user who may enter it, whatever allows that
    return statSync(`${directory}${path.sep}.`).isDirectory() ? undefined : "ENOTDIR";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** Whether there is a directory of that name. */
export function isDirectory(place: string): boolean {
  try {
    return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // a name that is too long, or a path that may not be searched
  }
}
