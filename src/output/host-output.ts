import { constants, fstatSync, readFileSync, type Stats } from "node:fs";
import { openAgain, statLog } from "./open-file.ts";

const { O_APPEND, O_WRONLY } = constants;

/** The descriptors of the host's own output. */
export type HostOutput = 1 | 2;

/** Which of them a pipe or a socket is that a name leads to, as links from a log file to `/dev/stdout` do. */
export function hostOutputAt(file: string): HostOutput | undefined {
  const stat = statLog(file);
  if (!stat?.isFIFO() && !stat?.isSocket()) return undefined;
  return ([1, 2] as const).find((fd) => {
    const own = fstatOf(fd);
    return own?.ino === stat.ino && own.dev === stat.dev;
  });
}

/**
 * Opens it once more. All processes that have the same open file description share its flags: a program
 * that makes its output non-blocking, as Node does with a pipe, makes it so for all others, which lose
 * what they write while the pipe is full. Undefined where that cannot be had, or must not: then the
 * host's own descriptor serves.
 */
export function openHostOutput(fd: HostOutput): number | undefined {
  // of a pipe without a reader, this fails; libuv makes the child's writes wait again
  if (!fstatOf(fd)?.isFile()) return openAgain(fd, O_WRONLY);
  // in a file, flags do no harm, and processes that share the description write behind each other; unless
  // each write goes to the end, those of the host as well
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
