import { isIP, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Probe } from "../ports/prober.ts";
import { CLOSED } from "./connect.ts";
import { StatusLine } from "./status-line.ts";
import { hasStatus } from "./statuses.ts";

type HttpProbe = Extract<Probe, { readonly kind: "http" }>;

/**
 * Sends one request over a connected socket and calls `tell` with nothing if the status counts, else
 * with the reason. Only the status is read. `tell` may be called again; the first call counts.
 */
export function askStatus(socket: Socket, probe: HttpProbe, tell: (reason?: string) => void): void {
  let stream = socket;
  try {
    if (probe.isSecure) stream = secure(socket, probe.host);
  } catch (error) {
    return tell(reasonOf(error as Error)); // as with options of the host that TLS cannot have
  }
  const line = new StatusLine();
  stream.on("data", (chunk: Buffer) => {
    const status = line.push(chunk);
    if (status === undefined) return;
    if (typeof status === "string") tell(status);
    else tell(hasStatus(probe.statuses, status) ? undefined : `HTTP status ${status}`);
  });
  stream.on("error", (error) => tell(reasonOf(error)));
  stream.on("end", () => tell(CLOSED));
  stream.on("close", () => tell(CLOSED));
  stream.write(requestOf(probe));
}

function requestOf({ host, port, target, isSecure }: HttpProbe): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${port === (isSecure ? 443 : 80) ? name : `${name}:${port}`}`,
    "Accept: */*",
    "User-Agent: libsupervisor",
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

let context: SecureContext | undefined;

/**
 * TLS without a look at the certificate: the question is whether the server answers. The module takes
 * milliseconds to load, so it is loaded when it is needed.
 */
function secure(socket: Socket, host: string): Socket {
  const { createSecureContext, TLSSocket } = process.getBuiltinModule("node:tls");
  context ??= createSecureContext({ ca: [] }); // without the list of authorities, which is long
  // not `tls.connect()`, which mocks of the network replace
  const stream = new TLSSocket(socket, {
    isServer: false,
    secureContext: context,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
  });
  if (isIP(host) === 0) (stream as { setServername?(name: string): void }).setServername?.(host);
  return stream;
}

function reasonOf({ code, message, reason }: NodeJS.ErrnoException & { reason?: string }): string {
  // which of these it is depends on who was faster
  if (code === "ECONNRESET" || code === "EPIPE") return CLOSED;
  // OpenSSL's message has the address of a thread, so only the reason in it is always the same
  const said = reason ?? /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  return said === undefined ? (code ?? message) : `TLS: ${said}`;
}
