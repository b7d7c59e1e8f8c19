import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { Refusal } from "./errors.ts";

/** What decides whether a request can have been sent by a page from elsewhere. */
export interface Guard {
  /** @throws {Refusal} */
  check(method: string, headers: IncomingHttpHeaders): void;
}

/** Where the server listens: at which TCP address, or undefined for a unix socket. */
export interface Served {
  readonly host: string | undefined;
  readonly isLoopback: boolean;
  readonly allowedHosts: readonly string[];
}

/**
 * Refuses names that are not ours (a page whose own name was made to point here: DNS rebinding), and
 * requests that a page from elsewhere sends (CSRF). No browser reaches a unix socket by itself, so
 * there the name does not matter; what a proxy passes on is judged all the same.
 */
export function guard({ host, isLoopback, allowedHosts }: Served): Guard {
  const ours = new Set(["localhost", ...allowedHosts.map((name) => name.toLowerCase())]);
  if (host !== undefined) ours.add(host.toLowerCase());
  const isOurs = (name: string) => ours.has(name) || (isIP(name) !== 0 && isPlain(name));
  // no name server can turn an address into another one: only names can be made to lie
  const isPlain = (address: string) => !isLoopback || isLoopbackAddress(address);
  return {
    check(method, headers) {
      const name = hostOf(headers.host);
      const isNamed = headers.host !== undefined;
      if (host !== undefined && isNamed && (name === undefined || !isOurs(name)))
        throw new Refusal(403, "This server is not known by that name (see allowedHosts)");
      if (headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host, allowedHosts))
        throw new Refusal(403, "Pages from elsewhere may not call this server");
      const site = headers["sec-fetch-site"];
      const isFromElsewhere = site !== undefined && site !== "same-origin" && site !== "none";
      const isVisit = method === "GET" && headers["sec-fetch-mode"] === "navigate";
      if (isFromElsewhere && !isVisit)
        throw new Refusal(403, "Pages from elsewhere may not call this server");
    },
  };
}

/** Whether it is an address that only this machine reaches. */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith("127.");
  const mapped = /^::ffff:(.+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIP(mapped) === 4) return mapped.startsWith("127.");
  return address === "::1" || /^(?:0+:){7}0*1$/.test(address);
}

/** The types that a page can send elsewhere without asking first are no XML-RPC. */
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
  allowedHosts: readonly string[],
): boolean {
  const [, place] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  if (place === undefined) return false; // `null` is what a sandboxed page says
  const name = hostOf(place);
  if (place.toLowerCase() === host?.toLowerCase()) return true;
  return name !== undefined && allowedHosts.some((allowed) => allowed.toLowerCase() === name);
}
