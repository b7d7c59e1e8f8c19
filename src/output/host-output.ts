import { constants, fstatSync, readFileSync, type Stats } from "node:fs";
import type { ChannelPlan, HostOutput } from "./channel-plan.ts";
import { openAgain, statLog } from "./open-file.ts";

const { O_APPEND, O_WRONLY } = constants;

/** Which of the host's outputs a log is, if it is one. */
export function hostOutputOf(log: NonNullable<ChannelPlan["log"]>): HostOutput | undefined {
  if (log.type === "std") return log.fd;
  return log.type === "file" ? hostOutputAt(log.file) : undefined;
}

/**
 * Which of these descriptors is a pipe or a socket that a name leads to, as links from a log file
 * to `/dev/stdout` do.
 */
function hostOutputAt(file: string): HostOutput | undefined {
  const stat = statLog(file);
  if (!stat?.isFIFO() && !stat?.isSocket()) return undefined;
  return ([1, 2] as const).find((fd) => {
    const own = fstatOf(fd);
    return own?.ino === stat.ino && own.dev === stat.dev;
  });
}

/**
 * Opens the file of the descriptor again. All processes that have the same open file description
 * share its flags. A program that makes its output non-blocking, as Node does with a pipe, makes it
 * non-blocking for all other processes, which lose bytes that they write while the pipe is full.
 * Returns undefined where the file cannot, or must not, be opened again: then the host's own
 * descriptor is used.
 */
export function openHostOutput(fd: HostOutput): number | undefined {
  // this fails for a pipe without a reader; libuv makes the child's writes blocking again
  if (!fstatOf(fd)?.isFile()) return openAgain(fd, O_WRONLY);
  // in a file, flags do no harm, and processes that share the description write behind each other;
  // with another description, they would overwrite each other, also the host's writes, unless each
  // write is appended
  return appends(fd) ? openAgain(fd, O_WRONLY | O_APPEND) : undefined;
}

function appends(fd: HostOutput): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
    const [, flags = "0"] = /^flags:\s*([0-7]+)$/m.exec(info) ?? [];
    return (Number.parseInt(flags, 8) & O_APPEND) !== 0;
  } catch {
    return false; // there is no /proc
  }
}

function fstatOf(fd: HostOutput): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined; // it is closed
  }
}
