import { normalize } from "node:path";
import type { Section } from "../ini.ts";
import { toSetting, within } from "../percent.ts";
import { Options, type Reading } from "../section-reader.ts";
import type { Parsed, Type } from "../values.ts";
import type { Draft } from "./program-draft.ts";
import { kindOptions } from "./program-options.ts";
import { readProgram } from "./program.ts";

/** Reads the program of an `[fcgi-program:x]` that is in no group. */
export function readFcgi(reading: Reading, section: Section, name: string): Draft {
  const options = new Options(reading, section);
  const names = within(
    reading.environment,
    new Map([
      ["program_name", name],
      ["host_node_name", reading.facts.host],
    ]),
  );
  options.readAs("user", "user", names); // as supervisord does, which reads the option again for the program
  const given = options.readAll(kindOptions["fcgi-program"], names);
  const url = options.text("socket", names);
  if (url === "" || !options.has("socket")) {
    options.fail(
      url === "" ? "socket" : undefined,
      `[${section.name}] section requires a "socket" line`,
      { expected: EXPECTED, message: "there is no socket" },
    );
  }
  const hasOwner = options.has("socket_owner") || options.has("socket_mode");
  const socket =
    url === undefined || url === ""
      ? undefined
      : options.accept("socket", socketUrl(hasOwner), url, ` in [${section.name}] socket`);
  const program = readProgram(reading, section, name, [name]);
  return {
    ...program,
    ...given,
    socket: socket === undefined ? undefined : toSetting([socket]),
  };
}

const EXPECTED = "tcp://host:port or unix:///path";

function socketUrl(hasOwner: boolean): Type<string> {
  const bad = (problem: string): Parsed<string> => ({ problem, expected: EXPECTED });
  return (url) => {
    if (url.startsWith("unix://")) {
      const path = url.slice(7);
      return path.startsWith("/")
        ? { value: `unix://${normalize(path)}` }
        : bad(`('Unix socket path %s is not an absolute path', '${path}')`);
    }
    if (hasOwner) {
      return {
        problem:
          "socket_owner and socket_mode params should only be used with a Unix domain socket",
        expected: "unix:///path where socket_owner or socket_mode is set",
      };
    }
    const [, host, digits] = /^tcp:\/\/([^\s:]+):(\d+)$/.exec(url) ?? [];
    if (host === undefined) return bad(`('Bad socket format %s', '${url}')`);
    const port = Number(digits);
    if (port < 1) return bad(`${port} is below lower bound (1)`);
    if (port > 65_535) return bad(`${port} is above upper bound (65535)`);
    return { value: `tcp://${host.toLowerCase()}:${port}` };
  };
}
