import path from "node:path";
import type { SettingsIssue } from "../schema/settings-error.ts";
import type { Command, SharedSocket } from "../ports/command.ts";
import { findGroup, findUser } from "../system/users.ts";
import { hasVariables } from "../schema/expand.ts";
import type { ResolvedProgramSettings } from "../settings/program.ts";
import { show } from "../schema/show.ts";

interface Helpers {
  readonly expand: (key: string, text: string) => string;
  readonly complain: (key: string, message: string) => void;
}

/** As long as a queue may be: the system makes of it what it allows. */
const BACKLOG = 65_535;
const MODE = 0o700;
/** The bytes that `sun_path` has. */
const PATH_BYTES = process.platform === "linux" ? 107 : 103;
const RELATED = ["socket_backlog", "socket_owner", "socket_mode"] as const;

/** The socket that the processes of a program share; complains of what cannot be. */
export function planSocket(
  settings: ResolvedProgramSettings,
  { expand, complain }: Helpers,
): SharedSocket | undefined {
  const { socket, socket_backlog: backlog = BACKLOG, socket_mode: mode = MODE } = settings;
  if (socket === undefined) {
    for (const key of RELATED) {
      if (settings[key] !== undefined)
        complain(key, `expected nothing where there is no socket, got ${show(settings[key])}`);
    }
    return undefined;
  }
  if (process.platform === "win32") {
    complain("socket", "there is no passing of sockets on Windows");
    return undefined;
  }
  if (settings.stopstdin)
    complain("stopstdin", "expected false while the standard input is a socket, got true");
  const address = addressOf(expand("socket", socket), socket, (message) =>
    complain("socket", message),
  );
  if (!address) return undefined;
  if ("path" in address) {
    const owner = ownerOf(settings, (message) => complain("socket_owner", message));
    return { url: `unix://${address.path}`, address, backlog, mode, ...(owner && { owner }) };
  }
  for (const key of ["socket_owner", "socket_mode"] as const) {
    if (settings[key] !== undefined)
      complain(
        key,
        `expected nothing where the socket is no unix:// one, got ${show(settings[key])}`,
      );
  }
  const { host, port } = address;
  return {
    url: `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`,
    address,
    backlog,
    mode,
  };
}

function addressOf(
  text: string,
  written: string,
  complain: (message: string) => void,
): SharedSocket["address"] | undefined {
  const file = /^unix:\/\/(.*)$/s.exec(text)?.[1];
  if (file !== undefined) return pathOf(file, written, complain);
  const { host, inner, port } =
    /^tcp:\/\/(?:(?<host>[^\s:[\]]+)|\[(?<inner>[^\s[\]]+)\]):(?<port>\d+)$/.exec(text)?.groups ??
    {};
  if (port === undefined)
    complain(`expected "tcp://host:port" or "unix:///path", got ${show(written)}`);
  else if (Number(port) < 1 || Number(port) > 65_535)
    complain(`expected a port from 1 to 65535, got ${show(written)}`);
  else return { host: host ?? inner ?? "", port: Number(port) };
  return undefined;
}

function pathOf(
  file: string,
  written: string,
  complain: (message: string) => void,
): SharedSocket["address"] | undefined {
  const full = path.normalize(file);
  if (!path.isAbsolute(file) || full.endsWith("/") || file.includes("\0"))
    complain(`expected the absolute path of a file behind unix://, got ${show(written)}`);
  else if (Buffer.byteLength(full) > PATH_BYTES)
    complain(`expected a path of at most ${PATH_BYTES} bytes behind unix://, got ${show(written)}`);
  else return { path: full };
  return undefined;
}

/** Whose it is said to be, or whoever the processes run as. */
function ownerOf(
  { socket_owner: words, user }: ResolvedProgramSettings,
  complain: (message: string) => void,
): SharedSocket["owner"] {
  if (words === undefined) {
    const found = user === undefined ? undefined : findUser(user); // an unknown one is complained of elsewhere
    return found && found.uid !== process.geteuid?.()
      ? { uid: found.uid, gid: found.gid }
      : undefined;
  }
  const [name = "", group] = words.split(/:(.*)/s, 2);
  const found = findUser(name);
  const gid = group === undefined ? found?.gid : findGroup(group);
  if (!found) complain(`expected the name or uid of a user, got ${show(name)}`);
  else if (gid === undefined) complain(`expected the name or gid of a group, got ${show(group)}`);
  else return { uid: found.uid, gid };
  return undefined;
}

/** One address cannot be listened on twice. */
export function refuseTakenSockets(
  processes: readonly { readonly program: string; readonly command: Command }[],
  programs: Readonly<Record<string, ResolvedProgramSettings>>,
  issues: SettingsIssue[],
): void {
  const owners = new Map<string, string>();
  for (const { program, command } of processes) {
    const url = command.socket?.url;
    if (url === undefined) continue;
    const owner = owners.get(url);
    owners.set(url, owner ?? program);
    const where = ["programs", program, "socket"];
    if (owner === undefined || owner === program) continue;
    if (issues.some((issue) => issue.path[1] === program && issue.path[2] === "socket")) continue;
    const written = programs[program]?.socket ?? url;
    const shown = show(hasVariables(written) ? written : url);
    issues.push({ path: where, message: `the program ${show(owner)} has the socket ${shown}` });
  }
}
