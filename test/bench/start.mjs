import { setTimeout as wait } from "node:timers/promises";
import { openHost } from "./hosts.mjs";
import { atMost } from "./helpers.mjs";

export const file = import.meta.url;
export const rounds = 7;

export const tables = [1, 100, 1000].map((count) => ({
  title: `start: ${count === 1 ? "1 child" : `${count} children`} to RUNNING`,
  columns: [
    { name: "wall ms" },
    { name: "CPU ms/child" },
    { name: "settings ms", isPlain: true }, // to take the settings, before the start
  ],
  bare: ["spawn", "execa"],
  rows: {
    spawn: { host: "spawn", count },
    execa: { host: "execa", count },
    libsupervisor: { host: "libsupervisor", count },
    "libsupervisor, cold": { host: "libsupervisor", count, isCold: true },
  },
  aims: [
    atMost(1.15, "wall ms", "libsupervisor", "execa"),
    atMost(1.7, "wall ms", "libsupervisor", "spawn"),
  ],
}));

export async function measure({ host: name, count, isCold = false }) {
  const host = await openHost(name);
  if (!isCold) await host.prepare(1)();
  await wait(100); // what follows that start, or the import, is over
  const begun = performance.now();
  const start = host.prepare(count);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await start();
  const wall = performance.now() - before;
  const cpu = process.cpuUsage(cpuBefore);
  await host.end();
  return {
    "wall ms": wall,
    "CPU ms/child": (cpu.user + cpu.system) / 1000 / count,
    ...(name === "libsupervisor" && { "settings ms": before - begun }),
  };
}
