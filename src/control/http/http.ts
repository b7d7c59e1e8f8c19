import { setMaxListeners } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { HttpError } from "../errors.ts";
import type { Shared } from "../options.ts";
import { isSame, type Authenticator } from "./auth.ts";
import { discardBody, readBody } from "./body.ts";
import { Connection } from "./connection.ts";
import { Deadline } from "./deadline.ts";
import { breakOff, respondWithError } from "./failure.ts";
import { ANSWER_MS, CLOSE_MS, IDLE_MS, MAX_HEADER_BYTES, MAX_PIPELINED } from "./limits.ts";
import type { OriginCheck } from "./origin.ts";
import { routeOf, type Context, type Route } from "./router.ts";

const NEVER_MS = 2 ** 31 - 1;

export interface HttpParts {
  readonly shared: Shared;
  readonly isAuthorized: Authenticator;
  readonly origin: OriginCheck;
  readonly routes: readonly Route[];
}

/** An HTTP server with bounds on all that a caller can make long, large or many. */
export class Http {
  readonly server: HttpServer;
  readonly #parts: HttpParts;
  readonly #connections = new Map<Socket, Connection>();
  readonly #closing = new AbortController();
  #isRef = true;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    setMaxListeners(0, this.#closing.signal); // one for each answer that is under way
    this.server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false, // clients of supervisord leave it out
      keepAliveTimeout: IDLE_MS,
      // deadlines of our own instead: Node looks at all connections again and again, also with none
      headersTimeout: 0,
      requestTimeout: 0,
      connectionsCheckingInterval: NEVER_MS,
      keepAlive: true, // of TCP: of a caller whose machine is gone nothing else would tell
      keepAliveInitialDelay: IDLE_MS, // else two hours
    });
    this.server.maxConnections = parts.shared.options.connections;
    this.server.on("connection", (socket: Socket) => {
      if (!this.#isRef) socket.unref();
      const connection = new Connection(socket);
      this.#connections.set(socket, connection);
      socket.once("close", () => {
        this.#connections.delete(socket);
        connection.end();
      });
    });
    this.server.on("request", (request, response) => this.#receive(request, response));
  }

  /** Whether the server and its connections keep the host alive: a page may stay open for ever. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    for (const one of [this.server, ...this.#connections.keys()]) {
      if (isRef) one.ref();
      else one.unref();
    }
  }

  /** Ends all waits and streams, lets answers on their way go out, and closes. */
  async close(): Promise<void> {
    const deadline = new Deadline();
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    this.#closing.abort();
    this.server.closeIdleConnections();
    // not closeAllConnections(): it forgets those whose request was no HTTP
    deadline.set(CLOSE_MS, () => this.#connections.forEach((_, socket) => socket.destroy()));
    await closed;
    deadline.clear();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.#connections.get(socket);
    if (!connection) return;
    const gone = new AbortController();
    setMaxListeners(0, gone.signal); // one for each process that it waits for
    const abort = () => gone.abort();
    this.#closing.signal.addEventListener("abort", abort, { once: true });
    const before = connection.add(response, () => {
      if (!response.writableFinished) abort(); // a caller that has its answer waits for nothing
      this.#closing.signal.removeEventListener("abort", abort);
    });
    response.on("error", () => {}); // the caller has gone, of which `close` tells
    request.on("error", () => {});
    if (connection.pending > MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    if (connection.pending > 1) connection.setDeadline(ANSWER_MS);
    else connection.clearDeadline();
    // one after another, as the answers go out
    void before.then(async () => {
      if (connection.pending === 1) connection.clearDeadline();
      if (!socket.destroyed) await this.#answer(request, response, gone.signal);
    });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#route(request, response, signal);
    } catch (error) {
      if (response.headersSent) this.#breakOff(request, response, error, signal);
      else if (error instanceof HttpError) {
        await discardBody(request, this.#parts.shared.options.requestBytes);
        respondWithError(response, error);
      } else if (signal.aborted)
        respondWithError(
          response,
          new HttpError(503, "Service unavailable: the server is closing"),
        );
      else {
        this.#report(request, error);
        respondWithError(response, new HttpError(500, "Internal server error"));
      }
    }
    if (!response.writableFinished && response.writableEnded) this.#expectReading(request.socket);
  }

  #breakOff(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    signal: AbortSignal,
  ): void {
    if (signal.aborted || response.destroyed) {
      response.destroy();
      return;
    }
    this.#report(request, error);
    if (response.writableEnded) return;
    this.#expectReading(request.socket);
    breakOff(response, messageOf(error));
  }

  /** A defect of ours is no reason to take the host down, and none to be silent. */
  #report({ method, url }: IncomingMessage, error: unknown): void {
    const { log } = this.#parts.shared.options;
    const message = `Cannot answer ${method} ${url?.split("?", 1)[0]}: ${messageOf(error)}`;
    if (log?.write) log.write("ERRO", message);
    else process.emitWarning(error instanceof Error ? error : new Error(message));
  }

  async #route(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { shared, isAuthorized, origin, routes } = this.#parts;
    const { method = "", url = "", headers } = request;
    if (this.#closing.signal.aborted) response.setHeader("Connection", "close");
    const [path = "", ...rest] = url.split("?");
    const route = routeOf(routes, path);
    origin.check(request, route?.isForBrowsers === true);
    if (!isAuthorized(headers.authorization)) {
      throw new HttpError(401, "Authentication required", {
        "WWW-Authenticate": 'Basic realm="default"',
        Connection: "close",
      });
    }
    if (!url.startsWith("/")) throw new HttpError(400, "Bad request: expected a path");
    if (method !== "POST") request.resume(); // a body that no handler reads would hide that the caller goes
    if (!route) throw new HttpError(404, "Not found");
    if (!route.methods.includes(method)) {
      // as supervisord, where it is 405 elsewhere
      throw new HttpError(400, "Method not allowed", { Allow: route.methods.join(", ") });
    }
    const context: Context = {
      ...shared,
      path,
      query: new URLSearchParams(rest.join("?")),
      signal,
      isFromBrowser: origin.isFromBrowser(headers),
      body: async () => readBody(request, shared.options.requestBytes, signal),
      isToken: (candidate) => typeof candidate === "string" && isSame(candidate, shared.token),
    };
    await route.handle(request, response, context);
  }

  #expectReading(socket: Socket): void {
    if (!socket.destroyed) this.#connections.get(socket)?.setDeadline(ANSWER_MS);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
