import fs from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { Supervisor } from "../../index.ts";
import { lookAtDirectory, type DirectoryUser, type Looked } from "./directory.ts";
import { ServeError } from "../errors.ts";
import type { SocketPlace } from "../options.ts";

/** What fits into the address of a unix socket. */
const MAX_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** How the name begins under which it is made; six characters follow. */
const NEST = ".s";
/** What is moved out of the way is called so meanwhile. */
const ASIDE = "o";

/** A socket file that is ours. */
export interface SocketFile {
  readonly file: string;
  remove(): void;
}

/**
 * Makes a unix socket: `listen` binds it where nobody else can come near, then it gets its mode and
 * owner, and only then its name. What is in its place is only replaced if it is a socket that nobody
 * listens at.
 * @throws {ServeError}
 */
export async function bindSocket(
  place: SocketPlace,
  supervisor: Supervisor,
  listen: (file: string) => Promise<void>,
): Promise<SocketFile> {
  const { file, chmod = 0o700, chown } = place;
  const { target, directory } = checkSocket(place);
  let nest: Nest | undefined;
  try {
    nest = new Nest(directory);
    await listen(path.join(nest.path, nest.name));
    const fresh = path.join(nest.inside, nest.name);
    fs.chmodSync(fresh, chmod);
    if (chown) fs.chownSync(fresh, chown.uid ?? -1, chown.gid ?? -1);
    await makeRoom(target, path.join(nest.inside, ASIDE));
    name(fresh, target);
    nest.remove(); // losing a name counts as a change, which is remembered
    return remember(target, supervisor);
  } catch (cause) {
    if (cause instanceof ServeError) throw cause;
    const message = `Cannot listen at ${file}: ${(cause as Error).message}`;
    throw new ServeError("FAILED", message, { cause });
  } finally {
    nest?.remove();
  }
}

/** A directory of our own in which a socket is made, open only as long as that takes. */
class Nest {
  readonly path: string;
  /** What a socket in it is to be called: closing removes by name, and no file of anybody has this one. */
  readonly name: string;
  /** The directory itself, where the system has a path for that: others may be able to rename it. */
  readonly inside: string;
  readonly #descriptor: number | undefined;
  #isThere = true;

  constructor(directory: string) {
    this.path = fs.mkdtempSync(path.join(directory, NEST)); // 0700, whatever the umask
    this.name = path.basename(this.path);
    this.inside = this.path;
    if (process.platform !== "linux") return;
    try {
      const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
      this.#descriptor = fs.openSync(this.path, O_DIRECTORY | O_NOFOLLOW);
      const { uid, mode } = fs.fstatSync(this.#descriptor);
      if (uid !== process.geteuid?.() || (mode & 0o077) !== 0)
        throw new Error("another directory was put in the place of ours");
      const itself = `/proc/self/fd/${this.#descriptor}`;
      if (fs.existsSync(itself)) this.inside = itself;
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  remove(): void {
    if (!this.#isThere) return;
    this.#isThere = false;
    for (const one of [this.name, ASIDE]) fs.rmSync(path.join(this.inside, one), { force: true });
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    try {
      fs.rmdirSync(this.path);
    } catch {
      // somebody has put something else there
    }
  }
}

/**
 * Looks whether a user (this one unless given) can make a socket there, and touches nothing.
 * @throws {ServeError}
 */
export function checkSocket(
  { file, allowUnsafeDirectory = false }: SocketPlace,
  user: DirectoryUser = { uid: process.geteuid?.(), gid: process.getegid?.() },
): { target: string; directory: string } {
  const target = path.resolve(file);
  const { real: directory, danger } = lookAt(path.dirname(target), user);
  if (danger !== undefined && !allowUnsafeDirectory)
    throw new ServeError("UNSAFE_DIRECTORY", danger);
  const nest = `${NEST}XXXXXX`;
  const fresh = path.join(directory, nest, nest);
  const longest = Math.max(Buffer.byteLength(fresh), Buffer.byteLength(target));
  if (longest > MAX_PATH_BYTES) {
    const message = `The path of the socket is too long by ${longest - MAX_PATH_BYTES} bytes: ${file}`;
    throw new ServeError("BAD_ADDRESS", message);
  }
  return { target, directory };
}

function lookAt(directory: string, user: DirectoryUser): Looked {
  try {
    return lookAtDirectory(directory, user);
  } catch (cause) {
    const { code, message: why } = cause as NodeJS.ErrnoException;
    const message =
      code === "ENOENT" || code === "ENOTDIR"
        ? `There is no directory ${directory} for the socket`
        : `The directory ${directory} cannot be looked at: ${why}`;
    throw new ServeError("BAD_ADDRESS", message, { cause });
  }
}

/** Moves a socket that nobody listens at out of the way: the very one that was looked at. */
async function makeRoom(target: string, aside: string): Promise<void> {
  for (;;) {
    const looked = fs.lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (!looked) return;
    if (!looked.isSocket())
      throw new ServeError("NOT_A_SOCKET", `${target} is there already, and is no socket`);
    if (await isLive(target)) throw taken(target);
    const now = fs.lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (now?.ino !== looked.ino || now.ctimeNs !== looked.ctimeNs) continue; // somebody was faster
    fs.renameSync(target, aside);
    if (fs.lstatSync(aside, { bigint: true }).ino === looked.ino) return;
    name(aside, target); // in the very last moment
    throw taken(target);
  }
}

function taken(target: string): ServeError {
  const message = `Another program is already listening at ${target}: shut it down first`;
  return new ServeError("ALREADY_LISTENING", message);
}

/** Somebody who has no time to answer is somebody, too. */
async function isLive(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      settle(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}

/** Gives it the name, and takes it from nobody. */
function name(fresh: string, target: string): void {
  try {
    fs.linkSync(fresh, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw taken(target);
    fs.renameSync(fresh, target); // a file system without links
  }
}

/** It goes with the host, however that ends. */
function remember(file: string, supervisor: Supervisor): SocketFile {
  const { ino } = fs.lstatSync(file);
  const release = supervisor.ownFile(file);
  let isOurs = true;
  return {
    file,
    remove() {
      if (!isOurs) return; // by now the number may be that of another's
      isOurs = false;
      release();
      const isMine = fs.lstatSync(file, { throwIfNoEntry: false })?.ino === ino;
      if (isMine) fs.rmSync(file, { force: true });
    },
  };
}
