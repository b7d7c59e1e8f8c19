import type { Probe } from "../ports/prober.ts";

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Whether the probe asks this machine, so that an answer before the start comes from another
 * process. `addresses` are the machine's own. A name counts only if it is `localhost`: others would
 * have to be looked up.
 */
export function isLocal(probe: Probe, addresses: ReadonlySet<string>): boolean {
  if (probe.kind === "file") return false;
  if (probe.kind === "unix") return true;
  const host = withoutMapping(probe.host.toLowerCase());
  return host === "localhost" || isLoopback(host) || addresses.has(host);
}

/** Whether the address, or `*`, stands for all addresses of a machine: one can only listen on it. */
export function isUnspecified(host: string): boolean {
  return host === "*" || host === "0.0.0.0" || host === "::";
}

/** `127.0.0.1` for `::ffff:7f00:1`. */
export function withoutMapping(host: string): string {
  const [, high, low] = MAPPED.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  return [high, low]
    .map((digits) => Number.parseInt(digits, 16))
    .flatMap((number) => [number >> 8, number & 255])
    .join(".");
}

function isLoopback(host: string): boolean {
  return host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
