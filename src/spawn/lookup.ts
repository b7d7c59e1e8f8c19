import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  readdirSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type { StartFailureCode } from "../ports/signal.ts";
import { isWindows } from "../system/platform.ts";

/**
 * The file of a program, or the reason why it cannot be started. The texts are supervisord's if it
 * has one.
 */
export type Found =
  | {
      readonly file: string;
      /**
       * A possible obstacle, which the kernel may judge differently: the reason to report if the
       * start fails.
       */
      readonly doubt?: string;
    }
  | LaunchProblem;

/** The reason why a program cannot be started: there is no such file, or another obstacle. */
export interface LaunchProblem {
  readonly code: Exclude<StartFailureCode, "FAILED">;
  readonly message: string;
}

/**
 * Finds the file of a command as execvp(3) does: a name with a slash is a path (relative to the
 * working directory of the child-to-be), any other is looked up along `PATH`, where the first file
 * that can be executed wins; then the first file that only the kernel can judge. If no file can be
 * executed, the first file that exists determines the reason.
 */
export function findProgram(name: string, directory: string, searchPath: string): Found {
  const isPath = name.includes("/") || (isWindows && name.includes("\\"));
  const places = isPath
    ? [path.resolve(directory, name)]
    : searchPath.split(path.delimiter).map((place) => path.resolve(directory, place, name));
  let first: LaunchProblem | undefined;
  let doubtful: Found | undefined;
  for (const place of places.flatMap(withExtensions)) {
    const look = lookAt(place, directory, isPath);
    if (!look) continue;
    if ("code" in look) first ??= look;
    else if (look.doubt === undefined) return look;
    else doubtful ??= look;
  }
  return doubtful ?? first ?? { code: "NO_FILE", message: `can't find command '${name}'` };
}

/**
 * Whether a user may execute the file, by the mode bits along its path. `false` is not final:
 * access control lists are not checked, and directories that the host may not search may be open to
 * that user.
 */
export function mayExecute(file: string, uid: number, groups: () => readonly number[]): boolean {
  for (let place = file; ; place = path.dirname(place)) {
    const stat = tryStat(place);
    if (!stat) return false;
    const { mode, uid: owner, gid } = stat;
    const isOpen = (mode & 0o111) === 0o111;
    if (!isOpen && uid !== 0) {
      let bit = 0o001;
      if (owner === uid) bit = 0o100;
      else if (groups().includes(gid)) bit = 0o010;
      if ((mode & bit) === 0) return false;
    }
    if (place === path.dirname(place)) return true;
  }
}

/** On Windows, a command is also found without its extension. */
function withExtensions(place: string): string[] {
  if (!isWindows) return [place];
  const extensions = (process.env["PATHEXT"] ?? ".COM;.EXE;.BAT;.CMD").split(";");
  return [place, ...extensions.map((extension) => place + extension)];
}

function tryStat(place: string) {
  try {
    return statSync(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Empty if there is no such file; a directory of PATH that may not be searched counts as empty. */
function lookAt(file: string, directory: string, isPath: boolean): Found | undefined {
  const doubt = `no permission to run command '${file}'`;
  let mode: number;
  try {
    const stat = statSync(file, { throwIfNoEntry: false }); // an exception would cost more than the check
    if (!stat) return undefined;
    if (stat.isDirectory()) return problem(`command at '${file}' is a directory`);
    ({ mode } = stat);
  } catch (error) {
    const isBarred = (error as NodeJS.ErrnoException).code === "EACCES";
    return isBarred && isPath ? { file, doubt } : undefined;
  }
  if (isWindows) return { file };
  if ((mode & 0o111) === 0) return problem(`command at '${file}' is not executable`);
  const format = lookInto(file, directory);
  if ("code" in format) return format;
  return isExecutable(file) ? { file, ...format } : { file, doubt };
}

function problem(message: string): LaunchProblem {
  return { code: "NOT_EXECUTABLE", message };
}

/**
 * The judgement of the kernel, except for the capabilities of an ordinary user, which access(2)
 * does not count.
 */
function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * execvp(3) passes a file that the kernel cannot execute to `/bin/sh`, with unpredictable results.
 * It reports ENOENT for an existing file whose interpreter does not exist. Both cases are told
 * apart here.
 */
function lookInto(file: string, directory: string): LaunchProblem | { readonly doubt?: string } {
  const head = readHead(file);
  if (!head) return {}; // the file may be executed, but not read
  if (head.subarray(0, 2).toString("latin1") === "#!") {
    const interpreter = /^#![ \t]*([^ \t\n]*)/.exec(head.toString("utf8"))?.[1] ?? "";
    if (interpreter === "") return problem(`couldn't exec ${file}: ENOEXEC (exec format error)`);
    const why = (code: unknown) =>
      `couldn't exec ${file}: ${String(code)} (its interpreter is ${JSON.stringify(interpreter)})`;
    const place = path.resolve(directory, interpreter);
    try {
      const stat = statSync(place);
      if (stat.isDirectory() || (stat.mode & 0o111) === 0) return problem(why("EACCES"));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "EACCES" ? { doubt: why(code) } : problem(why(code));
    }
    return isExecutable(place) ? {} : { doubt: why("EACCES") };
  }
  if (isNative(head) || hasForeignFormats()) return {};
  return problem(`couldn't exec ${file}: ENOEXEC (exec format error)`);
}

function readHead(file: string): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const head = Buffer.alloc(256);
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function isNative(head: Buffer): boolean {
  if (process.platform === "linux") return head.subarray(0, 4).toString("latin1") === "\x7fELF";
  return head.length >= 4; // Mach-O and its relatives: the kernel decides
}

/**
 * Whether other executable formats are registered in the kernel (binfmt_misc: Java, Wine, qemu).
 */
function hasForeignFormats(): boolean {
  try {
    return readdirSync("/proc/sys/fs/binfmt_misc").some(
      (name) => name !== "register" && name !== "status",
    );
  } catch {
    return false;
  }
}
