import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Supervisor } from "../index.ts";
import { authenticator } from "./http/auth.ts";
import { ServeError } from "./errors.ts";
import { originCheck } from "./http/origin.ts";
import { Http, type HttpParts } from "./http/http.ts";
import type { PortPlace, ServeOptions, SocketPlace } from "./options.ts";
import { trackChanges } from "./rpc/server-state.ts";
import { addressOf } from "./http/address.ts";
import { checkServeOptions, isSocket } from "./schema.ts";
import { protocolRoutes } from "./routes.ts";
import { bindSocket, type SocketFile } from "./http/unix-socket.ts";
import { web } from "./pages/web.ts";

/** A server that listens. Obtained from {@link serve}. */
export interface Server {
  /** The URL for supervisorctl's `serverurl`: `unix:///run/app.sock`, `http://127.0.0.1:9001`. */
  readonly url: string;
  /** The socket's file, or address and port. */
  readonly address: string | AddressInfo;
  /** Lets the host exit although the server listens and callers are connected. */
  unref(): this;
  /** Takes back `unref()`. */
  ref(): this;
  /** Stops listening, ends the requests under way, and removes the socket. The programs go on. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a supervisor with supervisord's interface, so that supervisorctl and every other tool for
 * supervisord works: XML-RPC at `/RPC2`, logs at `/logtail/<name>` and `/mainlogtail`, the status page
 * at `/`; and `/metrics`, `/healthz` and `/readyz`. Nothing listens before this function is called. One
 * supervisor may have several servers.
 *
 * The socket is made with the mode 0700 unless `chmod` says otherwise, and only where no other user
 * could replace it: its directory and all directories above belong to this user or to root, and neither
 * everybody nor another group may write to them (a sticky directory, as `/tmp`, is accepted). The server
 * keeps the host alive until it is closed: see {@link Server.unref}. The caller has to close it, also
 * after a shutdown of the supervisor: until then the server answers SHUTDOWN_STATE.
 *
 * @example
 * ```ts
 * const server = await serve(supervisor, { file: "/run/app/supervisor.sock" });
 * ```
 *
 * @throws {TypeError} if the first argument is no supervisor
 * @throws {SettingsError} with all that is wrong with the place or the options
 * @throws {ServeError} if the server cannot, or must not, listen there
 * @see the sections `[unix_http_server]` and `[inet_http_server]`. **Differs:** without a host only
 * this machine is served, and other machines never without a password; a request that a browser may
 * have sent is refused unless it is for a name of this server, and from a page of it.
 */
export async function serve(
  supervisor: Supervisor,
  place: SocketPlace | PortPlace,
  options: ServeOptions = {},
): Promise<Server> {
  const { place: where, options: resolved } = checkServeOptions(supervisor, place, options);
  const isAuthorized = authenticator(resolved);
  const { allowedHosts, password } = resolved;
  const common = { allowedHosts, hasPassword: Boolean(password) }; // an empty one is none
  const shared = { supervisor, options: resolved, token: randomBytes(32).toString("hex") };
  if (isSocket(where)) {
    const origin = originCheck({ ...common, host: undefined, isLoopback: true });
    const http = httpOf({ shared, isAuthorized, origin });
    const socket = await closingOnFailure(http, async () =>
      bindSocket(where, supervisor, async (file) => listen(http, { path: file }, where.file)),
    );
    return serverOf(http, `unix://${socket.file}`, socket.file, socket);
  }
  const { host, address, isLoopback } = await addressOf(where, resolved);
  const origin = originCheck({ ...common, host, isLoopback });
  const http = httpOf({ shared, isAuthorized, origin });
  const { port } = where;
  const name = `${host || "*"}:${port}`;
  await closingOnFailure(http, async () =>
    listen(http, address === undefined ? { port } : { port, host: address }, name),
  );
  const bound = http.server.address() as AddressInfo;
  const shown = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return serverOf(http, `http://${shown}:${bound.port}`, bound);
}

function httpOf(parts: Omit<HttpParts, "routes">): Http {
  const pages = web(parts.shared);
  const http = new Http({ ...parts, routes: [...protocolRoutes, ...pages.routes] });
  http.server.once("listening", () => {
    pages.open();
    const release = trackChanges(parts.shared.supervisor);
    http.server.once("close", () => {
      release();
      pages.close();
    });
  });
  return http;
}

async function listen(
  { server }: Http,
  place: { readonly path: string } | { readonly port: number; readonly host?: string },
  name: string,
): Promise<void> {
  await new Promise<void>((done, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE"
          ? new ServeError("ALREADY_LISTENING", `Another program is already listening at ${name}`)
          : new ServeError("FAILED", `Cannot listen at ${name}: ${cause.message}`, { cause }),
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
