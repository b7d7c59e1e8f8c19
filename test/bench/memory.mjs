import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { openHost } from "./hosts.mjs";

const COUNT = 1000;

export const file = import.meta.url;
export const rounds = 5;

export const tables = [
  {
    title: `memory: what the host holds per child, ${COUNT} children`,
    columns: [{ name: "RSS KB" }, { name: "heap KB" }, { name: "descriptors" }],
    bare: ["spawn", "execa"],
    rows: {
      spawn: { host: "spawn" },
      execa: { host: "execa" },
      libsupervisor: { host: "libsupervisor" },
    },
  },
];

export async function measure({ host: name }) {
  const host = await openHost(name);
  await host.prepare(1)();
  const before = await held();
  await host.prepare(COUNT)();
  const after = await held();
  await host.end();
  return {
    "RSS KB": (after.rss - before.rss) / 1024 / COUNT,
    "heap KB": (after.heapUsed - before.heapUsed) / 1024 / COUNT,
    descriptors: (after.descriptors - before.descriptors) / COUNT,
  };
}

async function held() {
  await wait(200);
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed, descriptors: readdirSync("/proc/self/fd").length };
}
