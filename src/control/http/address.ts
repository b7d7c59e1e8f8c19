import { lookup } from "node:dns/promises";
import { ServeError } from "../errors.ts";
import { isLoopbackAddress } from "./origin.ts";
import type { PortPlace, ResolvedPortPlace, ServeOptions, SocketPlace } from "../options.ts";
import { isSocket, withDefaults } from "../schema.ts";
import { checkSocket } from "./unix-socket.ts";

/** The user who would serve, and the password. */
export interface CheckPlaceOptions extends Pick<ServeOptions, "password"> {
  /** The number of the user who would listen; this process's unless given. */
  readonly uid?: number | undefined;
  /** The number of that user's own group. */
  readonly gid?: number | undefined;
}

/**
 * Checks whether {@link serve} would accept a place, without listening there: the directory of a socket,
 * the length of its path, and that other machines are not served without a password. Only `serve` finds
 * out whether another program listens there already.
 *
 * @throws {ServeError} as `serve` would
 */
export async function checkPlace(
  place: SocketPlace | PortPlace,
  { password, uid, gid }: CheckPlaceOptions = {},
): Promise<void> {
  const where = withDefaults(place);
  if (isSocket(where)) checkSocket(where, uid === undefined ? undefined : { uid, gid });
  else await addressOf(where, { ...(password !== undefined && { password }) });
}

/** An address to listen at. */
interface Address {
  /** The host as it was given; empty for every address of this machine. */
  readonly host: string;
  /** The address that the host stands for; undefined for every address of this machine. */
  readonly address?: string;
  readonly isLoopback: boolean;
}

/**
 * Looks the host up and checks that other machines are not served without a password. The server has to
 * listen at this address, and not look the name up again: only this address was checked.
 * @throws {ServeError}
 */
export async function addressOf(
  { host: given }: ResolvedPortPlace,
  { password }: Pick<ServeOptions, "password">,
): Promise<Address> {
  const { host, address } = await resolve(given);
  const isLoopback = address !== undefined && isLoopbackAddress(address);
  if (!isLoopback && !password) {
    const message = `Refusing to serve ${host || "every address"} without username and password; only this machine (127.0.0.1) needs none`;
    throw new ServeError("NO_PASSWORD", message);
  }
  return { host, ...(address !== undefined && { address }), isLoopback };
}

async function resolve(
  host: string,
): Promise<{ readonly host: string; readonly address?: string }> {
  if (host === "" || host === "*") return { host: "" };
  try {
    const { address } = await lookup(host);
    return { host, address };
  } catch (cause) {
    throw new ServeError("BAD_ADDRESS", `There is no host ${JSON.stringify(host)}`, { cause });
  }
}
