import { spawnSync } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import path from "node:path";
import { findProgram, mayExecute, type Found, type Problem } from "./lookup.ts";
import { directoryProblem, absolute, workingDirectory } from "../system/directories.ts";
import type { StartFailure } from "../ports/child.ts";
import type { Command } from "../ports/command.ts";
import { RESTORE, restorable } from "./shell.ts";
import { findUser, groupsOf, type User } from "../system/users.ts";

/** What the operating system is asked to execute, or why it cannot be. */
export type Launch =
  | {
      /** The program itself, which `file` may only lead to. */
      readonly program: string;
      readonly file: string;
      readonly args: readonly string[];
      readonly argv0?: string;
      /** Undefined: where the host is, without entering it again. */
      readonly cwd?: string;
      readonly env: Readonly<Record<string, string>>;
      readonly uid?: number;
      readonly gid?: number;
      /** Whom the child becomes, if it changes. */
      readonly owner?: { readonly uid: number; readonly gid: number };
      /** Why it fails, if it does: what the kernel is left to decide. */
      readonly doubt?: string;
    }
  | Problem;

const isWindows = process.platform === "win32";

/**
 * Turns a command into what is executed. Umask and user are set in the child, by small programs that
 * then replace themselves with it (same pid): the host's own would change for all its threads.
 */
export function prepare(command: Command, tag: string, door?: string): Launch {
  const { argv, directory, umask } = command;
  const named = directory === undefined ? workingDirectory() : absolute(directory);
  const closed = directory === undefined ? undefined : directoryProblem(named);
  const barred = { problem: `couldn't chdir to ${directory}: ${closed}` };
  // what is closed to us may be open to that user: root is nobody on some network file systems
  if (closed !== undefined && (closed !== "EACCES" || command.user === undefined)) return barred;
  const [name, value] = tag.split("=", 2) as [string, string];
  const env = childEnvironment({ ...command.environment, [name]: value });
  const found = find(argv[0], named, env);
  if ("problem" in found) return found;
  const { file, doubt } = found;
  const switched = switchUser(command.user);
  if ("problem" in switched) return switched;
  const { become } = switched;
  if (closed !== undefined && !become) return barred;
  const steps = [
    ...(umask === undefined ? [] : [`umask ${umask.toString(8).padStart(3, "0")}`]),
    ...(closed === undefined ? [] : ['cd "$1" && shift || exit 126']),
  ];
  const restored = restorable(env, steps.length > 0 || door !== undefined);
  const isShell = steps.length > 0 || restored !== undefined || door !== undefined;
  const refused = become
    ? whatIsDenied(become, file, directory === undefined ? undefined : named)
    : isShell && doubt !== undefined && !isAllowed(file) && "file"; // else its exec tells
  const who = become ? ` as user '${become.user.name}'` : "";
  if (refused === "file") return { problem: `no permission to run command '${file}'${who}` };
  if (refused) return { problem: `couldn't chdir to ${directory}: EACCES (${who.trim()})` };
  let words: Words = { file, args: argv.slice(1), argv0: argv[0] };
  if (restored) steps.push(RESTORE);
  if (steps.length > 0)
    words = sh(steps, [...(closed === undefined ? [] : [named]), file, ...argv.slice(1)]);
  if (become) words = become.words(words);
  if (door !== undefined) words = throughDoor(door, words);
  const cwd = closed === undefined ? (directory === undefined ? hostDirectory() : named) : "/";
  return {
    ...words,
    program: file,
    env: restored ?? env,
    ...(cwd !== undefined && { cwd }),
    ...(doubt !== undefined && !become && { doubt }),
  };
}

/** The file that a command means, or why there is none. */
export function locate({ argv: [word], directory, environment }: Command): Found {
  const named = directory === undefined ? workingDirectory() : absolute(directory);
  return find(word, named, childEnvironment(environment));
}

/** What a start that has such a problem comes to. */
export function failureOf({ problem: reason, isMissing }: Problem): StartFailure {
  return { code: isMissing ? "NO_FILE" : "NOT_EXECUTABLE", reason };
}

/** The directories in which a command that is no path is looked for. */
export function searchPathOf({ environment }: Command): string {
  return searchPath(childEnvironment(environment));
}

function find(word: string, cwd: string, env: Readonly<Record<string, string>>): Found {
  return findProgram(word, cwd, searchPath(env));
}

function searchPath(env: Readonly<Record<string, string>>): string {
  return env["PATH"] ?? env["Path"] ?? "/bin:/usr/bin:/usr/local/bin";
}

/**
 * The host's own directory, by a name that holds when it was removed or renamed. Undefined for one
 * that we may not enter, but are in: before we became another user, somebody else has.
 */
function hostDirectory(): string | undefined {
  if (process.platform !== "linux") return workingDirectory();
  const self = "/proc/self/cwd";
  try {
    accessSync(self, constants.X_OK);
    return self;
  } catch {
    return undefined;
  }
}

/** Joins a cgroup first, while it may. */
function throughDoor(door: string, { file, args, owner }: Words): Words {
  const joined = sh(['echo 0 >"$1" && shift || exit 126'], [door, file, ...args]);
  return { ...joined, ...(owner && { owner }) };
}

type Words = Pick<
  Exclude<Launch, { readonly problem: string }>,
  "file" | "args" | "argv0" | "uid" | "gid" | "owner"
>;

/** Takes these steps in a shell, which then replaces itself with what is left of the words. */
function sh(steps: readonly string[], words: readonly string[]): Words {
  return { file: "/bin/sh", args: ["-c", [...steps, 'exec "$@"'].join("; "), "sh", ...words] };
}

/** How a child becomes another user. */
interface Become {
  readonly user: User;
  readonly words: (words: Words) => Words;
}

/** uid, gid and the supplementary groups as initgroups(3) gives them; no other environment. */
function switchUser(
  nameOrUid: string | undefined,
): { readonly become?: Become } | { readonly problem: string } {
  if (nameOrUid === undefined) return {};
  const user = findUser(nameOrUid);
  if (!user) return { problem: `couldn't setuid: there is no user '${nameOrUid}'` };
  const { uid, gid } = user;
  const own = process.geteuid?.();
  if (own === uid) return {};
  if (own !== 0) {
    return { problem: `couldn't setuid to ${uid}: Can't drop privilege as nonroot user` };
  }
  const setpriv = findSetpriv();
  if (setpriv !== undefined) {
    const ids = ["--reuid", String(uid), "--regid", String(gid), "--init-groups", "--"];
    const words = ({ file, args }: Words): Words => ({
      file: setpriv,
      args: [...ids, file, ...args],
      owner: { uid, gid },
    });
    return { become: { user, words } };
  }
  if (groupsOf(user).length > 1) {
    return {
      problem: `couldn't set the groups of user '${user.name}': setpriv (util-linux) is not installed`,
    };
  }
  return { become: { user, words: (words) => ({ ...words, uid, gid, owner: { uid, gid } }) } };
}

/** Which of the two the user may not execute or enter. The kernel is asked where mode bits deny it. */
function whatIsDenied(
  { user, words }: Become,
  file: string,
  directory: string | undefined,
): "file" | "directory" | undefined {
  const groups = () => groupsOf(user);
  const isOpen = (place: string) => mayExecute(place, user.uid, groups) || isAllowed(place, words);
  if (!isOpen(file)) return "file";
  return directory === undefined || isOpen(directory) ? undefined : "directory";
}

/** Whether the kernel lets a child execute or enter a place. */
function isAllowed(place: string, become = (words: Words) => words): boolean {
  const words = { file: "/bin/sh", args: ["-c", 'test -x "$1"', "sh", place] };
  const { file, args, uid, gid } = become(words);
  const { status, error } = spawnSync(file, args, {
    cwd: "/",
    stdio: "ignore",
    timeout: 5000,
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  if (error) throw error;
  return status === 0;
}

/** util-linux's setpriv; BusyBox has one of that name that knows no groups. */
function findSetpriv(): string | undefined {
  const found = findProgram("setpriv", "/", "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin");
  if ("problem" in found) return undefined;
  return path.basename(realpathSync(found.file)).startsWith("busybox") ? undefined : found.file;
}

/** The host's environment and then the command's; on Windows `Path` and `PATH` are one variable. */
function childEnvironment(added: Readonly<Record<string, string>>): Record<string, string> {
  const env = { ...process.env } as Record<string, string>; // in one piece: each look costs a system's getenv
  if (isWindows) {
    const names = new Set(Object.keys(added).map((name) => name.toUpperCase()));
    for (const name of Object.keys(env)) if (names.has(name.toUpperCase())) delete env[name];
  }
  return Object.assign(env, added);
}
