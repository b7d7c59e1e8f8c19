import { normalize } from "node:path";
import type { Section } from "../ini.ts";
import { toSetting, within } from "../percent.ts";
import { Options, userTypes, type Reading } from "../section-reader.ts";
import { integer, octal, type Parsed, type Type } from "../values.ts";
import type { Draft } from "./program-draft.ts";
import { readProgram } from "./program.ts";

/** The program of an `[fcgi-program:x]` that is in no group. */
export function readFcgi(reading: Reading, section: Section, name: string): Draft {
  const options = new Options(reading, section);
  const { user, owner } = userTypes(reading.facts);
  const names = within(
    reading.environment,
    new Map([
      ["program_name", name],
      ["host_node_name", reading.facts.host],
    ]),
  );
  const quietly = options.entry("user")?.value;
  if (quietly !== undefined) options.read("user", user, names);
  const socket_backlog = options.read("socket_backlog", backlog, names);
  const socket_owner = options.read("socket_owner", owner("socket_owner"), names)?.text;
  const socket_mode = options.read("socket_mode", mode, names);
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
    socket: socket === undefined ? undefined : toSetting([socket]),
    ...(socket_backlog !== undefined && { socket_backlog }),
    ...(socket_owner !== undefined && { socket_owner }),
    ...(socket_mode !== undefined && { socket_mode }),
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

const backlog: Type<number> = (value) => {
  const parsed = integer(value);
  if (!("value" in parsed) || (parsed.value >= 1 && parsed.value <= 65_535)) return parsed;
  return {
    problem: `Invalid socket_backlog value ${parsed.value}`,
    expected: "a whole number from 1 to 65535",
  };
};

const mode: Type<number> = (value) => {
  const parsed = octal(value);
  if ("value" in parsed) return { value: parsed.value & 0o777 };
  return { ...parsed, problem: `Invalid socket_mode value ${value}` };
};
