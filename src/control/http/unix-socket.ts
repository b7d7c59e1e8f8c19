import fs from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { Supervisor } from "../../index.ts";
import { inspectDirectory, type DirectoryUser, type Inspected } from "./directory.ts";
import { ServeError } from "../errors.ts";
import type { ResolvedSocketPlace } from "../options.ts";

/** The length of a path that fits into the address of a unix socket. */
const MAX_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** The prefix of the private directory; six characters follow. */
const PRIVATE_PREFIX = ".s";
/** The name of an old socket while it is being replaced. */
const OLD = "o";

/** A socket file that this server has made. */
export interface SocketFile {
  readonly file: string;
  remove(): void;
}

/**
 * Makes a unix socket: `listen` binds it in a directory that no other user can enter, then the socket
 * gets its mode and owner, and only then its name. A file of that name is replaced only if it is a
 * socket at which no process listens.
 * @throws {ServeError}
 */
export async function bindSocket(
  place: ResolvedSocketPlace,
  supervisor: Supervisor,
  listen: (file: string) => Promise<void>,
): Promise<SocketFile> {
  const { file, chmod, chown } = place;
  const { target, directory } = checkSocket(place);
  let own: PrivateDirectory | undefined;
  try {
    own = new PrivateDirectory(directory);
    await listen(path.join(own.path, own.name));
    const socket = path.join(own.inside, own.name);
    fs.chmodSync(socket, chmod);
    if (chown) fs.chownSync(socket, chown.uid ?? -1, chown.gid ?? -1);
    await removeOld(target, path.join(own.inside, OLD));
    rename(socket, target);
    own.remove(); // first: losing its other name changes the socket's ctime, which `ownFile` notes
    return socketFileOf(target, supervisor);
  } catch (cause) {
    if (cause instanceof ServeError) throw cause;
    const message = `Cannot listen at ${file}: ${(cause as Error).message}`;
    throw new ServeError("FAILED", message, { cause });
  } finally {
    own?.remove();
  }
}

/** A directory that only this user can enter, in which a socket is made; removed afterwards. */
class PrivateDirectory {
  readonly path: string;
  /** The name for a socket in it: the server removes its socket by name, and no other file has this one. */
  readonly name: string;
  /** A path that leads to the directory even if another user renames it, where the system has one. */
  readonly inside: string;
  readonly #descriptor: number | undefined;
  #exists = true;

  constructor(directory: string) {
    this.path = fs.mkdtempSync(path.join(directory, PRIVATE_PREFIX)); // 0700, whatever the umask
    this.name = path.basename(this.path);
    this.inside = this.path;
    if (process.platform !== "linux") return;
    try {
      const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
      this.#descriptor = fs.openSync(this.path, O_DIRECTORY | O_NOFOLLOW);
      const { uid, mode } = fs.fstatSync(this.#descriptor);
      if (uid !== process.geteuid?.() || (mode & 0o077) !== 0)
        throw new Error("another user has replaced the directory in which the socket is made");
      const itself = `/proc/self/fd/${this.#descriptor}`;
      if (fs.existsSync(itself)) this.inside = itself;
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  remove(): void {
    if (!this.#exists) return;
    this.#exists = false;
    for (const one of [this.name, OLD]) fs.rmSync(path.join(this.inside, one), { force: true });
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    try {
      fs.rmdirSync(this.path);
    } catch {
      // another program has put a file into it
    }
  }
}

/**
 * Checks whether a user (this one unless given) can make a socket there, and changes nothing.
 * @throws {ServeError}
 */
export function checkSocket(
  { file, allowUnsafeDirectory }: ResolvedSocketPlace,
  user: DirectoryUser = { uid: process.geteuid?.(), gid: process.getegid?.() },
): { target: string; directory: string } {
  const target = path.resolve(file);
  const { real: directory, danger } = inspect(path.dirname(target), user);
  if (danger !== undefined && !allowUnsafeDirectory)
    throw new ServeError("UNSAFE_DIRECTORY", danger);
  const name = `${PRIVATE_PREFIX}XXXXXX`;
  const socket = path.join(directory, name, name);
  const longest = Math.max(Buffer.byteLength(socket), Buffer.byteLength(target));
  if (longest > MAX_PATH_BYTES) {
    const message = `The path of the socket is too long by ${longest - MAX_PATH_BYTES} bytes: ${file}`;
    throw new ServeError("BAD_ADDRESS", message);
  }
  return { target, directory };
}

function inspect(directory: string, user: DirectoryUser): Inspected {
  try {
    return inspectDirectory(directory, user);
  } catch (cause) {
    const { code, message: why } = cause as NodeJS.ErrnoException;
    const message =
      code === "ENOENT" || code === "ENOTDIR"
        ? `There is no directory ${directory} for the socket`
        : `The directory ${directory} cannot be inspected: ${why}`;
    throw new ServeError("BAD_ADDRESS", message, { cause });
  }
}

/** Moves a socket at which no process listens to `old`: exactly the socket that was inspected. */
async function removeOld(target: string, old: string): Promise<void> {
  for (;;) {
    const before = fs.lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (!before) return;
    if (!before.isSocket())
      throw new ServeError("NOT_A_SOCKET", `${target} exists, and is no socket`);
    if (await isLive(target)) throw taken(target);
    const now = fs.lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (now?.ino !== before.ino || now.ctimeNs !== before.ctimeNs) continue; // it was replaced meanwhile
    fs.renameSync(target, old);
    if (fs.lstatSync(old, { bigint: true }).ino === before.ino) return;
    rename(old, target); // it was replaced between the two calls
    throw taken(target);
  }
}

function taken(target: string): ServeError {
  const message = `Another program is already listening at ${target}: shut it down first`;
  return new ServeError("ALREADY_LISTENING", message);
}

/** Whether a process listens; also one that does not accept the connection now. */
async function isLive(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const settle = (isListening: boolean) => {
      socket.destroy();
      resolve(isListening);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      settle(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}

/** Gives a socket its name; fails if another file has that name. */
function rename(socket: string, target: string): void {
  try {
    fs.linkSync(socket, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw taken(target);
    fs.renameSync(socket, target); // a file system without links
  }
}

/** Has the file removed when the host ends, however it ends. */
function socketFileOf(file: string, supervisor: Supervisor): SocketFile {
  const { ino } = fs.lstatSync(file);
  const release = supervisor.ownFile(file);
  let isRemoved = false;
  return {
    file,
    remove() {
      if (isRemoved) return; // another file may have the inode number by now
      isRemoved = true;
      release();
      const isOurs = fs.lstatSync(file, { throwIfNoEntry: false })?.ino === ino;
      if (isOurs) fs.rmSync(file, { force: true });
    },
  };
}
