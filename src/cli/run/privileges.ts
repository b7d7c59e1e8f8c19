import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";
import type { LogLine } from "./log-file.ts";
import { isInitShell } from "./pid1.ts";

/**
 * Changes to a user for good: uid, gid and supplementary groups. Returns the lines for the log.
 * @throws {UsageError} if the change is impossible
 */
export function becomeUser(user: string | undefined): LogLine[] {
  const own = process.getuid?.();
  if (own === undefined) return [];
  if (user === undefined) {
    const message =
      "Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  If you intend to run as root, you can set user=root in the config file to avoid this message.";
    return own === 0 ? [["CRIT", message]] : [];
  }
  const uid = uidOf(user);
  const done: LogLine[] = [["INFO", `Set uid to user ${uid} succeeded`]];
  if (own === uid) return done; // as supervisord logs it
  if (own !== 0) throw new UsageError("Can't drop privilege as nonroot user");
  const gid = gidOf(user);
  process.setgroups?.(ask(user, "-G").split(" ").map(Number));
  process.setgid?.(gid);
  process.setuid?.(uid);
  return done;
}

/** @throws {UsageError} if there is no such user */
export function uidOf(user: string): number {
  return Number(ask(user, "-u"));
}

/** @throws {UsageError} if there is no such user */
export function gidOf(user: string): number {
  return Number(ask(user, "-g"));
}

/** Asks id(1) about a user. */
function ask(user: string, question: string): string {
  try {
    return execFileSync("id", [question, "--", user], { encoding: "utf8" }).trim();
  } catch (cause) {
    throw new UsageError(`Invalid user name ${user}`, { cause });
  }
}

/**
 * Sets the soft limit of file descriptors to that with which the command was started: Node has raised
 * it to the hard limit, and programs inherit it. Returns the lines for the log.
 *
 * @param isGiven - Whether the file or a switch sets the minimum.
 * @throws {UsageError} if the system does not allow so many
 */
export function limitDescriptors(minimum: number, isGiven: boolean): LogLine[] {
  const lines = ensureLimit("minfds", minimum);
  const [, hard] = limitsOf("self", LIMITS.minfds.limit);
  const wanted = startedWith(hard) ?? (isGiven ? minimum : hard);
  if (lines.length > 0 || wanted >= hard || !Number.isFinite(hard)) return lines;
  const soft = Math.max(wanted, minimum);
  try {
    setLimit("nofile", soft, hard);
  } catch {
    return []; // without util-linux the programs keep the higher limit
  }
  return wanted < soft ? [["INFO", `Increased RLIMIT_NOFILE limit to ${soft}`]] : [];
}

/** The limit of the parent, with which the command was started, unless limits were set in between. */
function startedWith(hard: number): number | undefined {
  const [soft, most] = limitsOf(process.ppid, LIMITS.minfds.limit);
  return most === hard && !isInitShell(process.ppid) ? soft : undefined;
}

const LIMITS = {
  minfds: {
    limit: "Max open files",
    flag: "nofile",
    name: "RLIMIT_NOFILE",
    what: "file descriptors",
  },
  minprocs: { limit: "Max processes", flag: "nproc", name: "RLIMIT_NPROC", what: "processes" },
} as const;

/**
 * Raises a limit if it is lower than this minimum. Returns the lines for the log.
 * @throws {UsageError} if the limit cannot be raised
 */
export function ensureLimit(option: keyof typeof LIMITS, minimum: number): LogLine[] {
  const { limit, flag, name, what } = LIMITS[option];
  const [soft, hard] = limitsOf("self", limit);
  if (soft >= minimum) return [];
  try {
    setLimit(flag, minimum, Math.max(hard, minimum));
    return [["INFO", `Increased ${name} limit to ${minimum}`]];
  } catch {
    throw new UsageError(
      `The minimum number of ${what} required to run this process is ${minimum} as per the "${option}" command-line argument or config file setting. The current environment will only allow you to open ${hard} ${what}. Raise that number, or lower ${option}.`,
    );
  }
}

/** Sets a limit by prlimit(1) of util-linux. */
function setLimit(flag: string, soft: number, hard: number): void {
  const wanted = `--${flag}=${soft}:${hard}`.replace("Infinity", "unlimited");
  execFileSync("prlimit", ["--pid", String(process.pid), wanted], { stdio: "ignore" });
}

/** The soft and the hard limit of a process; Infinity where the system does not tell. */
function limitsOf(pid: number | "self", name: string): readonly [soft: number, hard: number] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/limits`, "utf8");
  } catch {
    return [Infinity, Infinity];
  }
  const row = text.split("\n").find((line) => line.startsWith(name)) ?? "";
  const [soft = "unlimited", hard = "unlimited"] = row.slice(name.length).trim().split(/\s+/);
  const number = (word: string) => (word === "unlimited" ? Infinity : Number(word));
  return [number(soft), number(hard)];
}
