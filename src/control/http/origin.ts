import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { HttpError } from "../errors.ts";

/** The part of a request that shows which page sent it. */
type RequestOrigin = Pick<IncomingMessage, "method" | "headers" | "httpVersion">;

/** Decides whether a page of another site can have sent a request. */
export interface OriginCheck {
  /**
   * Checks the name that the request calls the server by, and the page that has sent it.
   * @param isForBrowsers - Whether the path is a page, and not an interface for programs.
   * @throws {HttpError}
   */
  check(request: RequestOrigin, isForBrowsers: boolean): void;
  /** Whether a browser sent the request. No browser reaches a unix socket by itself. */
  isFromBrowser(headers: IncomingHttpHeaders): boolean;
}

/** The address and the protection of a server. The host is undefined for a unix socket. */
export interface ServedAt {
  readonly host: string | undefined;
  readonly isLoopback: boolean;
  readonly hasPassword: boolean;
  readonly allowedHosts: readonly string[];
}

/**
 * Refuses names that are not the server's (an attacker can make the name of its page point to this
 * address: DNS rebinding), and requests that a page of another site sends (CSRF). A program that knows
 * the password may call by any name: a browser has no password for a page under another name. No browser
 * reaches a unix socket by itself, so there the name does not matter; a page of another site is refused
 * there, too: a proxy may pass its request on.
 */
export function originCheck({
  host,
  isLoopback,
  hasPassword,
  allowedHosts,
}: ServedAt): OriginCheck {
  const allowed = new Set(allowedHosts.map((name) => hostOf(name) ?? name.toLowerCase()));
  const own = new Set(["localhost", ...allowed]);
  if (host !== undefined) own.add(host.toLowerCase());
  const isOwn = (name: string) => own.has(name) || (isIP(name) !== 0 && isPlain(name));
  // an address needs no check: no name server can make it point elsewhere
  const isPlain = (address: string) => !isLoopback || isLoopbackAddress(address);
  const checkName = (name: string | undefined) => {
    if (name !== undefined && isOwn(name)) return;
    const message =
      "Forbidden: this server does not have that name (see allowedHosts, or --allowed-host)";
    throw new HttpError(403, message);
  };
  const isFromBrowser = (headers: IncomingHttpHeaders) =>
    host !== undefined && showsBrowser(headers);
  return {
    isFromBrowser,
    check({ method, headers, httpVersion }, isForBrowsers) {
      const isNameChecked = !hasPassword || isForBrowsers || isFromBrowser(headers);
      if (host !== undefined && isNameChecked) {
        // every browser sends a Host, and no page can leave it out
        if (headers.host !== undefined) checkName(hostOf(headers.host));
        else if (isForBrowsers && httpVersion === "1.1")
          throw new HttpError(400, "Bad request: expected a Host header", { Connection: "close" });
      }
      if (headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host, allowed))
        throw new HttpError(403, "Forbidden: pages of other sites may not call this server");
      const site = headers["sec-fetch-site"];
      const isCrossSite = site !== undefined && site !== "same-origin" && site !== "none";
      const isVisit = method === "GET" && headers["sec-fetch-mode"] === "navigate";
      if (isCrossSite && !isVisit)
        throw new HttpError(403, "Forbidden: pages of other sites may not call this server");
    },
  };
}

/**
 * Whether there are headers of a browser. A page can leave the others out, but every browser sends its
 * `User-Agent`, which a page can change only after a preflight request. Node's `fetch` sends
 * `Sec-Fetch-Mode`, too.
 */
function showsBrowser(headers: IncomingHttpHeaders): boolean {
  const { origin, referer, cookie } = headers;
  if (origin !== undefined || referer !== undefined || cookie !== undefined) return true;
  const isHint = (name: string) => name.startsWith("sec-") && name !== "sec-fetch-mode";
  return (
    Object.keys(headers).some(isHint) || /^(?:Mozilla|Opera)\//i.test(headers["user-agent"] ?? "")
  );
}

/** Whether only this machine reaches an address. */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith("127.");
  const mapped = /^::ffff:(.+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIP(mapped) === 4) return mapped.startsWith("127.");
  return address === "::1" || /^(?:0+:){7}0*1$/.test(address);
}

/** Whether a type is one of XML-RPC: a page can send it to another site only after a preflight request. */
export function isRpcType(type: string | undefined): boolean {
  return /^(?:text|application)\/xml\s*(?:;|$)/i.test(type ?? "");
}

function hostOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, six, name] = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@[\]\s]+))(?::\d{1,5})?$/i.exec(header) ?? [];
  return (six ?? name)?.toLowerCase().replace(/\.$/, "");
}

function isOwnOrigin(
  origin: string,
  host: string | undefined,
  allowed: ReadonlySet<string>,
): boolean {
  const [, address] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  if (address === undefined) return false; // a sandboxed page sends `null`
  const name = hostOf(address);
  if (address.toLowerCase() === host?.toLowerCase()) return true;
  return name !== undefined && allowed.has(name);
}
