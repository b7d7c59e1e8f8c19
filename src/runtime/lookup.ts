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

/** Where a program is, or why it cannot be started. The texts are supervisord's where it has one. */
export type Found = { readonly file: string } | { readonly problem: string };

const isWindows = process.platform === "win32";

/**
 * Finds the file of a command as execvp(3) does: a name with a slash is a path (relative to the
 * working directory of the child-to-be), any other is looked up along `PATH`, where the first file
 * that can be executed wins. When there is none, the first that exists tells why.
 */
export function findProgram(name: string, directory: string, searchPath: string): Found {
  const isPath = name.includes("/") || (isWindows && name.includes("\\"));
  const places = isPath
    ? [path.resolve(directory, name)]
    : searchPath.split(path.delimiter).map((place) => path.resolve(directory, place, name));
  let first: Found | undefined;
  for (const place of places.flatMap(withExtensions)) {
    const problem = problemOf(place, directory);
    if (problem === undefined) return { file: place };
    if (problem !== "") first ??= { problem };
  }
  return first ?? { problem: `can't find command '${name}'` };
}

/** Why the working directory cannot be entered. */
export function directoryProblem(directory: string): string | undefined {
  try {
    if (!statSync(directory).isDirectory()) return `couldn't chdir to ${directory}: ENOTDIR`;
    if (!isWindows) accessSync(directory, constants.X_OK);
    return undefined;
  } catch (error) {
    return `couldn't chdir to ${directory}: ${(error as NodeJS.ErrnoException).code}`;
  }
}

/** Whether there is a directory of that name. */
export function isDirectory(place: string): boolean {
  try {
    return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // a name too long, a way that is barred
  }
}

/** Whether somebody may execute the file, by the mode bits along its path. */
export function mayExecute(file: string, uid: number, groups: () => readonly number[]): boolean {
  for (let place = file; ; place = path.dirname(place)) {
    const { mode, uid: owner, gid } = statSync(place);
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

/** On Windows a command is found without its extension, too. */
function withExtensions(place: string): string[] {
  if (!isWindows) return [place];
  const extensions = (process.env["PATHEXT"] ?? ".COM;.EXE;.BAT;.CMD").split(";");
  return [place, ...extensions.map((extension) => place + extension)];
}

/** `undefined`: can be executed; `""`: does not exist. */
function problemOf(file: string, directory: string): string | undefined {
  let mode: number;
  try {
    const stat = statSync(file, { throwIfNoEntry: false }); // an exception would cost more than the look
    if (!stat) return "";
    if (stat.isDirectory()) return `command at '${file}' is a directory`;
    ({ mode } = stat);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "EACCES" ? `no permission to run command '${file}'` : "";
  }
  if (isWindows) return undefined;
  if ((mode & 0o111) === 0) return `command at '${file}' is not executable`;
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return `no permission to run command '${file}'`;
  }
  return formatProblem(file, directory);
}

/**
 * execvp(3) hands a file that the kernel cannot execute to `/bin/sh`, where anything may happen, and
 * says ENOENT of a file that is there when its interpreter is not. Both are told apart here.
 */
function formatProblem(file: string, directory: string): string | undefined {
  const head = readHead(file);
  if (!head) return undefined; // may be executed, but not read
  if (head.subarray(0, 2).toString("latin1") === "#!") {
    const interpreter = /^#![ \t]*([^ \t\n]*)/.exec(head.toString("utf8"))?.[1] ?? "";
    if (interpreter === "") return `couldn't exec ${file}: ENOEXEC (exec format error)`;
    try {
      accessSync(path.resolve(directory, interpreter), constants.X_OK);
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return `couldn't exec ${file}: ${code} (its interpreter is ${JSON.stringify(interpreter)})`;
    }
  }
  if (isNative(head) || hasForeignFormats()) return undefined;
  return `couldn't exec ${file}: ENOEXEC (exec format error)`;
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
  return head.length >= 4; // Mach-O and its relatives: let the kernel judge
}

/** Whether the kernel was taught other formats (binfmt_misc: Java, Wine, qemu). */
function hasForeignFormats(): boolean {
  try {
    return readdirSync("/proc/sys/fs/binfmt_misc").some(
      (name) => name !== "register" && name !== "status",
    );
  } catch {
    return false;
  }
}
