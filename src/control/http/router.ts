import type { IncomingMessage, ServerResponse } from "node:http";
import type { Shared } from "../options.ts";

/** One request, and what its handler may use. It was let in: name, password and origin are right. */
export interface Context extends Shared {
  /** The path as it was sent, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the caller has gone, or the server closes: ends every wait and every stream. */
  readonly signal: AbortSignal;
  /** Whether a browser sent it, whoever made it do so. */
  readonly isFromBrowser: boolean;
  /** The whole body. @throws {Refusal} 411 without a length, 413 if it is longer than allowed. */
  body(): Promise<Buffer>;
  /** Whether this is our token: a page from elsewhere does not know it. */
  isToken(candidate: string | null | undefined): boolean;
}

/** Answers a request. A {@link Refusal} that it throws is answered, whatever else is an error of ours. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
) => void | Promise<void>;

/** Who answers which path. */
export interface Route {
  /** `/logtail` */
  readonly path: string;
  /** Whether what begins with the path and a slash belongs to it, too. */
  readonly isPrefix?: boolean;
  readonly methods: readonly string[];
  /** Whether it is a page, and what pages load: not for programs. */
  readonly isForBrowsers?: boolean;
  readonly handle: Handler;
}

/** The route of a path: the longest that fits. */
export function routeOf(routes: readonly Route[], path: string): Route | undefined {
  const fitting = routes.filter(
    (route) => route.path === path || (route.isPrefix && path.startsWith(`${route.path}/`)),
  );
  return fitting.toSorted((a, b) => b.path.length - a.path.length)[0];
}
