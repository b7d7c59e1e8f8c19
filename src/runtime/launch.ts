import { realpathSync } from "node:fs";
import path from "node:path";
import { directoryProblem, findProgram, mayExecute, type Found } from "./lookup.ts";
import type { Command } from "./ports.ts";
import { findUser, groupsOf } from "./users.ts";

/** What the operating system is asked to execute, or why it cannot be. */
export type Launch =
  | {
      /** The program itself, which `file` may only lead to. */
      readonly program: string;
      readonly file: string;
      readonly args: readonly string[];
      readonly argv0?: string;
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
      readonly uid?: number;
      readonly gid?: number;
      /** Whom the child becomes, if it changes. */
      readonly owner?: { readonly uid: number; readonly gid: number };
    }
  | { readonly problem: string };

const isWindows = process.platform === "win32";

/**
 * Turns a command into what is executed. Umask and user are set in the child, by small programs that
 * then replace themselves with it (same pid): the host's own would change for all its threads.
 */
export function prepare(command: Command, tag: string, door?: string): Launch {
  const cwd = command.directory ?? hostDirectory();
  if (cwd === undefined) return { problem: "couldn't chdir to the host's directory: ENOENT" };
  const inDirectory = directoryProblem(cwd);
  if (inDirectory !== undefined) return { problem: inDirectory };
  const [name, value] = tag.split("=", 2) as [string, string];
  const env = childEnvironment({ ...command.environment, [name]: value });
  const [word, ...args] = command.argv;
  const found = find(word, cwd, env);
  if ("problem" in found) return found;
  const { file } = found;
  const masked =
    command.umask === undefined
      ? { file, args, argv0: word }
      : sh(`umask ${command.umask.toString(8).padStart(3, "0")}; exec "$0" "$@"`, [
          ...keepOddNames(env),
          file,
          ...args,
        ]);
  const switched = command.user === undefined ? masked : switchUser(command, file, masked);
  if ("problem" in switched) return switched;
  const boxed = door === undefined ? switched : throughDoor(door, switched);
  return { ...boxed, program: file, cwd, env };
}

/** The file that a command means, or why there is none. */
export function locate({ argv: [word], directory, environment }: Command): Found {
  return find(word, directory ?? hostDirectory() ?? "/", childEnvironment(environment));
}

function find(word: string, cwd: string, env: Readonly<Record<string, string>>): Found {
  return findProgram(word, cwd, env["PATH"] ?? env["Path"] ?? "/bin:/usr/bin:/usr/local/bin");
}

/** Joins a cgroup first, while it may. */
function throughDoor(door: string, { file, args, owner }: Words): Words {
  const joined = sh('echo 0 >"$0" && exec "$@"', [door, file, ...args]);
  return { ...joined, ...(owner && { owner }) };
}

/** Undefined when it was removed. */
function hostDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** dash forgets variables whose names are not words (`a.b`): env(1) sets them again. */
function keepOddNames(env: Readonly<Record<string, string>>): string[] {
  const odd = Object.entries(env).filter(([name]) => !/^[A-Za-z_]\w*$/.test(name));
  return odd.length === 0
    ? []
    : ["/usr/bin/env", ...odd.map(([name, value]) => `${name}=${value}`)];
}

type Words = Pick<
  Exclude<Launch, { readonly problem: string }>,
  "file" | "args" | "argv0" | "uid" | "gid" | "owner"
>;

function sh(script: string, args: readonly string[]): Words {
  return { file: "/bin/sh", args: ["-c", script, ...args] };
}

/** uid, gid and the supplementary groups as initgroups(3) gives them; no other environment. */
function switchUser(
  { user: nameOrUid = "", directory }: Command,
  file: string,
  words: Words,
): Words | { problem: string } {
  const user = findUser(nameOrUid);
  if (!user) return { problem: `couldn't setuid: there is no user '${nameOrUid}'` };
  const own = process.geteuid?.();
  if (own === user.uid) return words;
  if (own !== 0) {
    return { problem: `couldn't setuid to ${user.uid}: Can't drop privilege as nonroot user` };
  }
  const groups = () => groupsOf(user);
  if (!mayExecute(file, user.uid, groups)) {
    return { problem: `no permission to run command '${file}' as user '${user.name}'` };
  }
  if (directory !== undefined && !mayExecute(path.resolve(directory), user.uid, groups)) {
    return { problem: `couldn't chdir to ${directory}: EACCES (as user '${user.name}')` };
  }
  const { uid, gid } = user;
  const setpriv = findSetpriv();
  if (setpriv !== undefined) {
    const ids = ["--reuid", String(uid), "--regid", String(gid), "--init-groups", "--"];
    return { file: setpriv, args: [...ids, words.file, ...words.args], owner: { uid, gid } };
  }
  if (groupsOf(user).length > 1) {
    return {
      problem: `couldn't set the groups of user '${user.name}': setpriv (util-linux) is not installed`,
    };
  }
  return { ...words, uid, gid, owner: { uid, gid } };
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
