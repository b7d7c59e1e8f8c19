import type { Probe, StatusRange } from "../ports/prober.ts";
import { didYouMean } from "../schema/suggest.ts";
import { isUnspecified, withoutMapping } from "./local.ts";

/** What is wrong with a text. */
export interface Problem {
  readonly problem: string;
}

interface Place {
  readonly host: string;
  readonly port: number | undefined;
}

const SCHEMES = ["tcp", "unix", "http", "https"] as const;
const FORMS = "tcp://host:port, unix:///path, http://host or https://host";
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i;
/** The host is an address in brackets, or has none of the characters that end it. */
const PLACE = /^(\[[^[\]]*\]|[^:[\]\\]*)(?::(.*))?$/;

/** Creates the probe of a URL, or tells what is wrong with the URL. `statuses` is for http. */
export function parseProbeUrl(text: string, statuses: readonly StatusRange[]): Probe | Problem {
  if (/[\s\p{Cc}]/u.test(text)) return refuse("a URL without blanks (%20 is one)", text);
  const [, given = "", authority = "", rest = ""] = PARTS.exec(text) ?? [];
  const scheme = SCHEMES.find((one) => one === given.toLowerCase());
  if (scheme === undefined)
    return refuse(FORMS, text, given === "" ? "" : didYouMean(given, SCHEMES));
  if (scheme === "unix") return unixProbe(text, authority, rest);
  if (authority.includes("@")) {
    const hidden = `${given}://…${authority.slice(authority.lastIndexOf("@"))}${rest}`;
    return refuse("a URL without user and password", hidden, "; use ready_command to send them");
  }
  const place = parsePlace(text, authority);
  if ("problem" in place) return place;
  const { host } = place;
  if (scheme === "tcp") {
    const { port } = place;
    if (port === undefined) return refuse("a port, as in tcp://localhost:8080", text);
    if (rest !== "" && rest !== "/") return refuse("nothing after the port", text);
    return { kind: "tcp", url: text, host, port };
  }
  const isSecure = scheme === "https";
  const { port = isSecure ? 443 : 80 } = place;
  const { pathname, search } = new URL(`http://host${rest}`);
  const target = pathname + search; // without the fragment, which is not for the server
  return { kind: "http", url: text, host, port, target, isSecure, statuses };
}

function unixProbe(url: string, authority: string, rest: string): Probe | Problem {
  if (authority !== "" || rest === "" || rest === "/")
    return refuse("an absolute path, as in unix:///run/web.sock", url);
  if (/[?#]/.test(rest)) return refuse('a path with "?" as %3F and "#" as %23', url);
  try {
    const path = decodeURIComponent(rest);
    return path.includes("\0") ? refuse("a path", url) : { kind: "unix", url, path };
  } catch {
    return refuse('a path with "%" as %25', url);
  }
}

function parsePlace(text: string, authority: string): Place | Problem {
  if (/^[^[]*:.*:/.test(authority))
    return refuse("an IPv6 address in brackets, as in [::1]:8080", text);
  const [, given = "", port] = PLACE.exec(authority) ?? [];
  const host = normalHost(given);
  if (host === undefined) return refuse("a host name or an IP address", text);
  if (isUnspecified(host)) {
    const address = host.includes(":") ? "[::1]" : "127.0.0.1";
    return refuse("an address to connect to", text, `; ${given} is to listen on: ask ${address}`);
  }
  if (port === undefined) return { host, port };
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    return refuse("a port from 1 to 65535", text);
  return { host, port: Number(port) };
}

/** The host as browsers have it: lower case, ASCII, short. */
function normalHost(host: string): string | undefined {
  if (host === "" || host === "*") return host || undefined;
  try {
    const { hostname } = new URL(`http://${host}`);
    return withoutMapping(hostname.replaceAll(/[[\]]/g, ""));
  } catch {
    return undefined;
  }
}

function refuse(expected: string, text: string, hint = ""): Problem {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
  return { problem: `expected ${expected}, got ${shown}${hint}` };
}
