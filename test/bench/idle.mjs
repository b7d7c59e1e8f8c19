import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { openHost } from "./hosts.mjs";
import { atMost } from "./helpers.mjs";

const COUNT = 1000;

export const file = import.meta.url;
export const rounds = 1;

export const tables = [
  {
    title: `idle: a host with ${COUNT} children that do nothing`,
    columns: [
      { name: "seconds", isPlain: true },
      { name: "CPU ms", isPlain: true },
      { name: "wake-ups", isPlain: true }, // of the main thread
    ],
    rows: {
      spawn: { host: "spawn" },
      execa: { host: "execa" },
      libsupervisor: { host: "libsupervisor" },
    },
    aims: [atMost(3, "wake-ups", "libsupervisor")], // the measurement's own end, and Node's
  },
];

export async function measure({ host: name, quick }) {
  const host = await openHost(name);
  await host.prepare(COUNT)();
  await wait(3000); // what follows a start is over: garbage, late compilation
  const seconds = quick ? 5 : 30;
  const switches = readSwitches();
  const cpuBefore = process.cpuUsage();
  await wait(seconds * 1000);
  const cpu = process.cpuUsage(cpuBefore);
  const wakeUps = readSwitches() - switches;
  await host.end();
  return { seconds, "CPU ms": (cpu.user + cpu.system) / 1000, "wake-ups": wakeUps };
}

/** How often the main thread has gone to sleep. */
function readSwitches() {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)[1]);
}
