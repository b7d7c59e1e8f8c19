import { option } from "../../schema/option.ts";
import { CONTROL_SOCKET_MODE } from "../../schema/types.ts";
import { defaultsOf, defined } from "../defaults.ts";
import type { Section } from "../ini.ts";
import type { Names } from "../percent.ts";
import { Options, type Reading } from "../section-reader.ts";
import { absolute } from "../system-values.ts";

/** The options for a user name and a password, of servers and of their client. */
export const loginOptions = {
  username: option({ syntax: "text" }, (text) => text.optional()),
  password: option({ syntax: "text" }, (text) => text.optional()),
};
const access = {
  ...loginOptions,
  allowed_hosts: option({ syntax: "host names", isExtension: true }, (names) => names.optional()),
};
const socket = { file: option({ syntax: "text" }, (file) => file) };
const permissions = {
  chown: option({ syntax: "file owner" }, (owner) => owner.optional()),
  chmod: option({ syntax: "file mode" }, (mode) => mode.default(CONTROL_SOCKET_MODE)),
};
const address = { port: option({ syntax: "address" }, (port) => port) };

/** The options of `[unix_http_server]`. */
export const unixServerOptions = { ...socket, ...access, ...permissions };
/** The options of `[inet_http_server]`. */
export const inetServerOptions = { ...access, ...address };

interface Access {
  /** The text after the colon in the section's name. */
  readonly name?: string;
  /** The user name that clients have to give, with `password`. */
  readonly username?: string;
  /** In clear, or `{SHA}` and the hex digits of its SHA-1. */
  readonly password?: string;
  /**
   * Additional names by which browsers may address the server, an extension: see `allowedHosts` of
   * `serve`.
   */
  readonly allowed_hosts?: readonly string[];
}

/** A section `[unix_http_server]`. */
export interface UnixServerSection extends Access {
  /** The kind of the section. */
  readonly kind: "unix";
  /** The absolute path of the socket. */
  readonly file: string;
  /** The mode of the socket. */
  readonly chmod: number;
  /** The owner of the socket. */
  readonly chown?: {
    /** The user. */
    readonly uid: number;
    /** The group. */
    readonly gid: number;
  };
}

/** A section `[inet_http_server]`. */
export interface InetServerSection extends Access {
  /** The kind of the section. */
  readonly kind: "inet";
  /** The address; empty for all addresses. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/** A section of a control server. */
export type ServerSection = UnixServerSection | InetServerSection;

/** All servers, in supervisord's order: servers with a port come first. */
export function readServers(reading: Reading): ServerSection[] {
  const sections = [...reading.ini.sections.values()];
  const ofKind = (kind: string) =>
    sections.filter(({ name }) => name === kind || name.startsWith(`${kind}:`));
  return [
    ...ofKind("inet_http_server").flatMap((section) => readInet(reading, section)),
    ...ofKind("unix_http_server").flatMap((section) => readUnix(reading, section)),
  ];
}

/** The server URL for the children: the first unix server, else the first other server. */
export function serverUrl(servers: readonly ServerSection[]): string | undefined {
  const unix = servers.find((server) => server.kind === "unix");
  if (unix) return `unix://${unix.file}`;
  const inet = servers.find((server) => server.kind === "inet");
  return inet && `http://${inet.host || "localhost"}:${inet.port}`;
}

function readInet(reading: Reading, section: Section): InetServerSection[] {
  const options = new Options(reading, section);
  const names = reading.environment;
  const given = readAccess(options, names);
  const { port: place } = options.readAll(address, names);
  if (!options.has("port")) {
    options.fail(undefined, `section [${section.name}] has no port value`, {
      message: "there is no port",
    });
  }
  return place ? [{ kind: "inet", ...given, ...place }] : [];
}

function readUnix(reading: Reading, section: Section): UnixServerSection[] {
  const options = new Options(reading, section);
  const names = reading.environment;
  const { file } = options.readAll(socket, names);
  if (!options.has("file")) {
    options.fail(undefined, `section [${section.name}] has no file value`, {
      message: "there is no file",
    });
  }
  const given = readAccess(options, names);
  const { chown, chmod } = { ...defaultsOf(permissions), ...options.readAll(permissions, names) };
  if (file === undefined) return [];
  const owner = chown && { chown: { uid: chown.uid, gid: chown.gid } };
  return [{ kind: "unix", ...given, file: absolute(file, reading.facts), chmod, ...owner }];
}

function readAccess(options: Options, names: Names): Access {
  const { name } = options.section;
  const colon = name.indexOf(":");
  const { username, password } = options.readAll(loginOptions, names);
  if (options.has("username") !== options.has("password")) {
    options.fail(
      options.has("username") ? "username" : "password",
      `Section [${name}] contains incomplete authentication: If a username or a password is specified, both the username and password must be specified`,
      { message: "username and password must be set both or neither" },
    );
  }
  const { allowed_hosts } = options.readAll({ allowed_hosts: access.allowed_hosts }, names);
  const label = colon === -1 ? undefined : name.slice(colon + 1);
  return defined({ name: label, username, password, allowed_hosts });
}
