import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { openHost } from "./hosts.mjs";
import { atMost, quantile } from "./kit.mjs";

const COUNT = 500;

export const file = import.meta.url;
export const rounds = 7;

export const tables = [
  {
    title: `stall: the host's event loop while ${COUNT} children start`,
    columns: [{ name: "longest ms" }, { name: "p99 ms", isPlain: true }, { name: "wall ms" }],
    bare: ["spawn", "execa"],
    rows: {
      spawn: { host: "spawn" },
      execa: { host: "execa" },
      "execa, one a turn": { host: "execa", isPolite: true },
      libsupervisor: { host: "libsupervisor" },
      "libsupervisor, cold": { host: "libsupervisor", isCold: true },
    },
    aims: [atMost(20, "longest ms", "libsupervisor")],
  },
];

export async function measure({ host: name, isPolite = false, isCold = false }) {
  const host = await openHost(name);
  if (!isCold) await host.prepare(1)();
  const start = host.prepare(COUNT, isPolite ? () => turn() : undefined);
  await wait(100);
  const gaps = [];
  let last = performance.now();
  let next;
  const sample = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    next = setImmediate(sample);
  };
  next = setImmediate(sample);
  await wait(20);
  gaps.length = 0;
  const before = performance.now();
  await start();
  const wall = performance.now() - before;
  await turn(); // the last gap, too
  clearImmediate(next);
  await host.end();
  return {
    "longest ms": gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
    "p99 ms": quantile(gaps, 0.99),
    "wall ms": wall,
  };
}
