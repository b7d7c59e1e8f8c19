import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { SharedCalls } from "./shared-calls.ts";

/** The addresses of a name, or the reason why there are none. */
type Found = { readonly addresses: readonly string[] } | { readonly reason: string };

/**
 * The addresses of a host that needs no look-up. `localhost` is both, whatever a resolver thinks of
 * it: a server may listen on one only.
 */
export function knownAddresses(host: string): readonly string[] | undefined {
  if (host === "localhost") return ["127.0.0.1", "::1"];
  return isIP(host) === 0 ? undefined : [host];
}

/** Looks names up, in one of Node's threads. A look-up that runs keeps the host alive. */
export function lookupCalls(): SharedCalls<Found> {
  return new SharedCalls(1, (name, done) => {
    // loaded when it is needed
    process
      .getBuiltinModule("node:dns")
      .lookup(name, { all: true }, (error, found) =>
        done(
          error
            ? { reason: `getaddrinfo ${error.code ?? error.message} ${name}` }
            : { addresses: found.map(({ address }) => address) },
        ),
      );
  });
}

/** The addresses of this machine, for `isLocal()`. */
export function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => address.toLowerCase()));
}
