import { accessSync, constants } from "node:fs";
import { addedByShell, childEnvironment, inheritance, type Variables } from "./environment.ts";
import { ipcVariables } from "./ipc.ts";
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

/** The parameters of a call to the operating system that executes a program. */
export interface Launch extends Words {
  /** The program itself, if `file` is only a wrapper that executes it. */
  readonly program: string;
  /** The working directory; undefined for the host's own, which is not entered again. */
  readonly cwd?: string;
  readonly env: Variables;
  /** The reason to report if the start fails: cases that only the kernel can decide. */
  readonly doubt?: string;
}

/** The marks that tell one run of a command from all other processes. */
export interface LaunchMarks {
  /** A variable for its environment: `NAME=value`. */
  readonly tag?: string;
  /** The file to write to in order to join the cgroup. */
  readonly procsFile?: string | undefined;
}

/**
 * Turns a command into the program to execute. Umask and user are set in the child, by small
 * programs that then replace themselves with the command (same pid): to set them in the host would
 * change them for all its threads.
 */
export function prepareLaunch(
  command: Command,
  { tag, procsFile }: LaunchMarks = {},
): Launch | LaunchProblem {
  const { argv, umask } = command;
  const place = placeOf(command);
  if ("code" in place) return place;
  const env = environmentOf(command, tag);
  const found = findProgram(argv[0], place.path, searchPath(command, env));
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
  const restored = restorable(env, needsShell, inheritance(command, isWindows));
  const added = needsShell || restored ? addedByShell(command, env) : [];
  if (become) {
    const denied = whatIsDenied(become, file, place);
    if (denied) return denied;
  } else if ((needsShell || restored) && doubt !== undefined && !isAllowed(file)) {
    // without a shell, its exec reports it
    return { code: "NOT_EXECUTABLE", message: `no permission to run command '${file}'` };
  }
  if (added.length > 0) steps.push(`unset ${added.join(" ")}`);
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

/** Finds a reason why the command cannot, or may not, be started now. Starts nothing. */
export function checkLaunch(command: Command): LaunchProblem | undefined {
  const launch = prepareLaunch(command);
  if ("code" in launch) return launch;
  return launch.doubt === undefined ? undefined : { code: "NOT_EXECUTABLE", message: launch.doubt };
}

/** Finds the file that a command means, or the reason why there is none. */
export function locate(command: Command): Found {
  const { argv, directory } = command;
  const cwd = directory === undefined ? workingDirectory() : absolute(directory);
  return findProgram(argv[0], cwd, searchPathOf(command));
}

/** The directories in which a command without a slash is looked up. */
export function searchPathOf(command: Command): string {
  return searchPath(command, environmentOf(command));
}

/** The working directory of a command. */
interface Place extends WorkingDirectory {
  /**
   * The reason why the directory cannot be entered, unless the child becomes another user: the
   * directory may be open to that user.
   */
  readonly barred?: LaunchProblem;
}

function placeOf({ directory: name, user }: Command): Place | LaunchProblem {
  if (name === undefined) return { path: workingDirectory() };
  const path = absolute(name);
  const code = directoryProblem(path);
  if (code === undefined) return { path, name };
  const message = `couldn't chdir to ${name}: ${code}`;
  const barred: LaunchProblem = { code: "NOT_EXECUTABLE", message };
  // a directory that is closed to the host may be open to that user: root has no rights on some
  // network file systems
  return code === "EACCES" && user !== undefined ? { path, name, barred } : barred;
}

/** The directory in which the child is executed. */
function workplaceOf({ path, name, barred }: Place): string | undefined {
  if (barred) return "/";
  return name === undefined ? hostDirectory() : path;
}

/**
 * The host's own directory, by a name that stays valid if the directory was removed or renamed.
 * Undefined for a directory that the host may not enter but is in: the host was there before it
 * became another user.
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

/** A process that does not inherit PATH is found along the host's. */
function searchPath({ unset, inherit }: Command, env: Variables): string {
  const isTaken = unset?.some((name) => name.toUpperCase() === "PATH") ?? false;
  const hosts = inherit === undefined || isTaken ? undefined : pathOf(process.env);
  return pathOf(env) ?? hosts ?? "/bin:/usr/bin:/usr/local/bin";
}

function pathOf(env: Variables): string | undefined {
  return env["PATH"] ?? env["Path"];
}

/** The environment of a process, with the variable that marks its run, and those for its channel. */
function environmentOf(command: Command, tag?: string): Variables {
  const env = childEnvironment(command, process.env, isWindows);
  if (command.ipc) Object.assign(env, ipcVariables);
  return tag === undefined ? env : Object.assign(env, variableOf(tag));
}

function variableOf(tag: string): Record<string, string> {
  const [name, value] = tag.split("=", 2) as [string, string];
  return { [name]: value };
}
