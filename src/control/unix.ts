import fs from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { Supervisor } from "../index.ts";
import { ServeError } from "./errors.ts";
import type { SocketPlace } from "./options.ts";

/** What fits into the address of a unix socket. */
const MAX_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** How the name begins under which it is made; six characters follow. */
const NEST = ".s";

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
  { file, chmod = 0o700, chown }: SocketPlace,
  supervisor: Supervisor,
  listen: (file: string) => Promise<void>,
): Promise<SocketFile> {
  const { target, directory } = checkSocket(file);
  let nest: string | undefined;
  try {
    nest = fs.mkdtempSync(path.join(directory, NEST)); // 0700, whatever the umask
    // closing removes by this name, whatever is there by then: it is to be no name of anybody's file
    const fresh = path.join(nest, path.basename(nest));
    await listen(fresh);
    fs.chmodSync(fresh, chmod);
    if (chown) fs.chownSync(fresh, chown.uid ?? -1, chown.gid ?? -1);
    await makeRoom(target, path.join(nest, "o"));
    name(fresh, target);
    fs.rmSync(nest, { recursive: true }); // losing a name counts as a change, which is remembered
    return remember(target, supervisor);
  } catch (cause) {
    if (cause instanceof ServeError) throw cause;
    const message = `Cannot listen at ${file}: ${(cause as Error).message}`;
    throw new ServeError("FAILED", message, { cause });
  } finally {
    if (nest !== undefined) fs.rmSync(nest, { recursive: true, force: true });
  }
}

/**
 * Looks whether a user (this one unless given) can make a socket there, and touches nothing.
 * @throws {ServeError}
 */
export function checkSocket(file: string, uid?: number): { target: string; directory: string } {
  const target = path.resolve(file);
  const directory = checkDirectory(path.dirname(target), uid);
  const nest = `${NEST}XXXXXX`;
  const fresh = path.join(directory, nest, nest);
  const longest = Math.max(Buffer.byteLength(fresh), Buffer.byteLength(target));
  if (longest > MAX_PATH_BYTES) {
    const message = `The path of the socket is too long by ${longest - MAX_PATH_BYTES} bytes: ${file}`;
    throw new ServeError("BAD_ADDRESS", message);
  }
  return { target, directory };
}

/** Where others may write they could put a socket of theirs in the place of ours. */
function checkDirectory(directory: string, user = process.geteuid?.()): string {
  if (process.platform === "win32") return directory;
  let real: string;
  try {
    real = fs.realpathSync(directory);
  } catch (cause) {
    const message = `There is no directory ${directory} for the socket`;
    throw new ServeError("BAD_ADDRESS", message, { cause });
  }
  const { uid } = fs.statSync(real);
  if (uid !== 0 && uid !== user) {
    const message = `The directory ${real} belongs to somebody else (uid ${uid}), who could replace the socket`;
    throw new ServeError("UNSAFE_DIRECTORY", message);
  }
  for (let place = real; ; place = path.dirname(place)) {
    const { mode } = fs.statSync(place);
    const isOpen = (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
    if (isOpen) {
      const message = `Everybody may write to the directory ${place}, and could replace the socket`;
      throw new ServeError("UNSAFE_DIRECTORY", message);
    }
    if (place === path.dirname(place)) return real;
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
