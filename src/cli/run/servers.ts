import { describeIssue, type Config, type ConfigIssue } from "../../config/index.ts";
import {
  ServeError,
  checkPlace,
  serve,
  type ServeOptions,
  type Server,
} from "../../control/index.ts";
import type { ActivityLog, Supervisor } from "../../index.ts";
import { UsageError } from "../usage-error.ts";

type Section = Config["servers"][number];

/** A server, and the section of the file that it comes from. */
interface ServerOf {
  readonly config: Config;
  readonly section: Section;
  readonly options: ServeOptions;
}

/**
 * Opens a server. The log has a line for each danger.
 * @throws {UsageError} if it cannot listen
 */
export async function openServer(
  supervisor: Supervisor,
  { config, section, options }: ServerOf,
  log: ActivityLog,
): Promise<Server> {
  const { username, password } = section;
  const access = username !== undefined && password !== undefined && { username, password };
  const name = nameOf(section);
  if (!access)
    log.write("CRIT", `Server '${name}' running without any HTTP authentication checking`);
  const danger = await dangerOf(section);
  if (danger !== undefined) log.write("CRIT", `Server '${name}': ${danger}`);
  try {
    return await serve(supervisor, placeOf(section), { ...access, ...options });
  } catch (cause) {
    if (!(cause instanceof ServeError)) throw cause;
    throw new UsageError(describeIssue(issueOfServer(config, section, cause)), { cause });
  }
}

/** The name between the brackets of a section. */
export function nameOf({ kind, name }: Section): string {
  return `${kind}_http_server${name === undefined ? "" : `:${name}`}`;
}

/** The place of a server, without its secrets. */
export function placeOf(server: Section) {
  if (server.kind === "inet") return { host: server.host, port: server.port };
  const { file, chmod, chown } = server;
  // supervisord makes a socket in any directory: see `dangerOf`
  return { file, chmod, ...(chown && { chown }), allowUnsafeDirectory: true };
}

/** Tells which other user could replace the socket of a server that this user, or another, makes. */
export async function dangerOf(
  server: Section,
  user: { readonly uid?: number; readonly gid?: number } = {},
): Promise<string | undefined> {
  if (server.kind === "inet") return undefined;
  try {
    await checkPlace({ file: server.file }, user);
  } catch (error) {
    if (error instanceof ServeError && error.code === "UNSAFE_DIRECTORY") return error.message;
  }
  return undefined; // other errors come up when the socket is made
}

/** The issue for a server that cannot listen, with its place in the file. */
export function issueOfServer(config: Config, section: Section, error: ServeError): ConfigIssue {
  const option = section.kind === "unix" ? "file" : "port";
  return config.issue(nameOf(section), option, error.message);
}
