import { lookup } from "node:dns/promises";
import { ServeError } from "../errors.ts";
import { isLoopbackAddress } from "./origin.ts";
import type { PortPlace, ServeOptions, SocketPlace } from "../options.ts";
import { isSocket } from "../schema.ts";
import { checkSocket } from "./unix-socket.ts";

/** Who would serve, and how. */
export interface CheckPlaceOptions extends Pick<ServeOptions, "password"> {
  /** The number of the user who is to listen; this process's unless given. */
  readonly uid?: number | undefined;
  /** The number of that user's own group. */
  readonly gid?: number | undefined;
}

/**
 * Looks whether {@link serve} would take a place, without listening there: the directory of a socket,
 * the length of its path, and that nobody beyond this machine is served without a password. Whether
 * somebody listens there already only `serve` finds out.
 *
 * @throws {ServeError} as `serve` would
 */
export async function checkPlace(
  place: SocketPlace | PortPlace,
  { password, uid, gid }: CheckPlaceOptions = {},
): Promise<void> {
  if (isSocket(place)) checkSocket(place, uid === undefined ? undefined : { uid, gid });
  else await addressOf(place, { ...(password !== undefined && { password }) });
}

/** Where to listen. */
interface Address {
  readonly host: string;
  /** None: at all. */
  readonly address?: string;
  readonly isLoopback: boolean;
}

/**
 * The very address that was judged is the one to listen at.
 * @throws {ServeError}
 */
export async function addressOf(
  place: PortPlace,
  { password }: Pick<ServeOptions, "password">,
): Promise<Address> {
  const { host, address } = await resolve(place);
  const isLoopback = address !== undefined && isLoopbackAddress(address);
  if (!isLoopback && !password) {
    const message = `Refusing to serve ${host || "everybody"} without username and password; this machine alone (127.0.0.1) needs none`;
    throw new ServeError("NO_PASSWORD", message);
  }
  return { host, ...(address !== undefined && { address }), isLoopback };
}

async function resolve({
  host = "127.0.0.1",
}: PortPlace): Promise<{ readonly host: string; readonly address?: string }> {
  if (host === "" || host === "*") return { host: "" };
  try {
    const { address } = await lookup(host);
    return { host, address };
  } catch (cause) {
    throw new ServeError("BAD_ADDRESS", `There is no host ${JSON.stringify(host)}`, { cause });
  }
}
