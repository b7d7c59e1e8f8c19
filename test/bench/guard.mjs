import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Supervisor } from "../../dist/index.js";
import { atMost, median, shuffled } from "./helpers.mjs";

/** How many others there are on the machine. */
const CROWD = 1000;
const NOTHING = "neither";

const variants = {
  "guardian, sweep": {},
  "guardian, sweep group": { sweep: "group" },
  "guardian, no sweep": { sweep: false },
  "no guardian, sweep": { guardian: false },
  [NOTHING]: { guardian: false, sweep: false },
};
const columns = [
  { name: "start ms" },
  { name: "more %", isPlain: true },
  { name: "stop ms" },
  { name: "more ms", isPlain: true },
  { name: "host's CPU ms", isPlain: true },
  { name: "old: stop ms", isPlain: true }, // of a child that all the others are younger than
  { name: "guardian's kB", isPlain: true },
];

export const rounds = 1; // it has rounds of its own

export const tables = [
  {
    title: `guard: a start and a stop among ${CROWD} other processes`,
    columns,
    rows: variants,
    aims: [
      atMost(5, "more %", "guardian, sweep"),
      atMost(2, "more ms", "guardian, sweep"),
      atMost(2048, "guardian's kB", "guardian, sweep"),
    ],
  },
];

export async function collect(_table, { quick }) {
  const elders = await raise(quick ? 4 : 20);
  const crowd = await gather();
  await outlive(elders);
  const rows = Object.entries(variants).map(([name, { guardian = true, sweep = true }]) => ({
    name,
    guardian,
    supervisor: new Supervisor({ guardian, programs: { web: { ...idler, sweep } } }),
    starts: [],
    stops: [],
    cpu: [],
  }));
  const cycles = quick ? 20 : 300;
  for (let cycle = -5; cycle < cycles; cycle++) {
    for (const row of shuffled(rows)) await measure(row, cycle >= 0);
  }
  const floor = rows.find(({ name }) => name === NOTHING);
  const results = {};
  for (const { name, guardian, supervisor, starts, stops, cpu } of rows) {
    await supervisor.start();
    results[name] = [
      {
        "start ms": median(starts),
        "more %": (median(starts) / median(floor.starts) - 1) * 100,
        "stop ms": median(stops),
        "more ms": median(stops) - median(floor.stops),
        "host's CPU ms": median(cpu),
        "old: stop ms": median(elders[name].stops),
        ...(guardian && { "guardian's kB": Math.max(...guardians().map(residentOf)) }),
      },
    ];
    await supervisor.shutdown();
  }
  process.kill(-crowd.pid, "SIGKILL");
  return results;
}

const idler = {
  command: ["/bin/sleep", "1000"],
  startsecs: 0,
  stdout_logfile: "NONE",
  stderr_logfile: "NONE",
};

async function measure({ supervisor, starts, stops, cpu }, isCounted) {
  await wait(5); // what went before is over
  const before = process.cpuUsage();
  const begun = performance.now();
  await supervisor.start();
  const started = performance.now();
  await wait(5);
  const asked = performance.now();
  await supervisor.stop();
  const stopped = performance.now();
  const { user, system } = process.cpuUsage(before);
  if (!isCounted) return;
  starts.push(started - begun);
  stops.push(stopped - asked);
  cpu.push((user + system) / 1000);
}

/** Children that begin before the crowd does. */
async function raise(count) {
  const elders = {};
  for (const [name, { guardian = true, sweep = true }] of Object.entries(variants)) {
    const programs = Array.from({ length: count }, (_, i) => [`p${i}`, { ...idler, sweep }]);
    const supervisor = new Supervisor({ guardian, programs: Object.fromEntries(programs) });
    await supervisor.start();
    elders[name] = { supervisor, stops: [] };
  }
  return elders;
}

async function outlive(elders) {
  const [{ supervisor: any }] = Object.values(elders);
  for (const program of any.programs.keys()) {
    for (const { supervisor, stops } of shuffled(Object.values(elders))) {
      await wait(5);
      const asked = performance.now();
      await supervisor.stop(program);
      stops.push(performance.now() - asked);
    }
  }
}

async function gather() {
  const script = `i=0; while [ $i -lt ${CROWD} ]; do sleep 100000 & i=$((i + 1)); done; echo here; wait`;
  const crowd = spawn("/bin/sh", ["-c", script], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  process.once("exit", () => {
    if (crowd.exitCode === null && crowd.signalCode === null) process.kill(-crowd.pid, "SIGKILL");
  });
  await new Promise((resolve) => crowd.stdout.once("data", resolve));
  crowd.unref();
  crowd.stdout.unref();
  return crowd;
}

function guardians() {
  return readdirSync("/proc").filter((name) => {
    if (!(Number(name) > 1)) return false;
    const isOurs = read(name, "status").includes(`\nPPid:\t${process.pid}\n`);
    return isOurs && read(name, "cmdline").includes("libsupervisor-guardian");
  });
}

function residentOf(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(pid, "status"))[1]);
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // gone
  }
}
