import { Worker } from "node:worker_threads";

/** Where to listen. */
export type Where = { readonly backlog: number } & (
  | { readonly host: string; readonly port: number }
  | {
      readonly path: string;
      readonly mode: number;
      readonly owner?: { readonly uid: number; readonly gid: number };
    }
);

/** A socket that listens in this process, which accepts no connections. */
export interface Listening {
  readonly number: number;
  readonly fd: number;
}

type Answer = { readonly number: number } & (
  | { readonly fd: number }
  | { readonly problem: string }
);

interface Room {
  readonly worker: Worker;
  readonly bell: Int32Array;
  readonly open: Set<number>;
}

/**
 * What the thread runs. A listening socket of Node's accepts as soon as its event loop turns, and a
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
const bell = new Int32Array(workerData);
const servers = new Map();
const O_PATH = 0o10000000;

function open({ number, where }) {
  return new Promise((resolve) => {
    const server = createServer();
    const fail = (problem) => resolve({ number, problem });
    server.on("error", (error) => fail(error.code || error.message));
    server.listen({ ...where, exclusive: true }, () => {
      if (!servers.has(number)) return;
      const { fd } = server._handle;
      resolve(fd >= 0 ? { number, fd } : { number, problem: "ENOTSUP" });
    });
    if (!server._handle && where.path) return; // the error comes
    servers.set(number, server);
    const problem = where.path && adjust(where);
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
    const rung = Atomics.load(bell, 0);
    const received = receiveMessageOnPort(parentPort);
    if (!received) {
      Atomics.wait(bell, 0, rung);
      continue;
    }
    const { message } = received;
    if ("where" in message) {
      const answer = await open(message);
      if ("problem" in answer) servers.delete(message.number);
      parentPort.postMessage(answer);
      continue;
    }
    close(message.close);
    Atomics.store(bell, 1, message.close);
    Atomics.notify(bell, 1);
    if (message.isLast) return;
  }
})();
`;

/** How long the thread may take to close a socket before we go on without its word. */
const CLOSE_MS = 1000;

/** Holds listening sockets in a thread that accepts nothing. There is one while any is held. */
export class Listener {
  readonly #lost: () => void;
  #room: Room | undefined;
  #numbers = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  /** `lost` is called when the thread has ended by itself, and all sockets with it. */
  constructor(lost: () => void) {
    this.#lost = lost;
  }

  /** Rejects with a word for what went wrong. */
  async listen(where: Where): Promise<Listening> {
    const number = ++this.#numbers;
    const room = (this.#room ??= this.#enter());
    room.open.add(number);
    room.worker.ref();
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(number, resolve));
    room.worker.postMessage({ number, where }, []);
    ring(room);
    const answer = await answered;
    if (this.#waiting.size === 0) room.worker.unref();
    if ("fd" in answer) return answer;
    this.close(number);
    throw new Error(answer.problem);
  }

  /** When it returns, no socket listens here, and the thread of the last one is about to end. */
  close(number: number): void {
    const room = this.#room;
    if (!room?.open.delete(number)) return;
    const isLast = room.open.size === 0;
    if (isLast) this.#room = undefined;
    const before = Atomics.load(room.bell, 1);
    room.worker.postMessage({ close: number, isLast }, []);
    ring(room);
    Atomics.wait(room.bell, 1, before, CLOSE_MS);
  }

  #enter(): Room {
    const shared = new SharedArrayBuffer(8);
    const options = {
      eval: true,
      name: "libsupervisor-sockets",
      workerData: shared,
      // what the host was started with is not for this thread: modules to preload, say
      execArgv: [],
      env: {},
    };
    const worker = new Worker(SOURCE, options);
    const room: Room = { worker, bell: new Int32Array(shared), open: new Set() };
    worker.on("message", (answer: Answer) => {
      this.#waiting.get(answer.number)?.(answer);
      this.#waiting.delete(answer.number);
    });
    let problem = "the thread for it has ended";
    worker.on("error", (error: Error) => {
      problem = error.message;
    });
    worker.on("exit", () => {
      if (room !== this.#room) return;
      this.#room = undefined;
      for (const [number, answer] of this.#waiting) answer({ number, problem });
      this.#waiting.clear();
      this.#lost();
    });
    return room;
  }
}

function ring({ bell }: Room): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
