import type { Section } from "../ini.ts";
import type { Names } from "../percent.ts";
import { repr, toInteger } from "../python.ts";
import { Options, pathTypes, userTypes, type Reading } from "../section-reader.ts";
import { hostNames, octal, text, type Parsed, type Type } from "../values.ts";
import { defined } from "./supervisord.ts";

interface Access {
  /** What stands behind the colon of the section's name. */
  readonly name?: string;
  /** Who may come in; with `password`. */
  readonly username?: string;
  /** In clear, or `{SHA}` and the hex digits of its SHA-1. */
  readonly password?: string;
  /** Names by which browsers may call it, of our own: see `allowedHosts` of `serve`. */
  readonly allowed_hosts?: readonly string[];
}

/** A section `[unix_http_server]`. */
export interface UnixServerSection extends Access {
  /** What sort of section it is. */
  readonly kind: "unix";
  /** Absolute. */
  readonly file: string;
  /** The mode of the socket. */
  readonly chmod: number;
  /** Whose the socket is to be. */
  readonly chown?: {
    /** The user. */
    readonly uid: number;
    /** The group. */
    readonly gid: number;
  };
}

/** A section `[inet_http_server]`. */
export interface InetServerSection extends Access {
  /** What sort of section it is. */
  readonly kind: "inet";
  /** Empty: all addresses. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/** A section of a control server. */
export type ServerSection = UnixServerSection | InetServerSection;

/** All servers, in supervisord's order: those with a port first. */
export function readServers(reading: Reading): ServerSection[] {
  const sections = [...reading.ini.sections.values()];
  const ofKind = (kind: string) =>
    sections.filter(({ name }) => name === kind || name.startsWith(`${kind}:`));
  return [
    ...ofKind("inet_http_server").flatMap((section) => readInet(reading, section)),
    ...ofKind("unix_http_server").flatMap((section) => readUnix(reading, section)),
  ];
}

/** What the children are told: the first unix server, else the first other one. */
export function serverUrl(servers: readonly ServerSection[]): string | undefined {
  const unix = servers.find((server) => server.kind === "unix");
  if (unix) return `unix://${unix.file}`;
  const inet = servers.find((server) => server.kind === "inet");
  return inet && `http://${inet.host || "localhost"}:${inet.port}`;
}

function readInet(reading: Reading, section: Section): InetServerSection[] {
  const options = new Options(reading, section);
  const names = reading.environment;
  const access = readAccess(options, names);
  const address = options.read("port", inetAddress, names);
  if (!options.has("port")) {
    options.fail(undefined, `section [${section.name}] has no port value`, {
      message: "there is no port",
    });
  }
  return address ? [{ kind: "inet", ...access, ...address }] : [];
}

function readUnix(reading: Reading, section: Section): UnixServerSection[] {
  const options = new Options(reading, section);
  const names = reading.environment;
  const file = options.read("file", text, names);
  if (!options.has("file")) {
    options.fail(undefined, `section [${section.name}] has no file value`, {
      message: "there is no file",
    });
  }
  const access = readAccess(options, names);
  const chown = options.read("chown", userTypes(reading.facts).owner("sockchown"), names);
  const mode: Type<number> = (value) => {
    const parsed = octal(value);
    return "value" in parsed ? parsed : { ...parsed, problem: `Invalid chmod value ${value}` };
  };
  const chmod = options.read("chmod", mode, names) ?? 0o700;
  if (file === undefined) return [];
  const whole = pathTypes(reading.facts).absolute(file);
  const owner = chown && { chown: { uid: chown.uid, gid: chown.gid } };
  return [{ kind: "unix", ...access, file: whole, chmod, ...owner }];
}

function readAccess(options: Options, names: Names): Access {
  const { name } = options.section;
  const colon = name.indexOf(":");
  const username = options.read("username", text, names);
  const password = options.read("password", text, names);
  if (options.has("username") !== options.has("password")) {
    options.fail(
      options.has("username") ? "username" : "password",
      `Section [${name}] contains incomplete authentication: If a username or a password is specified, both the username and password must be specified`,
      { message: "username and password must be set both or neither" },
    );
  }
  const allowed_hosts = options.read("allowed_hosts", hostNames, names);
  const label = colon === -1 ? undefined : name.slice(colon + 1);
  return defined({ name: label, username, password, allowed_hosts });
}

function inetAddress(value: string): Parsed<{ host: string; port: number }> {
  const colon = value.lastIndexOf(":");
  const expected = "a port, or host:port";
  const digits = value.slice(colon + 1);
  if (colon !== -1 && digits === "")
    return { problem: `no port number specified in ${repr(digits)}`, expected };
  const port = toInteger(digits);
  if (port === undefined || port < 1 || port > 65_535)
    return { problem: `not a valid port number: ${repr(digits)} `, expected };
  const host = value.slice(0, Math.max(colon, 0)).toLowerCase();
  return { value: { host: host === "*" ? "" : host, port } };
}
