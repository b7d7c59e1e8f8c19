import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Refusal } from "../report.ts";
import { isInit } from "./pid1.ts";

/** A line for the log that is to be opened. */
type Line = readonly [level: "CRIT" | "INFO", message: string];

/**
 * Becomes a user for good: uid, gid and supplementary groups. Returns what is to be logged of it.
 * @throws {Refusal} if that cannot be
 */
export function becomeUser(user: string | undefined): Line[] {
  const own = process.getuid?.();
  if (own === undefined) return [];
  if (user === undefined) {
    const message =
      "Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  If you intend to run as root, you can set user=root in the config file to avoid this message.";
    return own === 0 ? [["CRIT", message]] : [];
  }
  const uid = uidOf(user);
  const done: Line[] = [["INFO", `Set uid to user ${uid} succeeded`]];
  if (own === uid) return done; // as supervisord says it
  if (own !== 0) throw new Refusal("Can't drop privilege as nonroot user");
  const gid = gidOf(user);
  process.setgroups?.(ask(user, "-G").split(" ").map(Number));
  process.setgid?.(gid);
  process.setuid?.(uid);
  return done;
}

/** @throws {Refusal} if there is no such user */
export function uidOf(user: string): number {
  return Number(ask(user, "-u"));
}

/** @throws {Refusal} if there is no such user */
export function gidOf(user: string): number {
  return Number(ask(user, "-g"));
}

/** What id(1) knows of a user. */
function ask(user: string, question: string): string {
  try {
    return execFileSync("id", [question, "--", user], { encoding: "utf8" }).trim();
  } catch (cause) {
    throw new Refusal(`Invalid user name ${user}`, { cause });
  }
}

/**
 * Gives programs the soft limit of file descriptors that the command was started with: Node has raised
 * its own to the hard limit, and programs inherit that. Returns what is to be logged of it.
 *
 * @param given what the file or a switch sets, if it does
 * @throws {Refusal} if so many cannot be had
 */
export function limitDescriptors(minimum: number, isGiven: boolean): Line[] {
  const lines = ensureLimit("minfds", minimum);
  const [, hard] = limitsOf("self", LIMITS.minfds.limit);
  const wanted = startedWith(hard) ?? (isGiven ? minimum : hard);
  if (lines.length > 0 || wanted >= hard || !Number.isFinite(hard)) return lines;
  const soft = Math.max(wanted, minimum);
  try {
    setLimit("nofile", soft, hard);
  } catch {
    return []; // without util-linux: programs have more than they would
  }
  return wanted < soft ? [["INFO", `Increased RLIMIT_NOFILE limit to ${soft}`]] : [];
}

/** Linux tells of the parent what we were started with, unless somebody has set limits in between. */
function startedWith(hard: number): number | undefined {
  const [soft, most] = limitsOf(process.ppid, LIMITS.minfds.limit);
  return most === hard && !isInit(process.ppid) ? soft : undefined;
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
 * Sees to it that so many are allowed, raising the limit where it may. Returns what is to be logged.
 * @throws {Refusal} if it cannot be raised
 */
export function ensureLimit(option: keyof typeof LIMITS, minimum: number): Line[] {
  const { limit, flag, name, what } = LIMITS[option];
  const [soft, hard] = limitsOf("self", limit);
  if (soft >= minimum) return [];
  try {
    setLimit(flag, minimum, Math.max(hard, minimum));
    return [["INFO", `Increased ${name} limit to ${minimum}`]];
  } catch {
    throw new Refusal(
      `The minimum number of ${what} required to run this process is ${minimum} as per the "${option}" command-line argument or config file setting. The current environment will only allow you to open ${hard} ${what}. Raise that number, or lower ${option}.`,
    );
  }
}

/** By prlimit(1) of util-linux. */
function setLimit(flag: string, soft: number, hard: number): void {
  const wanted = `--${flag}=${soft}:${hard}`.replace("Infinity", "unlimited");
  execFileSync("prlimit", ["--pid", String(process.pid), wanted], { stdio: "ignore" });
}

/** The soft and the hard limit of a process; no limits, where the system does not tell. */
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
