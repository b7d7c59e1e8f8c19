import type { IncomingMessage, ServerResponse } from "node:http";
import type { Shared } from "../options.ts";

/** A request whose name, password and origin were checked, and what its handler may use. */
export interface Context extends Shared {
  /** The path as the caller sent it, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the connection is lost or the server closes: ends every wait and every stream. */
  readonly signal: AbortSignal;
  /** Whether the request comes from a browser. */
  readonly isFromBrowser: boolean;
  /** Reads the whole body. @throws {HttpError} 411 without a length, 413 if it is longer than allowed. */
  body(): Promise<Buffer>;
  /** Whether a text is the token of this server's pages; pages of other sites do not know it. */
  isToken(candidate: string | null | undefined): boolean;
}

/** Answers a request. An {@link HttpError} that it throws becomes the answer, any other error a 500. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
) => void | Promise<void>;

/** A path, and the handler that answers it. */
export interface Route {
  /** `/logtail` */
  readonly path: string;
  /** Whether the handler also answers every path below this one. */
  readonly isPrefix?: boolean;
  readonly methods: readonly string[];
  /** Whether the path is a page, or something that a page loads, and not for programs. */
  readonly isForBrowsers?: boolean;
  readonly handle: Handler;
}

/** The route of a path: the longest that matches. */
export function routeOf(routes: readonly Route[], path: string): Route | undefined {
  const matching = routes.filter(
    (route) => route.path === path || (route.isPrefix && path.startsWith(`${route.path}/`)),
  );
  return matching.toSorted((a, b) => b.path.length - a.path.length)[0];
}
