import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { ProgramSettings } from "../../src/index.ts";

/**
 * Accepts on standard input as plainly as a FastCGI program, one connection at a time: says who it is,
 * and waits until the other end is closed. SIGTERM ends it between two connections.
 */
const script = `
import fcntl, os, select, signal, socket
def say(*words):
    with open(os.environ["CHANNEL"], "w") as channel:
        print(*words, file=channel)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
listener = socket.socket(fileno=0)
say("up", os.getpid())
say("nonblocking", bool(fcntl.fcntl(0, fcntl.F_GETFL) & os.O_NONBLOCK))
while True:
    connection, _ = listener.accept()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    connection.sendall(str(os.getpid()).encode())
    while connection.recv(1000): pass
    connection.close()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
`;

/** Such a program, which shares this socket. */
export function fcgi(socket: string, more: Partial<ProgramSettings> = {}): ProgramSettings {
  return { command: ["/usr/bin/env", "python3", "-c", script], socket, startsecs: 0, ...more };
}

/** A client that has reached the queue of the socket. */
export class Client {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket.on("error", () => {}); // who waits for it is told
  }

  /** Rejects if nobody listens. */
  static async connect(where: NetConnectOpts): Promise<Client> {
    const socket = connect(where);
    await once(socket, "connect");
    return new Client(socket);
  }

  /** Who serves it, once somebody does. */
  async server(): Promise<number> {
    const [data] = (await once(this.#socket, "data")) as [Buffer];
    return Number(data);
  }

  /** Whether somebody has answered already. */
  get isServed(): boolean {
    return this.#socket.readableLength > 0 || this.#socket.bytesRead > 0;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Who serves a client, who goes at once. */
export async function visit(where: NetConnectOpts): Promise<number> {
  const client = await Client.connect(where);
  const server = await client.server();
  client.close();
  assert.ok(server > 0);
  return server;
}
