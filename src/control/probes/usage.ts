import { readFile, readdir } from "node:fs/promises";

/** The resources that a process uses; those that the system does not tell are left out. */
export interface Usage {
  /** User and system time, in seconds. */
  readonly cpu?: number;
  /** Resident memory, in bytes. */
  readonly memory?: number;
  /** Open file descriptors. */
  readonly fds?: number;
}

/** The unit of times in /proc: USER_HZ, which is this on every platform Node has. */
const TICKS_PER_SECOND = 100;

/** Reads the usage of a process from /proc, where there is one and this user may read it. */
export async function usageOf(pid: number): Promise<Usage> {
  const folder = `/proc/${pid}`;
  const [stat, status, fds] = await Promise.all([
    readFile(`${folder}/stat`, "latin1").catch(() => ""),
    readFile(`${folder}/status`, "latin1").catch(() => ""),
    readdir(`${folder}/fd`).catch(() => undefined),
  ]);
  const cpu = cpuSeconds(stat);
  const memory = residentBytes(status);
  return {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(fds && { fds: fds.length }),
  };
}

/** User and system time, from /proc/PID/stat. */
export function cpuSeconds(stat: string): number | undefined {
  // the name stands in parentheses, and may have parentheses and blanks itself
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return stat.includes(")") && Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : undefined;
}

/** Resident memory, from /proc/PID/status; undefined for a zombie, which has none. */
export function residentBytes(status: string): number | undefined {
  const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
