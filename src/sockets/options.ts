import path from "node:path";
import type { SharedSocket } from "../ports/command.ts";
import { fallback, option, type ValuesOf } from "../schema/option.ts";
import type { Planning } from "../schema/planning.ts";
import { show } from "../schema/show.ts";
import { isWindows } from "../system/platform.ts";
import { findGroup, findUser } from "../system/users.ts";

/** The socket that the processes of a FastCGI program share. */
export const socketOptions = {
  socket: option(
    {
      syntax: "socket",
      section: "fcgi-program",
      preset: "none",
      summary:
        "Makes the program a FastCGI one, a `[fcgi-program:x]`: this socket listens from the first start on, over all restarts, and is the standard input of each of its processes. Not on Windows.",
      differs:
        "It stays open while no process runs, its file is removed with it, and a program in a group keeps it. An IPv6 address goes in brackets.",
    },
    (url) => url.optional(),
  ),
  socket_backlog: option(
    {
      syntax: "backlog",
      section: "fcgi-program",
      preset: "as many as the system allows",
      fallback: 65_535, // the system lowers it
      summary: "The number of connections that may wait at the `socket`.",
    },
    (backlog) => backlog.optional(),
  ),
  socket_owner: option(
    {
      syntax: "owner",
      section: "fcgi-program",
      preset: "`user`",
      summary: "The owner of the file of a unix `socket`. Only root may set another owner.",
    },
    (owner) => owner.optional(),
  ),
  socket_mode: option(
    {
      syntax: "mode",
      section: "fcgi-program",
      fallback: "0700",
      summary:
        "The mode of the file of a unix `socket`: a process that may write to the file may connect.",
    },
    (mode) => mode.optional(),
  ),
};

type SocketSettings = ValuesOf<typeof socketOptions>;

/** The options of other directories that a socket has to fit. */
interface OtherSettings {
  readonly user?: string | undefined;
  readonly stopstdin: boolean;
}

/** The size of `sun_path` in bytes. */
const PATH_BYTES = process.platform === "linux" ? 107 : 103;
const RELATED = ["socket_backlog", "socket_owner", "socket_mode"] as const;

/** Plans the socket that the processes of a program share, if the program has a socket. */
export function planSocket(
  settings: SocketSettings & OtherSettings,
  { expand, refuse }: Pick<Planning, "expand" | "refuse">,
): SharedSocket | undefined {
  const {
    socket,
    socket_backlog: backlog = fallback(socketOptions.socket_backlog),
    socket_mode: mode = fallback(socketOptions.socket_mode),
  } = settings;
  if (socket === undefined) {
    for (const key of RELATED) {
      if (settings[key] !== undefined)
        refuse(key, `expected nothing where there is no socket, got ${show(settings[key])}`);
    }
    return undefined;
  }
  if (isWindows) {
    refuse("socket", "there is no passing of sockets on Windows");
    return undefined;
  }
  if (settings.stopstdin)
    refuse("stopstdin", "expected false while the standard input is a socket, got true");
  const address = addressOf(expand("socket", socket), socket, (message) =>
    refuse("socket", message),
  );
  if (!address) return undefined;
  if ("path" in address) {
    const owner = ownerOf(settings, (message) => refuse("socket_owner", message));
    return { url: `unix://${address.path}`, address, backlog, mode, ...(owner && { owner }) };
  }
  for (const key of ["socket_owner", "socket_mode"] as const) {
    if (settings[key] !== undefined)
      refuse(
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
  refuse: (message: string) => void,
): SharedSocket["address"] | undefined {
  const file = /^unix:\/\/(.*)$/s.exec(text)?.[1];
  if (file !== undefined) return pathOf(file, written, refuse);
  const { host, inner, port } =
    /^tcp:\/\/(?:(?<host>[^\s:[\]]+)|\[(?<inner>[^\s[\]]+)\]):(?<port>\d+)$/.exec(text)?.groups ??
    {};
  if (port === undefined)
    refuse(`expected "tcp://host:port" or "unix:///path", got ${show(written)}`);
  else if (Number(port) < 1 || Number(port) > 65_535)
    refuse(`expected a port from 1 to 65535, got ${show(written)}`);
  else return { host: host ?? inner ?? "", port: Number(port) };
  return undefined;
}

function pathOf(
  file: string,
  written: string,
  refuse: (message: string) => void,
): SharedSocket["address"] | undefined {
  const full = path.normalize(file);
  if (!path.isAbsolute(file) || full.endsWith("/") || file.includes("\0"))
    refuse(`expected the absolute path of a file behind unix://, got ${show(written)}`);
  else if (Buffer.byteLength(full) > PATH_BYTES)
    refuse(`expected a path of at most ${PATH_BYTES} bytes behind unix://, got ${show(written)}`);
  else return { path: full };
  return undefined;
}

/** The owner that the options name, or the user that the processes run as. */
function ownerOf(
  { socket_owner: words, user }: Pick<SocketSettings, "socket_owner"> & Pick<OtherSettings, "user">,
  refuse: (message: string) => void,
): SharedSocket["owner"] {
  if (words === undefined) {
    const found = user === undefined ? undefined : findUser(user); // the planner of the command reports an unknown user
    return found && found.uid !== process.geteuid?.()
      ? { uid: found.uid, gid: found.gid }
      : undefined;
  }
  const [name = "", group] = words.split(/:(.*)/s, 2);
  const found = findUser(name);
  const gid = group === undefined ? found?.gid : findGroup(group);
  if (!found) refuse(`expected the name or uid of a user, got ${show(name)}`);
  else if (gid === undefined) refuse(`expected the name or gid of a group, got ${show(group)}`);
  else return { uid: found.uid, gid };
  return undefined;
}
