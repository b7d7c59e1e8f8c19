/**
 * Lets many hosts end in every way, at random moments, and looks what is left of their children after
 * two seconds. `npm run storm -- --hosts 1000 --seed 1`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dice, kinds } from "./kinds.mjs";
import { look } from "./look.mjs";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    parallel: { type: "string", default: "4" },
    way: { type: "string" },
  },
});
const HOST = fileURLToPath(new URL("host.mjs", import.meta.url));
const PROMISED_MS = 2000;

// the weights are the shares of the hosts
const weights = {
  "SIGKILL in start": 20,
  "SIGKILL in life": 10,
  "SIGKILL in restart": 15,
  "SIGKILL in stop": 15,
  "SIGKILL in shutdown": 15,
  SIGTERM: 4,
  SIGINT: 4,
  SIGHUP: 4,
  SIGSEGV: 4,
  abort: 4,
  return: 6,
  "process.exit": 6,
  "uncaught exception": 4,
  "rejected promise": 3,
  "out of memory": 1,
  "worker.terminate": 4,
  "worker, process.exit": 3,
};
const ways = Object.entries(weights).flatMap(([way, weight]) =>
  Array.from({ length: weight }, () => way),
);

const total = Number(values.hosts);
const roll = dice(Number(values.seed));
const base = Math.floor(Math.random() * 9_000_000); // two storms may rage at once
const root = mkdtempSync(path.join(tmpdir(), "libsupervisor-storm-"));
const table = new Map(); // by way
const byKind = new Map();
const living = new Set();
const unchecked = new Map(); // mark -> host
process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

function row(map, key) {
  if (!map.has(key)) map.set(key, { hosts: 0, started: 0, "alive before": 0, survivors: 0 });
  return map.get(key);
}

async function life(number) {
  const mark = base + number;
  const way = values.way ?? ways[(number * 37) % ways.length]; // 37: mixed, and each has its share
  const directory = path.join(root, String(mark));
  mkdirSync(directory);
  const isEarly = way === "SIGKILL in start" || way.startsWith("worker"); // `up` comes before
  const delay = Math.floor(roll() ** 2 * (isEarly ? 1500 : 300));
  const seed = Math.floor(roll() * 2 ** 32);
  const words = JSON.stringify({ way, seed, mark, directory, delay });
  const nodeOptions = way === "out of memory" ? ["--max-old-space-size=40"] : [];
  const child = spawn(process.execPath, [...nodeOptions, HOST, words], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  living.add(child);
  let said = "";
  let wrong = "";
  child.stderr.on("data", (text) => (wrong = `${wrong}${text}`.slice(-2000)));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const hear = (word) =>
    new Promise((resolve) => {
      const check = () => said.includes(word) && resolve();
      child.stdout.on("data", check);
      check();
    });
  child.stdout.on("data", (text) => (said += text));
  const end = way === "worker.terminate" ? hear("over") : ended;
  const signal = way.startsWith("SIG") ? way.split(" ")[0] : undefined;
  if (signal) {
    await Promise.race([hear("up"), ended]);
    await wait(delay);
    row(table, way)["alive before"] += look().filter((one) => one.mark === mark).length;
    child.kill(signal);
  }
  const isLate = await Promise.race([end, wait(20_000, "late", { ref: false })]);
  if (isLate === "late") {
    console.error(`host ${mark} (${way}) does not end: ${wrong}`);
    process.exitCode = 1;
    child.kill("SIGKILL");
    await ended;
  }
  const strange = child.exitCode === 0 && way !== "return" && !way.startsWith("worker");
  if (strange) {
    console.error(`host ${mark} (${way}) has ended by itself: ${wrong}`);
    process.exitCode = 1;
  }
  unchecked.set(mark, { way, directory, child, ended, at: performance.now() });
}

/** One look at all processes is for all the hosts that are due. */
async function watch(isOver) {
  while (!isOver() || unchecked.size > 0) {
    await wait(200);
    const begun = performance.now();
    const due = [...unchecked].filter(([, { at }]) => begun - at > PROMISED_MS);
    if (due.length === 0) continue;
    const found = look();
    for (const [mark, host] of due) examine(mark, host, found);
  }
}

function examine(mark, { way, directory, child, ended }, found) {
  unchecked.delete(mark);
  const own = row(table, way);
  own.hosts++;
  for (const kind of Object.keys(kinds)) {
    const file = path.join(directory, kind);
    if (!existsSync(file)) continue;
    const { size } = statSync(file);
    own.started += size;
    const other = row(byKind, kind);
    other.hosts++;
    other.started += size;
  }
  for (const { pid, kind, command } of found.filter((one) => one.mark === mark)) {
    console.error(`left by host ${mark} (${way}), ${kind}: ${pid} ${command.slice(0, 60)}`);
    own.survivors++;
    row(byKind, kind).survivors++;
    process.kill(pid, "SIGKILL");
  }
  child.kill("SIGKILL"); // that of a worker
  void ended.then(() => living.delete(child));
  rmSync(directory, { recursive: true, force: true });
}

let next = 0;
let open = Number(values.parallel);
const begun = performance.now();
const lanes = Array.from({ length: open }, async () => {
  while (next < total) await life(next++);
  open--;
});
await Promise.all([...lanes, watch(() => open === 0)]);

const print = (map, title) =>
  console.table(
    Object.fromEntries(
      [...map]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { hosts, started, survivors, ...rest }]) => [
          key,
          title === "way" ? { hosts, started, ...rest, survivors } : { hosts, started, survivors },
        ]),
    ),
  );
print(table, "way");
print(byKind, "kind");
const sum = (name) => [...table.values()].reduce((all, one) => all + one[name], 0);
const seconds = Math.round((performance.now() - begun) / 1000);
console.log(
  `seed ${values.seed}: ${sum("hosts")} hosts, ${sum("started")} processes, ${sum("survivors")} survivors, ${seconds} s`,
);
if (sum("survivors") > 0) process.exitCode = 1;
