/**
 * Has supervisors stop, restart, remove, change and shut down hostile trees at random moments, and
 * looks what is left the moment the promise has settled. Beside them run decoys, which nobody may
 * touch. `npm run storm:alive -- --orders 1000 --seed 1`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Supervisor } from "../../dist/index.js";
import { dice, kinds, pick, program } from "./kinds.mjs";
import { look } from "./look.mjs";

const { values } = parseArgs({
  options: {
    orders: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    parallel: { type: "string", default: "6" },
  },
});
const roll = dice(Number(values.seed));
const names = Object.keys(kinds);
const directory = mkdtempSync(path.join(tmpdir(), "libsupervisor-storm-"));
let mark = Math.floor(Math.random() * 9_000_000);
let orders = Number(values.orders);
const byOrder = new Map();
const byKind = new Map();
const row = (map, key, extra) => {
  if (!map.has(key)) map.set(key, { ...extra, survivors: 0 });
  return map.get(key);
};

const decoys = new Map();
let touched = 0;
const firstPid = process.pid;
process.once("exit", () => {
  for (const pid of decoys.keys()) process.kill(pid, "SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

/** A stranger with a number between those of the others. */
function decoy() {
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore", env: {} });
  child.once("exit", (code, signal) => {
    touched++;
    decoys.delete(child.pid);
    console.error(`decoy ${child.pid} was touched: ${signal ?? code}`);
  });
  child.unref();
  decoys.set(child.pid, child);
}

/** The names of the programs, with the marks of their present settings. */
class Crew {
  marks = new Map();
  supervisor = new Supervisor({ programs: this.#someMore() });

  #someMore() {
    const entries = Array.from({ length: 1 + Math.floor(roll() * 8) }, (_, i) => [
      `p${i}`,
      this.fresh(`p${i}`),
    ]);
    return Object.fromEntries(entries);
  }

  fresh(name) {
    const kind = pick(names, roll);
    this.marks.set(name, { mark: ++mark, kind });
    return program({ kind, mark, directory });
  }

  get any() {
    return pick([...this.marks.keys()], roll);
  }
}

const verbs = {
  async stop(crew) {
    const name = crew.any;
    await crew.supervisor.stop(name);
    return [crew.marks.get(name)];
  },
  async "stop, after an abort"(crew) {
    const name = crew.any;
    const signal = AbortSignal.timeout(Math.floor(roll() * 20));
    await crew.supervisor.stop(name, { signal }).catch(() => {});
    await crew.supervisor.stop(name);
    return [crew.marks.get(name)];
  },
  async restart(crew) {
    await crew.supervisor.restart(crew.any).catch(() => {}); // those that fail do so on purpose
    return [];
  },
  async remove(crew) {
    const name = crew.any;
    const old = crew.marks.get(name);
    await crew.supervisor.remove(name);
    crew.supervisor.add(name, crew.fresh(name));
    return [old];
  },
  async update(crew) {
    const name = crew.any;
    const old = crew.marks.get(name);
    const programs = Object.fromEntries(
      [...crew.supervisor.programs].map(([key, { settings }]) => [key, settings]),
    );
    await crew.supervisor.update({ programs: { ...programs, [name]: crew.fresh(name) } });
    return [old];
  },
  async shutdown(crew) {
    const left = await crew.supervisor.shutdown();
    for (const { error } of left) console.error(String(error));
    const old = [...crew.marks.values()];
    Object.assign(crew, new Crew());
    crew.supervisor.start().catch(() => {});
    return old;
  },
};
const chances = {
  stop: 30,
  "stop, after an abort": 10,
  restart: 25,
  remove: 12,
  update: 15,
  shutdown: 8,
};
const lots = Object.entries(chances).flatMap(([verb, n]) => Array.from({ length: n }, () => verb));

async function rage() {
  const crew = new Crew();
  crew.supervisor.start().catch(() => {});
  while (orders-- > 0) {
    await wait(Math.floor(roll() ** 2 * 400));
    if (decoys.size < 200) decoy();
    const verb = pick(lots, roll);
    const over = await verbs[verb](crew).catch((error) => {
      for (const [, pid] of error.message.matchAll(/pid (\d+)/g)) {
        console.error(readFileSync(`/proc/${pid}/stat`, "latin1").trim());
      }
      throw error;
    });
    row(byOrder, verb, { orders: 0 }).orders++;
    examine(verb, over, crew);
    const name = crew.any;
    if (crew.supervisor.state === "RUNNING") crew.supervisor.start(name).catch(() => {});
  }
  await crew.supervisor.shutdown();
  examine("shutdown", [...crew.marks.values()], { marks: new Map() });
}

/** None of those that are over may live, and of the others no two runs at once. */
function examine(verb, over, crew) {
  const found = look();
  for (const { mark: own, kind } of over) {
    for (const one of found.filter((other) => other.mark === own)) {
      console.error(`left by ${verb}, ${kind}: ${one.pid} ${one.command.slice(0, 60)}`);
      row(byOrder, verb).survivors++;
      row(byKind, kind).survivors++;
    }
  }
  for (const { mark: own, kind } of crew.marks.values()) {
    const runs = new Set(found.filter((one) => one.mark === own && one.run).map(({ run }) => run));
    if (runs.size < 2) continue;
    console.error(`two runs at once of ${kind}, after ${verb}: ${[...runs].join(", ")}`);
    row(byKind, kind).survivors++;
  }
}

const begun = performance.now();
await Promise.all(Array.from({ length: Number(values.parallel) }, rage));
for (const kind of readdirSync(directory)) {
  row(byKind, kind).started = statSync(path.join(directory, kind)).size;
}
console.table(Object.fromEntries(byOrder));
console.table(
  Object.fromEntries(
    [...byKind].map(([kind, { started, survivors }]) => [kind, { started, survivors }]),
  ),
);
for (const pid of decoys.keys()) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  if (!/\) S /.test(stat)) {
    console.error(`decoy ${pid} does not sleep: ${stat}`); // stopped, say
    touched++;
  }
}
const sum = (map, name) => [...map.values()].reduce((all, one) => all + one[name], 0);
const survivors = sum(byKind, "survivors");
const lastPid = Number(readFileSync("/proc/loadavg", "latin1").split(" ")[4]);
console.log(
  `seed ${values.seed}: ${sum(byOrder, "orders")} orders, ${sum(byKind, "started")} processes, ` +
    `${survivors} survivors, ${touched} of ${decoys.size} decoys touched ` +
    `(pids ${firstPid} to ${lastPid}), ${Math.round((performance.now() - begun) / 1000)} s`,
);
process.exit(survivors + touched > 0 ? 1 : 0);
