import { Worker } from "node:worker_threads";

/** Where and how to listen. */
export type ListenOptions = { readonly backlog: number } & (
  | { readonly host: string; readonly port: number }
  | {
      readonly path: string;
      readonly mode: number;
      readonly owner?: { readonly uid: number; readonly gid: number };
    }
);

/** A socket that listens in this process and accepts no connections. */
export interface Listening {
  readonly number: number;
  readonly fd: number;
}

type Answer = { readonly number: number } & (
  | { readonly fd: number }
  | { readonly problem: string }
);

interface SocketThread {
  readonly worker: Worker;
  /** How often it was woken up, and the number of the socket that it closed last. */
  readonly wakeup: Int32Array;
  readonly open: Set<number>;
}

/**
 * The program of the thread. A listening socket of Node's accepts as soon as its event loop turns, and a
 * connection taken there is lost to the children. So the loop of this thread never turns: between two
 * orders it blocks in `Atomics.wait`, and all that `listen()` needs happens in the ticks in between.
 *
 * Mode and owner are set through a descriptor where there is `/proc`: a process that may write to the
 * directory could put a symbolic link in the place of the socket. As a string it needs no file beside it,
 * which bundlers forget.
 */
const SOURCE = `
const { parentPort, workerData, receiveMessageOnPort } = require("node:worker_threads");
const { createServer } = require("node:net");
const fs = require("node:fs");
const wakeup = new Int32Array(workerData);
const servers = new Map();
const O_PATH = 0o10000000;

function open({ number, options }) {
  return new Promise((resolve) => {
    const server = createServer();
    const fail = (problem) => resolve({ number, problem });
    server.on("error", (error) => fail(error.code || error.message));
    server.listen({ ...options, exclusive: true }, () => {
      if (!servers.has(number)) return;
      const { fd } = server._handle;
      resolve(fd >= 0 ? { number, fd } : { number, problem: "ENOTSUP" });
    });
    if (!server._handle && options.path) return; // the error event follows
    servers.set(number, server);
    const problem = options.path && adjust(options);
    if (problem) close(number), fail(problem);
  });
}

function adjust({ path, mode, owner }) {
  let fd;
  let what = "permissions";
  try {
    let name = path;
    if (process.platform === "linux") {
      fd = fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW);
      if (!fs.fstatSync(fd).isSocket()) return "it has been replaced";
      if (fs.existsSync("/proc/self/fd/" + fd)) name = "/proc/self/fd/" + fd;
    }
    fs.chmodSync(name, mode);
    what = "ownership";
    if (owner) (name === path ? fs.lchownSync : fs.chownSync)(name, owner.uid, owner.gid);
  } catch (error) {
    return "Could not change " + what + " of socket file: " + error.code;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function close(number) {
  const server = servers.get(number);
  servers.delete(number);
  if (server) server.close();
}

(async () => {
  for (;;) {
    const count = Atomics.load(wakeup, 0);
    const received = receiveMessageOnPort(parentPort);
    if (!received) {
      Atomics.wait(wakeup, 0, count);
      continue;
    }
    const { message } = received;
    if ("options" in message) {
      const answer = await open(message);
      if ("problem" in answer) servers.delete(message.number);
      parentPort.postMessage(answer);
      continue;
    }
    close(message.close);
    Atomics.store(wakeup, 1, message.close);
    Atomics.notify(wakeup, 1);
    if (message.isLast) return;
  }
})();
`;

/** How long the thread may take to close a socket before the host goes on without its answer. */
const CLOSE_MS = 1000;

/**
 * Holds listening sockets in a thread that accepts no connections. The thread runs while any socket
 * is held.
 */
export class SocketHolder {
  readonly #lost: () => void;
  #thread: SocketThread | undefined;
  #numbers = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  /** Calls `lost` when the thread has ended by itself, and all sockets with it. */
  constructor(lost: () => void) {
    this.#lost = lost;
  }

  /** Opens a socket. Rejects with a word for what went wrong. */
  async listen(options: ListenOptions): Promise<Listening> {
    const number = ++this.#numbers;
    const thread = (this.#thread ??= this.#startThread());
    thread.open.add(number);
    thread.worker.ref();
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(number, resolve));
    thread.worker.postMessage({ number, options }, []);
    wake(thread);
    const answer = await answered;
    if (this.#waiting.size === 0) thread.worker.unref();
    if ("fd" in answer) return answer;
    this.close(number);
    throw new Error(answer.problem);
  }

  /**
   * When this returns, no socket listens here, and the thread of the last socket is about to end.
   */
  close(number: number): void {
    const thread = this.#thread;
    if (!thread?.open.delete(number)) return;
    const isLast = thread.open.size === 0;
    if (isLast) this.#thread = undefined;
    const before = Atomics.load(thread.wakeup, 1);
    thread.worker.postMessage({ close: number, isLast }, []);
    wake(thread);
    Atomics.wait(thread.wakeup, 1, before, CLOSE_MS);
  }

  #startThread(): SocketThread {
    const shared = new SharedArrayBuffer(8);
    const options = {
      eval: true,
      name: "libsupervisor-sockets",
      workerData: shared,
      // the host's own options are not for this thread: modules to preload, for example
      execArgv: [],
      env: {},
    };
    const worker = new Worker(SOURCE, options);
    const thread: SocketThread = { worker, wakeup: new Int32Array(shared), open: new Set() };
    worker.on("message", (answer: Answer) => {
      this.#waiting.get(answer.number)?.(answer);
      this.#waiting.delete(answer.number);
    });
    let problem = "the thread for it has ended";
    worker.on("error", (error: Error) => {
      problem = error.message;
    });
    worker.on("exit", () => {
      if (thread !== this.#thread) return;
      this.#thread = undefined;
      for (const [number, answer] of this.#waiting) answer({ number, problem });
      this.#waiting.clear();
      this.#lost();
    });
    return thread;
  }
}

function wake({ wakeup }: SocketThread): void {
  Atomics.add(wakeup, 0, 1);
  Atomics.notify(wakeup, 0);
}
