import type { Config, ConfigIssue } from "../config/index.ts";
import type { ServeError } from "../control/index.ts";

type Section = Config["servers"][number];

/** What stands between the brackets. */
export function nameOf({ kind, name }: Section): string {
  return `${kind}_http_server${name === undefined ? "" : `:${name}`}`;
}

/** Of a section, what is no secret. */
export function placeOf(server: Section) {
  if (server.kind === "inet") return { host: server.host, port: server.port };
  const { file, chmod, chown } = server;
  return { file, chmod, ...(chown && { chown }) };
}

/** Why a server cannot be had, with the place where it stands. */
export function issueOfServer(config: Config, section: Section, error: ServeError): ConfigIssue {
  const option = section.kind === "unix" ? "file" : "port";
  return config.issue(nameOf(section), option, error.message);
}
