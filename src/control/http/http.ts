import { once, setMaxListeners } from "node:events";
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { isSame, type Doorkeeper } from "./auth.ts";
import { Deadline } from "./deadline.ts";
import { Refusal } from "../errors.ts";
import type { Guard } from "./origin.ts";
import { escapeHtml } from "../pages/escape.ts";
import type { Shared } from "../options.ts";
import { routeOf, type Context, type Route } from "./router.ts";
import { frame } from "../pages/live-feed.ts";

const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 1_048_576;
const MAX_CONNECTIONS = 512;
/** Requests that one connection may have sent without waiting for their answers. */
const MAX_PIPELINED = 16;
/** How long the head of a request may take, from the connection on. */
const HEAD_MS = 15_000;
/** How long a body may take. */
const BODY_MS = 30_000;
/** How long a connection may wait for its next request. */
const IDLE_MS = 60_000;
/** How long answers on their way may take after `close()`. */
const CLOSE_MS = 1_000;
/** How long a caller may take to read an answer. */
const ANSWER_MS = 60_000;
const NEVER_MS = 2 ** 31 - 1;

export interface Parts {
  readonly shared: Shared;
  readonly mayEnter: Doorkeeper;
  readonly guard: Guard;
  readonly routes: readonly Route[];
}

/** A connection, and the requests on it that are not over. */
interface Line {
  readonly deadline: Deadline;
  /** What ends each of them. */
  readonly open: Set<() => void>;
  /** Settles when all of them are over. */
  over: Promise<void>;
}

/** An HTTP server with bounds on all that a caller can make long, large or many. */
export class Http {
  readonly server: HttpServer;
  readonly #parts: Parts;
  readonly #lines = new Map<Socket, Line>();
  readonly #closing = new AbortController();
  readonly #bodyBytes: number;
  #isRef = true;

  constructor(parts: Parts) {
    this.#parts = parts;
    setMaxListeners(0, this.#closing.signal); // one for each answer that is under way
    const { requestBytes = MAX_BODY_BYTES, connections = MAX_CONNECTIONS } = parts.shared.options;
    this.#bodyBytes = requestBytes;
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
    this.server.maxConnections = connections;
    this.server.on("connection", (socket: Socket) => {
      if (!this.#isRef) socket.unref();
      const line: Line = { deadline: new Deadline(), open: new Set(), over: Promise.resolve() };
      this.#lines.set(socket, line);
      this.#await(socket, HEAD_MS);
      socket.once("close", () => {
        line.deadline.clear();
        this.#lines.delete(socket);
        // an answer whose turn has not come is not told that its socket has gone
        for (const end of line.open) end();
      });
    });
    this.server.on("request", (request, response) => this.#receive(request, response));
  }

  /** Whether it keeps the host alive, and so do those who are connected: a page may stay open for ever. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    for (const one of [this.server, ...this.#lines.keys()]) {
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
    deadline.set(CLOSE_MS, () => this.#lines.forEach((_line, socket) => socket.destroy()));
    await closed;
    deadline.clear();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const line = this.#lines.get(request.socket);
    if (!line) return;
    const gone = new AbortController();
    setMaxListeners(0, gone.signal); // one for each process that it waits for
    const abort = () => gone.abort();
    this.#closing.signal.addEventListener("abort", abort, { once: true });
    const before = line.over;
    line.over = new Promise((resolve) => {
      const end = () => {
        if (!line.open.delete(end)) return;
        if (!response.writableFinished) abort(); // whoever has his answer waits for nothing
        this.#closing.signal.removeEventListener("abort", abort);
        if (line.open.size === 0 && !request.socket.destroyed)
          this.#await(request.socket, IDLE_MS + HEAD_MS);
        resolve();
      };
      line.open.add(end);
      response.once("close", end);
    });
    response.on("error", () => {}); // the caller has gone, of which `close` tells
    request.on("error", () => {});
    if (line.open.size > MAX_PIPELINED) {
      request.socket.destroy();
      return;
    }
    if (line.open.size > 1) this.#await(request.socket, ANSWER_MS);
    else line.deadline.clear();
    // one after another, as the answers go out
    void before.then(async () => {
      if (line.open.size === 1) line.deadline.clear();
      if (!request.socket.destroyed) await this.#answer(request, response, gone.signal);
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
      else if (error instanceof Refusal) {
        await readAway(request, this.#bodyBytes);
        refuse(response, error);
      } else if (signal.aborted) refuse(response, new Refusal(503, "The server closes"));
      else {
        this.#report(request, error);
        refuse(response, new Refusal(500, "Something went wrong here"));
      }
    }
    const { socket } = request;
    if (!response.writableFinished && response.writableEnded && !socket.destroyed)
      this.#await(socket, ANSWER_MS);
  }

  /** Tells the reader of a stream why it ends, and cuts the connection: the stream is not whole. */
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
    this.#await(request.socket, ANSWER_MS);
    response.write(lastWords(response, messageOf(error)), () => response.destroy());
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
    const { shared, mayEnter, guard, routes } = this.#parts;
    const { method = "", url = "", headers } = request;
    if (this.#closing.signal.aborted) response.setHeader("Connection", "close");
    const [path = "", ...rest] = url.split("?");
    const route = routeOf(routes, path);
    guard.check(request, route?.isForBrowsers === true);
    if (!mayEnter(headers.authorization)) {
      throw new Refusal(401, "Who are you?", {
        "WWW-Authenticate": 'Basic realm="default"',
        Connection: "close",
      });
    }
    if (!url.startsWith("/")) throw new Refusal(400, "Expected a path");
    if (method !== "POST") request.resume(); // a body that nobody takes would hide that the caller goes
    if (!route) throw new Refusal(404, "There is nothing of that name");
    if (!route.methods.includes(method)) {
      // as supervisord, where it is 405 elsewhere
      throw new Refusal(400, "That cannot be done here", { Allow: route.methods.join(", ") });
    }
    const context: Context = {
      ...shared,
      path,
      query: new URLSearchParams(rest.join("?")),
      signal,
      isFromBrowser: guard.isFromBrowser(headers),
      body: async () => readBody(request, this.#bodyBytes, signal),
      isToken: (candidate) => typeof candidate === "string" && isSame(candidate, shared.token),
    };
    await route.handle(request, response, context);
  }

  #await(socket: Socket, ms: number): void {
    this.#lines.get(socket)?.deadline.set(ms, () => socket.destroy());
  }
}

/** The body, if it is no longer than it may be, and comes in time. */
async function readBody(
  request: IncomingMessage,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const length = request.headers["content-length"];
  if (length === undefined) throw new Refusal(411, "Expected a Content-Length");
  if (Number(length) > limit) {
    throw new Refusal(413, `Expected at most ${limit} bytes`, { Connection: "close" });
  }
  const deadline = new Deadline();
  const chunks: Buffer[] = [];
  try {
    deadline.set(BODY_MS, () => request.destroy());
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(request, "end", { signal }); // or the caller has gone
  } catch (cause) {
    throw new Refusal(400, (cause as Error).message, { Connection: "close" });
  } finally {
    deadline.clear();
  }
  return Buffer.concat(chunks);
}

/** Who is cut off while he still speaks finds a broken pipe, and not the answer. */
async function readAway(request: IncomingMessage, limit: number): Promise<void> {
  const isShort = Number(request.headers["content-length"]) <= limit;
  if (request.complete || request.destroyed || !isShort) return;
  const deadline = new Deadline();
  deadline.set(BODY_MS, () => request.destroy());
  await finished(request.resume()).catch(() => {}); // he has gone
  deadline.clear();
}

function refuse(response: ServerResponse, { status, message, headers }: Refusal): void {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`;
  const page = `<!DOCTYPE html><title>${title}</title><h1>${title}</h1><p>${escapeHtml(message)}</p>\n`;
  response.writeHead(status, {
    ...headers,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(page),
  });
  response.end(page);
}

/** What the reader of a stream is told when it breaks off. */
function lastWords(response: ServerResponse, message: string): string {
  if (response.getHeader("Content-Type") === "text/event-stream") return frame("failed", message);
  return `\n==> ${message} <==\n`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
