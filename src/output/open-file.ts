import * as fs from "node:fs";
import path from "node:path";

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const { O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;
/** How many links may follow each other, as for the kernel. */
const MAX_LINKS = 40;
/**
 * How many times opening is tried while the file appears or disappears between the check and the
 * opening.
 */
const TRIES = 3;

/** A file that was opened, and the status of its descriptor. */
export interface OpenFile {
  readonly fd: number;
  readonly stat: fs.Stats;
}

/** The end of the links that a name leads along, as far as the host may follow them. */
interface Target {
  readonly file: string;
  /**
   * Undefined if there is no file, or no file that the host may see: opening it reports the reason.
   */
  readonly stat: fs.Stats | undefined;
  /** Whether the file is a descriptor of the host itself, through /proc. */
  readonly isOwn: boolean;
}

/**
 * Opens a log to append to it. Creates the file if it does not exist, with mode and owner of
 * `like`. Opening never blocks, not even for the reader of a named pipe. Symbolic links and named
 * pipes are accepted if root or the host's own user made them: links of other users could lead root
 * to any file.
 *
 * @throws EPERM for links and named pipes of other users, and the errors of the system
 */
export function openToAppend(file: string, like?: fs.Stats): OpenFile {
  for (let tries = 1; ; tries++) {
    const target = follow(file);
    const isNew = !target.stat && !target.isOwn;
    try {
      // a pipe whose reader has gone is opened all the same, and raises no SIGPIPE
      const access = target.stat?.isFIFO() ? O_RDWR : O_WRONLY;
      const flags = access | O_APPEND | (isNew ? O_CREAT | O_EXCL : 0);
      const opened = open(target, flags, like && like.mode & 0o777);
      if (!isNew || !like) return opened;
      resemble(opened, like);
      return { fd: opened.fd, stat: fs.fstatSync(opened.fd) };
    } catch (error) {
      const isPassing = codeOf(error) === (isNew ? "EEXIST" : "ENOENT");
      if (!isPassing || tries === TRIES) throw error;
    }
  }
}

/**
 * Opens a log to read it, by the same rules; undefined if there is no regular file.
 *
 * @throws EPERM for links of other users, and the errors of the system
 */
export function openToRead(file: string): OpenFile | undefined {
  return openRegular(file, O_RDONLY);
}

/** The same; undefined for errors of the system, too. */
export function tryOpenToRead(file: string): OpenFile | undefined {
  try {
    return openToRead(file);
  } catch {
    return undefined;
  }
}

/** Empties a log, by the same rules, if there is a regular file. */
export function emptyFile(file: string): void {
  const opened = openRegular(file, O_WRONLY);
  if (!opened) return;
  try {
    fs.ftruncateSync(opened.fd);
  } finally {
    close(opened.fd);
  }
}

/** Closes a file that was only read, or emptied: a failure has no consequence. */
export function close(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // the descriptor is closed all the same
  }
}

/**
 * Opens a named pipe for reading and writing: this waits for no other process, and raises no
 * SIGPIPE.
 */
export function openPipe(file: string): number {
  return open(follow(file), O_RDWR).fd;
}

/** Opens the file of a descriptor again, without waiting; undefined where that is not possible. */
export function openAgain(fd: number, flags: number): number | undefined {
  if (process.platform !== "linux") return undefined; // elsewhere, /dev/fd only duplicates
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, flags | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

/**
 * Returns the status of the file that a name leads to, by the same rules; undefined if there is no
 * file, or it may not be used. Never throws.
 */
export function statLog(file: string): fs.Stats | undefined {
  try {
    const { stat, isOwn, file: place } = follow(file);
    return isOwn ? fs.statSync(place) : stat;
  } catch {
    return undefined; // opening it reports the reason
  }
}

/** Whether there is a named pipe that may be used as a log. Never throws. */
export function isNamedPipe(file: string): boolean {
  return statLog(file)?.isFIFO() ?? false;
}

/**
 * Returns keys that identify a file, however its name is spelt: its own number, if it exists, and
 * its place in its directory.
 */
export function identitiesOf(file: string): string[] {
  try {
    const place = follow(file).file;
    const look = { bigint: true, throwIfNoEntry: false } as const;
    const own = fs.statSync(place, look);
    const directory = fs.statSync(path.dirname(place), look);
    return [
      ...(own?.isFile() ? [`${own.dev}:${own.ino}`] : []),
      ...(directory ? [`${directory.dev}:${directory.ino}/${path.basename(place)}`] : []),
    ];
  } catch {
    return []; // opening it reports the reason
  }
}

function openRegular(file: string, access: number): OpenFile | undefined {
  const target = follow(file);
  // opening a named pipe is noticed at its other end
  if (target.stat && !target.stat.isFile() && !target.isOwn) return undefined;
  let opened: OpenFile;
  try {
    opened = open(target, access);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  if (opened.stat.isFile()) return opened;
  close(opened.fd);
  return undefined;
}

function open({ file, isOwn }: Target, flags: number, mode = 0o666): OpenFile {
  // some of these flags do not exist on Windows
  const guards = O_NONBLOCK | O_NOCTTY | (isOwn ? 0 : O_NOFOLLOW);
  const fd = fs.openSync(file, flags | guards, mode);
  try {
    const stat = fs.fstatSync(fd);
    if (!isOwn) refuseForeignPipe(file, stat);
    return { fd, stat };
  } catch (error) {
    close(fd);
    throw error;
  }
}

function follow(file: string): Target {
  let place = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    const stat = lstatOf(place);
    if (!stat?.isSymbolicLink()) {
      if (stat) refuseForeignPipe(place, stat);
      return { file: place, stat, isOwn: false };
    }
    if (isForeign(stat)) throw refusal(place, stat, "a symbolic link");
    // such a link leads further than its text: to a pipe, or to a file without a name
    if (stat.dev === lstatOf("/proc")?.dev) return { file: place, stat: undefined, isOwn: true };
    const target = fs.readlinkSync(place);
    const again = lstatOf(place);
    if (again?.ino !== stat.ino || again.ctimeMs !== stat.ctimeMs) continue; // it was replaced
    // not normalized: `..` starts from the real directory
    place = path.isAbsolute(target) ? target : `${path.dirname(place)}${path.sep}${target}`;
  }
  const message = `ELOOP: too many symbolic links encountered, open '${file}'`;
  throw Object.assign(new Error(message), { code: "ELOOP", syscall: "open" });
}

function lstatOf(file: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function refuseForeignPipe(file: string, stat: fs.Stats): void {
  if (stat.isFIFO() && isForeign(stat)) throw refusal(file, stat, "a named pipe");
}

function isForeign({ uid }: fs.Stats): boolean {
  return uid !== 0 && uid !== process.geteuid?.();
}

function refusal(file: string, { uid }: fs.Stats, what: string): NodeJS.ErrnoException {
  const message = `EPERM: ${what} that belongs to uid ${uid}, open '${file}'`;
  return Object.assign(new Error(message), { code: "EPERM", syscall: "open" });
}

/** Gives a new file the owner and the mode of the former one, as far as the host may. */
function resemble({ fd, stat }: OpenFile, like: fs.Stats): void {
  try {
    if (stat.uid !== like.uid || stat.gid !== like.gid) fs.fchownSync(fd, like.uid, like.gid);
  } catch {
    // only root can give a file away
  }
  try {
    if ((stat.mode & 0o777) !== (like.mode & 0o777)) fs.fchmodSync(fd, like.mode & 0o777);
  } catch {
    // not on every file system
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
