import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { Refusal } from "../errors.ts";

/** The part of a request that shows where it comes from. */
type Origins = Pick<IncomingMessage, "method" | "headers" | "httpVersion">;

/** What decides whether a request can have been sent by a page from elsewhere. */
export interface Guard {
  /**
   * @param isForBrowsers - Whether what is asked for is a page, rather than what programs call.
   * @throws {Refusal}
   */
  check(request: Origins, isForBrowsers: boolean): void;
  /** Whether a browser sent it, whoever made it do so. None reaches a unix socket by itself. */
  isFromBrowser(headers: IncomingHttpHeaders): boolean;
}

/** Where the server listens: at which TCP address, or undefined for a unix socket. */
export interface Served {
  readonly host: string | undefined;
  readonly isLoopback: boolean;
  readonly hasPassword: boolean;
  readonly allowedHosts: readonly string[];
}

/**
 * Refuses names that are not ours (a page whose own name was made to point here: DNS rebinding), and
 * requests that a page from elsewhere sends (CSRF). A program that knows the password may call by any
 * name: a page under a name that is not ours has no password to send. No browser reaches a unix socket
 * by itself, so there the name does not matter; a page from elsewhere that a proxy shows is refused
 * all the same.
 */
export function guard({ host, isLoopback, hasPassword, allowedHosts }: Served): Guard {
  const allowed = new Set(allowedHosts.map((name) => hostOf(name) ?? name.toLowerCase()));
  const ours = new Set(["localhost", ...allowed]);
  if (host !== undefined) ours.add(host.toLowerCase());
  const isOurs = (name: string) => ours.has(name) || (isIP(name) !== 0 && isPlain(name));
  // no name server can turn an address into another one: only names can be made to lie
  const isPlain = (address: string) => !isLoopback || isLoopbackAddress(address);
  const checkName = (name: string | undefined) => {
    if (name !== undefined && isOurs(name)) return;
    const message = "This server is not known by that name (see allowedHosts, or --allowed-host)";
    throw new Refusal(403, message);
  };
  const isFromBrowser = (headers: IncomingHttpHeaders) =>
    host !== undefined && showsBrowser(headers);
  return {
    isFromBrowser,
    check({ method, headers, httpVersion }, isForBrowsers) {
      const isNameAsked = !hasPassword || isForBrowsers || isFromBrowser(headers);
      if (host !== undefined && isNameAsked) {
        // every browser sends a Host, and no page can leave it out
        if (headers.host !== undefined) checkName(hostOf(headers.host));
        else if (isForBrowsers && httpVersion === "1.1")
          throw new Refusal(400, "Expected a Host", { Connection: "close" });
      }
      if (headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host, allowed))
        throw new Refusal(403, "Pages from elsewhere may not call this server");
      const site = headers["sec-fetch-site"];
      const isFromElsewhere = site !== undefined && site !== "same-origin" && site !== "none";
      const isVisit = method === "GET" && headers["sec-fetch-mode"] === "navigate";
      if (isFromElsewhere && !isVisit)
        throw new Refusal(403, "Pages from elsewhere may not call this server");
    },
  };
}

/**
 * Whether there are headers of a browser. Each sends the last one, which no page can change without
 * asking first, whatever it leaves out of the others; `Sec-Fetch-Mode` alone is Node's own `fetch`.
 */
function showsBrowser(headers: IncomingHttpHeaders): boolean {
  const { origin, referer, cookie } = headers;
  if (origin !== undefined || referer !== undefined || cookie !== undefined) return true;
  const isHint = (name: string) => name.startsWith("sec-") && name !== "sec-fetch-mode";
  return (
    Object.keys(headers).some(isHint) || /^(?:Mozilla|Opera)\//i.test(headers["user-agent"] ?? "")
  );
}

/** Whether it is an address that only this machine reaches. */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith("127.");
  const mapped = /^::ffff:(.+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIP(mapped) === 4) return mapped.startsWith("127.");
  return address === "::1" || /^(?:0+:){7}0*1$/.test(address);
}

/** Whether it is a type of XML-RPC: one that no page can send elsewhere without asking first. */
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
  const [, place] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  if (place === undefined) return false; // `null` is what a sandboxed page says
  const name = hostOf(place);
  if (place.toLowerCase() === host?.toLowerCase()) return true;
  return name !== undefined && allowed.has(name);
}
