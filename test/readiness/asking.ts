import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import type { TestContext } from "node:test";
import type { Answer, Probe } from "../../src/ports/prober.ts";
import { parseProbeUrl } from "../../src/readiness/probe-url.ts";
import { parseStatuses } from "../../src/readiness/statuses.ts";
import { SystemProber } from "../../src/readiness/system-prober.ts";
import { systemClock } from "../../src/system/clock.ts";

/** Far above what an answer takes; tests of the limit have another one. */
const LIMIT_MS = 60_000;

const prober = new SystemProber(systemClock);

/** The probe of a URL. */
export function probeOf(url: string, statuses = "200-399"): Probe {
  const ranges = parseStatuses(statuses);
  if ("problem" in ranges) throw new Error(ranges.problem);
  const probe = parseProbeUrl(url, ranges);
  if ("problem" in probe) throw new Error(probe.problem);
  return probe;
}

/** Asks once: `ready`, or the reason. */
export function ask(
  probe: Probe | string,
  { limitMs = LIMIT_MS, by = prober, statuses = "200-399" } = {},
): Promise<string> {
  const asked = typeof probe === "string" ? probeOf(probe, statuses) : probe;
  return new Promise((resolve) => {
    by.attempt(asked, limitMs, (answer) => resolve(textOf(answer)));
  });
}

/** `ready`, or the reason. */
export function textOf(answer: Answer): string {
  return answer.isReady ? "ready" : answer.reason;
}

/** Has the server listen for the length of a test, on a free port. */
export async function listen(t: TestContext, server: Server, host = "127.0.0.1"): Promise<number> {
  server.listen({ port: 0, host, ipv6Only: true });
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}
