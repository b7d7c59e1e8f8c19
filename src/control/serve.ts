import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Supervisor } from "../index.ts";
import { doorkeeper } from "./http/auth.ts";
import { ServeError } from "./errors.ts";
import { guard } from "./http/origin.ts";
import { Http, type Parts } from "./http/http.ts";
import type { PortPlace, ServeOptions, SocketPlace } from "./options.ts";
import { attend } from "./rpc/server-state.ts";
import { addressOf } from "./http/address.ts";
import { checkWishes, isSocket } from "./schema.ts";
import { table } from "./routes.ts";
import { bindSocket, type SocketFile } from "./http/unix-socket.ts";
import { web } from "./pages/web.ts";

/** A server that listens. Obtained from {@link serve}. */
export interface Server {
  /** For supervisorctl's `serverurl`: `unix:///run/app.sock`, `http://127.0.0.1:9001`. */
  readonly url: string;
  /** Where it listens: the socket's file, or address and port. */
  readonly address: string | AddressInfo;
  /** Lets the host exit although the server listens, and somebody is connected. */
  unref(): this;
  /** Takes back `unref()`. */
  ref(): this;
  /** Stops listening, ends what is under way, removes the socket. Supervision goes on. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a supervisor as supervisord serves itself, so that supervisorctl and every other tool that
 * was written for it works: XML-RPC at `/RPC2`, logs at `/logtail/<name>` and `/mainlogtail`, the status page at `/`; and
 * `/metrics`, `/healthz` and `/readyz`. Nothing
 * listens before it is called. There may be several servers for one supervisor.
 *
 * The socket is made with the mode 0700 unless `chmod` says otherwise, where nobody else could replace
 * it: its directory and all above it belong to this user or to root, and neither everybody nor another
 * group may write to them (a sticky one, as `/tmp`, will do). The server keeps the host alive
 * until it is closed: see {@link Server.unref}. It has to be closed by whom it was opened, also after
 * a shutdown of the supervisor: until then it answers SHUTDOWN_STATE.
 *
 * @example
 * ```ts
 * const server = await serve(supervisor, { file: "/run/app/supervisor.sock" });
 * ```
 *
 * @throws {TypeError} if it is no supervisor that is to be served
 * @throws {SettingsError} if the place or the options are not right: all that is wrong with them
 * @throws {ServeError} if it cannot, or must not, listen there
 * @see the sections `[unix_http_server]` and `[inet_http_server]`. **Differs:** without a host it is
 * this machine alone that is served, and no other without a password; a request that a browser may
 * have sent is refused unless it is for a name of this server, and from a page of it.
 */
export async function serve(
  supervisor: Supervisor,
  place: SocketPlace | PortPlace,
  options: ServeOptions = {},
): Promise<Server> {
  checkWishes(supervisor, place, options);
  const mayEnter = doorkeeper(options);
  const { allowedHosts = [], password } = options;
  const common = { allowedHosts, hasPassword: Boolean(password) }; // an empty one is none
  const shared = { supervisor, options, token: randomBytes(32).toString("hex") };
  if (isSocket(place)) {
    const judge = guard({ ...common, host: undefined, isLoopback: true });
    const http = httpOf({ shared, mayEnter, guard: judge });
    const socket = await closingOnFailure(http, async () =>
      bindSocket(place, supervisor, async (file) => listen(http, { path: file }, place.file)),
    );
    return serverOf(http, `unix://${socket.file}`, socket.file, socket);
  }
  const { host, address, isLoopback } = await addressOf(place, options);
  const judge = guard({ ...common, host, isLoopback });
  const http = httpOf({ shared, mayEnter, guard: judge });
  const { port } = place;
  const where = `${host || "*"}:${port}`;
  await closingOnFailure(http, async () =>
    listen(http, address === undefined ? { port } : { port, host: address }, where),
  );
  const bound = http.server.address() as AddressInfo;
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return serverOf(http, `http://${name}:${bound.port}`, bound);
}

function httpOf(parts: Omit<Parts, "routes">): Http {
  const pages = web(parts.shared);
  const http = new Http({ ...parts, routes: [...table, ...pages.routes] });
  http.server.once("listening", () => {
    pages.open();
    const leave = attend(parts.shared.supervisor);
    http.server.once("close", () => {
      leave();
      pages.close();
    });
  });
  return http;
}

async function listen(
  { server }: Http,
  place: { readonly path: string } | { readonly port: number; readonly host?: string },
  where: string,
): Promise<void> {
  await new Promise<void>((done, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE"
          ? new ServeError("ALREADY_LISTENING", `Another program is already listening at ${where}`)
          : new ServeError("FAILED", `Cannot listen at ${where}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(place, done);
  });
  server.removeAllListeners("error");
  server.on("error", (error) => process.emitWarning(error)); // as when descriptors run out
}

async function closingOnFailure<T>(http: Http, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (http.server.listening) await http.close();
    throw error;
  }
}

function serverOf(
  http: Http,
  url: string,
  address: string | AddressInfo,
  socket?: SocketFile,
): Server {
  let closing: Promise<void> | undefined;
  return {
    url,
    address,
    unref() {
      http.setRef(false);
      return this;
    },
    ref() {
      http.setRef(true);
      return this;
    },
    async close() {
      socket?.remove(); // at once: another may listen there from now on
      closing ??= http.close();
      return closing;
    },
    async [Symbol.asyncDispose]() {
      await this.close();
    },
  };
}
