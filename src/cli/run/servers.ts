import type { Config, ConfigIssue } from "../../config/index.ts";
import { ServeError, checkPlace } from "../../control/index.ts";

type Section = Config["servers"][number];

/** What stands between the brackets. */
export function nameOf({ kind, name }: Section): string {
  return `${kind}_http_server${name === undefined ? "" : `:${name}`}`;
}

/** Of a section, what is no secret. */
export function placeOf(server: Section) {
  if (server.kind === "inet") return { host: server.host, port: server.port };
  const { file, chmod, chown } = server;
  // as supervisord, which makes it anywhere: see `dangerOf`
  return { file, chmod, ...(chown && { chown }), allowUnsafeDirectory: true };
}

/** Who else could replace the socket of a server, made by us or by whom we are to become. */
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
  return undefined; // what else there is to say is said when it is made
}

/** Why a server cannot be had, with the place where it stands. */
export function issueOfServer(config: Config, section: Section, error: ServeError): ConfigIssue {
  const option = section.kind === "unix" ? "file" : "port";
  return config.issue(nameOf(section), option, error.message);
}
