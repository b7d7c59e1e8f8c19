import { lstatSync, renameSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import type { HostExit } from "../cleanup/host-exit.ts";
import { onHostExit } from "../cleanup/exit-hook.ts";
import { SocketHolder, type ListenOptions } from "./socket-thread.ts";
import { OwnedFile } from "../cleanup/owned-file.ts";
import type { SharedSocket } from "../ports/command.ts";

interface Held {
  readonly socket: SharedSocket;
  /** The processes that use the socket, or are going to. */
  readonly users: Set<object>;
  opening?: Promise<void>;
  open?: {
    readonly number: number;
    readonly fd: number;
    /** The file of a unix socket. */
    readonly file?: OwnedFile;
    readonly disown?: () => void;
  };
}

/**
 * The listening sockets that processes share as their standard input. Each socket is open from its
 * first use until its last user is released.
 */
export class Sockets {
  readonly #hostExit: Pick<HostExit, "ownFile">;
  readonly #held = new Map<string, Held>();
  readonly #holder = new SocketHolder(() => this.#lost());
  #removeHook: (() => void) | undefined;

  constructor(hostExit: Pick<HostExit, "ownFile">) {
    this.#hostExit = hostExit;
  }

  /** The descriptor of an open socket. */
  descriptor(socket: SharedSocket): number {
    const fd = this.#held.get(keyOf(socket))?.open?.fd;
    if (fd === undefined) throw new Error(`the socket ${socket.url} was closed`);
    return fd;
  }

  /** Opens the socket for this user, or shares it. Rejects with the reason. */
  async open(socket: SharedSocket, user: object): Promise<void> {
    const key = keyOf(socket);
    let held = this.#held.get(key);
    if (!held) this.#held.set(key, (held = { socket, users: new Set() }));
    this.#removeHook ??= onHostExit(() => {
      for (const each of this.#held.values()) this.#close(each);
    });
    held.users.add(user);
    await Promise.resolve(); // first, sockets that were released in this turn are closed: one of them may have the same address
    // the file was removed, and clients can find a new socket only by that name
    if (held.open?.file?.isThere === false) this.#close(held);
    if (held.open) return;
    held.opening ??= this.#listen(held).finally(() => delete held.opening);
    await held.opening;
  }

  /**
   * Releases all sockets of the user. A successor that keeps a socket must open it in the same turn.
   */
  release(user: object): void {
    for (const [key, held] of this.#held) {
      if (!held.users.delete(user)) continue;
      void Promise.resolve().then(() => {
        if (held.users.size === 0 && this.#held.get(key) === held) {
          this.#held.delete(key);
          this.#close(held);
        }
        if (this.#held.size > 0) return;
        this.#removeHook?.();
        this.#removeHook = undefined;
      });
    }
  }

  async #listen(held: Held): Promise<void> {
    const { socket } = held;
    try {
      const options = await listenOptionsOf(socket);
      if (held.users.size === 0) return; // no process waits any more
      const { number, fd } = await this.#holder.listen(options);
      if (held.users.size === 0) return this.#holder.close(number);
      held.open = { number, fd };
      if ("path" in socket.address) {
        const file = new OwnedFile(socket.address.path);
        held.open = { number, fd, file, disown: this.#hostExit.ownFile(file) };
      }
    } catch (error) {
      this.#close(held);
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code ?? message;
      throw new Error(`Could not create FastCGI socket ${socket.url}: ${reason}`, { cause: error });
    }
  }

  #close(held: Held): void {
    if (!held.open) return;
    const { number, file, disown } = held.open;
    delete held.open;
    disown?.();
    keeping(file, () => this.#holder.close(number));
  }

  #lost(): void {
    for (const held of this.#held.values()) {
      held.open?.disown?.();
      delete held.open;
    }
  }
}

/** Sockets with equal settings are one. */
function keyOf(socket: SharedSocket): string {
  return JSON.stringify(socket);
}

async function listenOptionsOf({
  address,
  backlog,
  mode,
  owner,
}: SharedSocket): Promise<ListenOptions> {
  if ("path" in address) {
    await removeLeftover(address.path);
    return { path: address.path, backlog, mode, ...(owner && { owner }) };
  }
  // supervisord knows IPv4 alone: IPv4 comes first
  const { address: host } = await lookup(address.host, { verbatim: false });
  return { host, port: address.port, backlog };
}

/** Removes the socket that a host that was killed has left there. */
async function removeLeftover(path: string): Promise<void> {
  let former: OwnedFile;
  try {
    if (!lstatSync(path).isSocket()) throw new Error("EEXIST: there is a file that is no socket");
    former = new OwnedFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const answer = await new Promise<string | undefined>((resolve) => {
    const socket = connect(path, () => resolve(undefined));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    socket.on("connect", () => socket.destroy());
  });
  if (answer === "ECONNREFUSED") former.remove();
  else if (answer !== "ENOENT") throw new Error("EADDRINUSE");
}

/**
 * libuv removes the name that it has bound, even if another socket has that name now: that socket
 * is moved away.
 */
function keeping(file: OwnedFile | undefined, close: () => void): void {
  if (!file || file.isThere || !isTaken(file.path)) return close();
  const aside = `${file.path}.${process.pid}`;
  try {
    renameSync(file.path, aside);
  } catch {
    return close();
  }
  close();
  try {
    renameSync(aside, file.path);
  } catch {
    // the directory was removed, too
  }
}

function isTaken(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}
