import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { reserve } from "./reserve.ts";
import { isShortage } from "./shortage.ts";

/**
 * A control group (v2) for the processes of one run. A process cannot leave the cgroup without
 * permission. So the cgroup contains even processes that have changed their group, session,
 * environment and parent.
 */
export class Cgroup {
  /** The number of the run. */
  readonly run: number;
  readonly #path: string;

  private constructor(base: string, run: number) {
    this.run = run;
    this.#path = `${Cgroup.prefix(base)}${run}`;
  }

  /** The beginning of the paths of all our cgroups; the number of the run follows. */
  static prefix(base: string): string {
    return path.join(base, `libsupervisor-${process.pid}-`);
  }

  /**
   * Makes the cgroup of a run.
   * @throws where there is no cgroup v2, or no permission to make one
   */
  static make(base: string, run: number): Cgroup {
    const cgroup = new Cgroup(base, run);
    mkdirSync(cgroup.#path);
    if (existsSync(path.join(cgroup.#path, "cgroup.kill"))) return cgroup;
    cgroup.remove();
    throw new Error("this kernel cannot kill a cgroup (before 5.14)");
  }

  /** The file into which a process writes 0 to join. */
  get procsFile(): string {
    return path.join(this.#path, "cgroup.procs");
  }

  /**
   * The processes in it.
   * @throws where something is lacking to see them
   */
  members(): number[] {
    try {
      const text = reserve.use(() => readFileSync(this.procsFile, "latin1"));
      return text.split("\n").filter(Boolean).map(Number);
    } catch (error) {
      if (isShortage(error)) throw error;
      return [];
    }
  }

  /** Sends SIGKILL to all processes in it. */
  kill(): void {
    try {
      reserve.use(() => writeFileSync(path.join(this.#path, "cgroup.kill"), "1"));
    } catch {
      // the cgroup was removed
    }
  }

  /** Removes it, if it is empty. */
  remove(): void {
    try {
      rmdirSync(this.#path);
    } catch {
      // not empty, or removed already
    }
  }
}

/**
 * Returns the cgroup of the host, in which ours are made, and removes the empty cgroups of hosts
 * that have ended.
 * @throws where there is no cgroup v2
 */
export function cgroupBase(isAlive: (pid: number) => boolean): string {
  const own = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const mount = mounts.find((line) => line.includes(" - cgroup2 "))?.split(" ");
  if (own === undefined || !mount) throw new Error("there is no cgroup v2 here");
  const [, , , root = "/", place = ""] = mount;
  const base = path.join(place, path.posix.relative(root, own));
  for (const name of readdirSync(base)) {
    const pid = /^libsupervisor-(\d+)-\d+$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmdirSync(path.join(base, name));
    } catch {
      // it is not empty
    }
  }
  return base;
}
