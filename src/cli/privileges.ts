import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Refusal } from "./complain.ts";

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
  const [soft, hard] = limitsOf(limit);
  if (soft >= minimum) return [];
  try {
    const wanted = `--${flag}=${minimum}:${Math.max(hard, minimum)}`.replace(
      "Infinity",
      "unlimited",
    );
    execFileSync("prlimit", ["--pid", String(process.pid), wanted], { stdio: "ignore" });
    return [["INFO", `Increased ${name} limit to ${minimum}`]];
  } catch {
    throw new Refusal(
      `The minimum number of ${what} required to run this process is ${minimum} as per the "${option}" command-line argument or config file setting. The current environment will only allow you to open ${hard} ${what}. Raise that number, or lower ${option}.`,
    );
  }
}

/** The soft and the hard limit; no limits, where the system does not tell. */
function limitsOf(name: string): readonly [soft: number, hard: number] {
  let text: string;
  try {
    text = readFileSync("/proc/self/limits", "utf8");
  } catch {
    return [Infinity, Infinity];
  }
  const row = text.split("\n").find((line) => line.startsWith(name)) ?? "";
  const [soft = "unlimited", hard = "unlimited"] = row.slice(name.length).trim().split(/\s+/);
  const number = (word: string) => (word === "unlimited" ? Infinity : Number(word));
  return [number(soft), number(hard)];
}
