import { Socket } from "node:net";

/** The reason if the other end has closed the connection before it answered. */
export const CLOSED = "the connection was closed without an answer";

/** Where a socket is connected to: an IP address and a port, or a Unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Connects. Calls `opened` or `failed`, later, and leaves the errors of an open socket to others. The socket does not keep the host alive; but while it is being connected the event loop
 * waits for it, whatever is set.
 */
export function connect(
  to: Endpoint,
  opened: () => void,
  failed: (reason: string) => void,
): Socket {
  const socket = new Socket(); // not `net.connect()`, which mocks of the network replace
  let isOpen = false;
  // stays for as long as the socket: an error without a listener would end the host
  socket.on("error", (error) => {
    if (!isOpen) failed(reasonOf(error, to));
  });
  socket.on("connect", () => {
    isOpen = !isConnectedToItself(socket);
    if (isOpen) opened();
    else failed(`connect ECONNREFUSED ${placeOf(to)}`);
  });
  try {
    socket.connect(to);
  } catch (error) {
    socket.destroy(error as Error);
  }
  return socket.unref();
}

/**
 * Linux may choose, for a connection to a port of its own on which nobody listens, the same port for
 * this end: then the socket is connected to itself.
 */
function isConnectedToItself({ localPort, remotePort, localAddress, remoteAddress }: Socket) {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}

function reasonOf({ code, message }: NodeJS.ErrnoException, to: Endpoint): string {
  if (code === "ENOENT" && "path" in to) return `there is no ${to.path}`;
  // it was accepted, and reset before this end noticed
  if (code === "ECONNRESET") return CLOSED;
  // not the message, which may have the port of this end, too: another one each time
  return code === undefined ? message : `connect ${code} ${placeOf(to)}`;
}

function placeOf(to: Endpoint): string {
  if ("path" in to) return to.path;
  return `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
}
