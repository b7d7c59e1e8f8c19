import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import path from "node:path";
import { findProgram, mayExecute, type LaunchProblem } from "./lookup.ts";
import { findUser, groupsOf, type User } from "../system/users.ts";

/** A program and its arguments, and the user that executes it. */
export interface Words {
  readonly file: string;
  readonly args: readonly string[];
  readonly argv0?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The user that the child becomes, if it changes. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** The working directory of a child. */
export interface WorkingDirectory {
  readonly path: string;
  /** The directory in the command; undefined for the host's own. */
  readonly name?: string;
}

/** The way in which a child becomes another user. */
export interface Become {
  readonly user: User;
  readonly words: (words: Words) => Words;
}

/** Performs these steps in a shell, which then replaces itself with the rest of the words. */
export function inShell(steps: readonly string[], words: readonly string[]): Words {
  return { file: "/bin/sh", args: ["-c", [...steps, 'exec "$@"'].join("; "), "sh", ...words] };
}

/**
 * Joins a cgroup first, before the child becomes another user, who may not join it. Where Node
 * changes the user, because there is no setpriv, the child is that user from its first instruction
 * on: it does not join.
 */
export function joinCgroup(procsFile: string, words: Words): Words {
  if (words.uid !== undefined) return words;
  const { file, args, owner } = words;
  const joined = inShell(['echo 0 >"$1" && shift || exit 126'], [procsFile, file, ...args]);
  return { ...joined, ...(owner && { owner }) };
}

/**
 * Sets uid, gid and the supplementary groups as initgroups(3) does; the environment stays the same.
 */
export function switchUser(
  nameOrUid: string | undefined,
): { readonly become?: Become } | LaunchProblem {
  if (nameOrUid === undefined) return {};
  const user = findUser(nameOrUid);
  if (!user) return problem(`couldn't setuid: there is no user '${nameOrUid}'`);
  const { uid, gid } = user;
  const own = process.geteuid?.();
  if (own === uid) return {};
  if (own !== 0) return problem(`couldn't setuid to ${uid}: Can't drop privilege as nonroot user`);
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
    const reason = "setpriv (util-linux) is not installed";
    return problem(`couldn't set the groups of user '${user.name}': ${reason}`);
  }
  return { become: { user, words: (words) => ({ ...words, uid, gid, owner: { uid, gid } }) } };
}

function problem(message: string): LaunchProblem {
  return { code: "NOT_EXECUTABLE", message };
}

/** The setpriv of util-linux; BusyBox has a program of that name that does not support groups. */
function findSetpriv(): string | undefined {
  const found = findProgram("setpriv", "/", "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin");
  if ("code" in found) return undefined;
  return path.basename(realpathSync(found.file)).startsWith("busybox") ? undefined : found.file;
}

/**
 * The reason why the user may not execute the file or enter the directory. The kernel is asked if
 * mode bits deny it.
 */
export function whatIsDenied(
  { user, words }: Become,
  file: string,
  directory: WorkingDirectory,
): LaunchProblem | undefined {
  const groups = () => groupsOf(user);
  const isOpen = (place: string) => mayExecute(place, user.uid, groups) || isAllowed(place, words);
  const who = `as user '${user.name}'`;
  if (!isOpen(file)) return problem(`no permission to run command '${file}' ${who}`);
  if (directory.name === undefined || isOpen(directory.path)) return undefined;
  return problem(`couldn't chdir to ${directory.name}: EACCES (${who})`);
}

/** Whether the kernel lets a child execute a file or enter a directory. */
export function isAllowed(place: string, become = (words: Words) => words): boolean {
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
