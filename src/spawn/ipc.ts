import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { nextTurn } from "../system/clock.ts";
import { isWindows } from "../system/platform.ts";
import { MessageReader, type Received } from "./messages.ts";
import type { Variables } from "./environment.ts";

/** The channel between the host and one process, in Node's protocol. */
export interface Ipc {
  /** Sends a message, given as JSON. Calls `done` once it is in the channel, or with the error. */
  send(json: string, done: (error?: Error) => void): void;
  /** Settles once nothing is left that an exited process has sent. */
  drain(): Promise<void>;
  close(): void;
}

/** The callbacks of a channel. */
export interface IpcEvents {
  message(value: unknown): void;
  /** The process has sent something that is no message, and the channel was closed. */
  failed(problem: string): void;
}

/** How many bytes Node reads at once. */
const READ_BYTES = 65_536;
/** Enough for any program that means well, and few enough to delay no timer. */
const MESSAGES_PER_TURN = 100;
/** The same after the exit of the process: what is left is limited by the system. */
const LAST_PER_TURN = 1000;

/** The place of the channel in `stdio`: its first free descriptor. */
const DESCRIPTOR = 3;

/**
 * The entry in `stdio` for the channel. Node's own channel throws an uncaught exception in the host
 * when a process sends anything but JSON, so that it is used on Windows alone, where its messages
 * are framed.
 */
export const ipcStdio = isWindows ? "ipc" : "pipe";

/** The variables by which a Node process finds its channel. */
export const ipcVariables: Variables = isWindows
  ? {}
  : { NODE_CHANNEL_FD: String(DESCRIPTOR), NODE_CHANNEL_SERIALIZATION_MODE: "json" };

/** Opens the host's end of the channel of a process. It never keeps the host alive. */
export function openIpc(child: ChildProcess, events: IpcEvents): Ipc {
  if (isWindows) return new NodeIpc(child, events);
  return new PipeIpc(child.stdio[DESCRIPTOR] as Socket, events);
}

/** A channel over a pair of sockets. */
class PipeIpc implements Ipc {
  readonly #socket: Socket;
  readonly #events: IpcEvents;
  readonly #reader = new MessageReader();
  readonly #unread: Iterator<Received, void>[] = []; // the chunks whose messages were not all delivered
  #perTurn = MESSAGES_PER_TURN;
  #reads = 0;
  #isClosed = false;
  #problem: string | undefined;

  constructor(socket: Socket, events: IpcEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("error", () => {}); // send() reports it
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.unref();
  }

  send(json: string, done: (error?: Error) => void): void {
    const socket = this.#socket;
    const closed = () => new Error(this.#problem ?? "its channel is closed");
    if (!socket.writable) return done(closed());
    // Node calls back without an error if the socket is closed during the write
    socket.write(`${json}\n`, (error) => done(error ?? (socket.destroyed ? closed() : undefined)));
  }

  async drain(): Promise<void> {
    this.#perTurn = LAST_PER_TURN;
    await quiet(() => (this.#isOver ? undefined : this.#reads));
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  get #isOver(): boolean {
    return this.#isClosed || (this.#socket.destroyed && this.#unread.length === 0);
  }

  /**
   * Takes a chunk. A process that floods the channel has to wait for the event loop of the host.
   * (Chunks may come although the socket is paused: Node resumes it when the process exits.)
   */
  #take(chunk: Uint8Array): void {
    this.#unread.push(this.#reader.push(chunk));
    if (this.#unread.length > 1) return;
    if (!this.#deliver() || chunk.length === READ_BYTES) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#socket.pause();
    do await nextTurn();
    while (!this.#deliver());
    this.#socket.resume();
  }

  /** Delivers as many messages as one turn of the event loop may; returns whether that is all. */
  #deliver(): boolean {
    this.#reads++;
    for (let left = this.#perTurn; left > 0 && !this.#isClosed; left--) {
      const [first] = this.#unread;
      if (!first) return true;
      const { done, value: received } = first.next();
      if (done) this.#unread.shift();
      else this.#received(received);
    }
    return this.#isClosed;
  }

  #received(received: Received): void {
    if ("problem" in received) {
      this.#problem = `its channel was closed: it sent ${received.problem}`;
      this.close();
      this.#events.failed(received.problem);
      return;
    }
    // a handle cannot be received here: the system has closed it
    if (received.hasHandle) this.send('{"cmd":"NODE_HANDLE_ACK"}', () => {});
    this.#events.message(received.value);
  }
}

/** Node's own channel. */
export class NodeIpc implements Ipc {
  readonly #child: ChildProcess;
  #reads = 0;

  constructor(child: ChildProcess, events: IpcEvents) {
    this.#child = child;
    child.on("message", (value, handle) => {
      this.#reads++;
      closeHandle(handle);
      events.message(value);
    });
    child.channel?.unref();
  }

  send(json: string, done: (error?: Error) => void): void {
    if (!this.#child.connected) return done(new Error("its channel is closed"));
    this.#child.send(JSON.parse(json) as object, (error) => done(error ?? undefined));
  }

  async drain(): Promise<void> {
    await quiet(() => (this.#child.connected ? this.#reads : undefined));
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** Waits until two turns of the event loop have read nothing, or nothing can be read any more. */
async function quiet(reads: () => number | undefined): Promise<void> {
  for (let turns = 0; turns < 2;) {
    const before = reads();
    if (before === undefined) return;
    await nextTurn();
    turns = reads() === before ? turns + 1 : 0;
  }
}

function closeHandle(handle: unknown): void {
  const { destroy, close } = (handle ?? {}) as { destroy?: () => void; close?: () => void };
  (destroy ?? close)?.call(handle);
}
