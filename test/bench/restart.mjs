import { setTimeout as wait } from "node:timers/promises";
import { IDLER, openHost } from "./hosts.mjs";
import { atMost, quantile } from "./helpers.mjs";

/** The first deaths warm up what comes. */
const WARMUP = 10;

export const file = import.meta.url;
export const rounds = 5;

export const tables = [
  {
    title: "restart: a child is killed -> the pid of the next is known",
    columns: [{ name: "p50 ms" }, { name: "p99 ms" }],
    bare: ["spawn", "execa"],
    rows: {
      spawn: { host: "spawn" },
      execa: { host: "execa" },
      libsupervisor: { host: "libsupervisor" },
    },
    aims: [
      atMost(1.3, "p50 ms", "libsupervisor", "execa"),
      atMost(1.3, "p50 ms", "libsupervisor", "spawn"),
    ],
  },
];

export async function measure({ host: name, quick }) {
  const host = await openHost(name);
  const deaths = WARMUP + (quick ? 40 : 200);
  const latencies = [];
  let born;
  const nextPid = () =>
    new Promise((resolve) => {
      born = resolve;
    });
  const first = nextPid();
  host.keep(IDLER, (pid) => born(pid));
  for (let pid = await first; latencies.length < deaths;) {
    await wait(15); // the last birth is over
    const next = nextPid();
    const killed = performance.now();
    process.kill(pid, "SIGKILL");
    pid = await next;
    latencies.push(performance.now() - killed);
  }
  await host.end();
  const counted = latencies.slice(WARMUP);
  return { "p50 ms": quantile(counted, 0.5), "p99 ms": quantile(counted, 0.99) };
}
