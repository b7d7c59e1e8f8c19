import { accessSync, constants } from "node:fs";
import { findProgram, type Found, type LaunchProblem } from "./lookup.ts";
import { directoryProblem, absolute, workingDirectory } from "../system/directories.ts";
import type { Command } from "../ports/command.ts";
import { RESTORE, restorable } from "./shell.ts";
import {
  inShell,
  isAllowed,
  joinCgroup,
  switchUser,
  whatIsDenied,
  type Words,
  type WorkingDirectory,
} from "./wrappers.ts";
import { isWindows } from "../system/platform.ts";

/** What the operating system is asked to execute. */
export interface Launch extends Words {
  /** The program itself, which `file` may only lead to. */
  readonly program: string;
  /** Undefined: where the host is, without entering it again. */
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Why it fails, if it does: what the kernel is left to decide. */
  readonly doubt?: string;
}

/** What tells one run of a command from all other processes. */
export interface LaunchMarks {
  /** A variable for its environment: `NAME=value`. */
  readonly tag?: string;
  /** The file by which it joins its cgroup. */
  readonly procsFile?: string | undefined;
}

/**
 * Turns a command into what is executed. Umask and user are set in the child, by small programs that
 * then replace themselves with it (same pid): the host's own would change for all its threads.
 */
export function prepareLaunch(
  command: Command,
  { tag, procsFile }: LaunchMarks = {},
): Launch | LaunchProblem {
  const { argv, umask } = command;
  const place = placeOf(command);
  if ("code" in place) return place;
  const env = childEnvironment({ ...command.environment, ...(tag && variableOf(tag)) });
  const found = find(argv[0], place.path, env);
  if ("code" in found) return found;
  const { file, doubt } = found;
  const switched = switchUser(command.user);
  if ("code" in switched) return switched;
  const { become } = switched;
  if (place.barred && !become) return place.barred;
  const steps = [
    ...(umask === undefined ? [] : [`umask ${umask.toString(8).padStart(3, "0")}`]),
    ...(place.barred ? ['cd "$1" && shift || exit 126'] : []),
  ];
  const needsShell = steps.length > 0 || procsFile !== undefined;
  const restored = restorable(env, needsShell);
  if (become) {
    const denied = whatIsDenied(become, file, place);
    if (denied) return denied;
  } else if ((needsShell || restored) && doubt !== undefined && !isAllowed(file)) {
    // without a shell its exec tells
    return { code: "NOT_EXECUTABLE", message: `no permission to run command '${file}'` };
  }
  if (restored) steps.push(RESTORE);
  let words: Words = { file, args: argv.slice(1), argv0: argv[0] };
  if (steps.length > 0)
    words = inShell(steps, [...(place.barred ? [place.path] : []), file, ...argv.slice(1)]);
  if (become) words = become.words(words);
  if (procsFile !== undefined) words = joinCgroup(procsFile, words);
  const cwd = workplaceOf(place);
  return {
    ...words,
    program: file,
    env: restored ?? env,
    ...(cwd !== undefined && { cwd }),
    ...(doubt !== undefined && !become && { doubt }),
  };
}

/** What would keep the command from being started now, or may; nothing is started. */
export function checkLaunch(command: Command): LaunchProblem | undefined {
  const launch = prepareLaunch(command);
  if ("code" in launch) return launch;
  return launch.doubt === undefined ? undefined : { code: "NOT_EXECUTABLE", message: launch.doubt };
}

/** The file that a command means, or why there is none. */
export function locate({ argv: [word], directory, environment }: Command): Found {
  const cwd = directory === undefined ? workingDirectory() : absolute(directory);
  return find(word, cwd, childEnvironment(environment));
}

/** The directories in which a command that is no path is looked for. */
export function searchPathOf({ environment }: Command): string {
  return searchPath(childEnvironment(environment));
}

/** Where a command is to be executed. */
interface Place extends WorkingDirectory {
  /** Why it fails, unless the child becomes another user: to that user the directory may be open. */
  readonly barred?: LaunchProblem;
}

function placeOf({ directory: name, user }: Command): Place | LaunchProblem {
  if (name === undefined) return { path: workingDirectory() };
  const path = absolute(name);
  const code = directoryProblem(path);
  if (code === undefined) return { path, name };
  const message = `couldn't chdir to ${name}: ${code}`;
  const barred: LaunchProblem = { code: "NOT_EXECUTABLE", message };
  // what is closed to us may be open to that user: root is nobody on some network file systems
  return code === "EACCES" && user !== undefined ? { path, name, barred } : barred;
}

/** The directory in which the child is executed. */
function workplaceOf({ path, name, barred }: Place): string | undefined {
  if (barred) return "/";
  return name === undefined ? hostDirectory() : path;
}

/**
 * The host's own directory, by a name that holds when it was removed or renamed. Undefined for one
 * that we may not enter, but are in: the host was there before it became another user.
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

function find(word: string, cwd: string, env: Readonly<Record<string, string>>): Found {
  return findProgram(word, cwd, searchPath(env));
}

function searchPath(env: Readonly<Record<string, string>>): string {
  return env["PATH"] ?? env["Path"] ?? "/bin:/usr/bin:/usr/local/bin";
}

function variableOf(tag: string): Record<string, string> {
  const [name, value] = tag.split("=", 2) as [string, string];
  return { [name]: value };
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
