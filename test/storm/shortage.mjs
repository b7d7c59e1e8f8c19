/**
 * Lets hosts run out of descriptors, processes, room in pipes, room on the disk, and of a directory for
 * temporary files, and checks that they survive: no error that nobody catches, no promise that never
 * settles, nobody left behind, all that fits runs, and all runs when nothing is lacking any more.
 * `npm run storm:shortage -- --seconds 300 --seed 1`; `--hosts` ends it after so many instead.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dice, pick } from "./kinds.mjs";
import { look } from "./look.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "180" },
    hosts: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    parallel: { type: "string", default: "3" },
    way: { type: "string" },
  },
});
const HOST = fileURLToPath(new URL("shortage-host.mjs", import.meta.url));
const HOG = fileURLToPath(new URL("pipe-hog.mjs", import.meta.url));
const PROMISED_MS = 2000;
const LIFE_MS = 120_000;
/** The descriptors that a host has, or may keep free, and what a program takes at the most. */
const FIXED = 64;
const EACH = 6;
/** What is free where no other program fits: what the host keeps, and what a start takes for a moment. */
const SPARE = 24;
/** What Node 20 takes to import the package, whose modules it reads at once. */
const IMPORT = 200;

const works = (...words) => spawnSync(words[0], words.slice(1), { stdio: "ignore" }).status === 0;
const isRoot = process.geteuid() === 0;
const hasLimits = works("prlimit", "--version") && works("setpriv", "--version");
const can = {
  descriptors: hasLimits,
  processes: isRoot && hasLimits,
  "small pipes": isRoot,
  "full disk": isRoot && works("unshare", "-m", "true"),
  "no directory": true,
};
const wanted = Object.keys(can).filter((way) => (values.way ?? way) === way);
const ways = wanted.filter((way) => can[way]);
if (ways.length < wanted.length) {
  console.log(`not here: ${wanted.filter((way) => !can[way]).join(", ")}`);
}
if (ways.length === 0) process.exit(1);

const roll = dice(Number(values.seed));
const ends = ["shutdown", "shutdown", "shutdown", "SIGKILL", "SIGKILL in need"];
const root = mkdtempSync(path.join(tmpdir(), "libsupervisor-storm-"));
chmodSync(root, 0o755);
const base = Math.floor(Math.random() * 9_000_000);
const table = new Map();
const living = new Set();
process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

function row(way) {
  if (!table.has(way)) {
    table.set(way, { hosts: 0, programs: 0, "not started": 0, survivors: 0, wrong: 0 });
  }
  return table.get(way);
}

function start(words, options) {
  const [file, ...args] = words;
  const child = spawn(file, args, { cwd: "/", detached: true, ...options });
  living.add(child);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  void ended.then(() => living.delete(child));
  return { child, ended };
}

async function life(number) {
  const way = ways[number % ways.length];
  const mark = base + number;
  const seed = Math.floor(roll() * 2 ** 32);
  const end = pick(ends, roll);
  const limit = way === "descriptors" ? 64 + Math.floor(roll() ** 2 * 449) : 1024;
  const count = 1 + Math.floor(roll() * (way === "descriptors" ? 60 : 12));
  const isOther = way === "processes" || way === "small pipes";
  const uid = isOther ? 60_000 + (mark % 5000) : undefined; // limits count for all of a user
  const directory = path.join(root, String(mark));
  const temporary = path.join(directory, "tmp");
  for (const place of [directory, temporary]) {
    mkdirSync(place);
    chmodSync(place, 0o777); // the host may be another user
  }
  const what = `host ${mark} (${way}, ${end}, ulimit -n ${limit}, ${count} programs, seed ${seed})`;
  const own = row(way);
  own.hosts++;
  own.programs += count;
  const wrong = (text) => {
    own.wrong++;
    console.error(`${what}: ${text}`);
  };

  const hog = way === "small pipes" && start([process.execPath, HOG, `${uid}`, directory]);
  if (hog) await new Promise((resolve) => hog.child.stdout.once("data", resolve));
  const later = limit < IMPORT ? limit : undefined;
  const words = JSON.stringify({ way, seed, mark, directory, count, limit: later, uid, end });
  const shell = `${way === "full disk" ? `mount -t tmpfs -o size=256k,nr_inodes=128 none ${temporary};` : ""} ulimit -n ${Math.max(limit, IMPORT)}; exec "$@"`;
  const unshare = way === "full disk" ? ["unshare", "-m", "--"] : [];
  const { child, ended } = start(
    [...unshare, "/bin/sh", "-c", shell, "sh", process.execPath, HOST, words],
    { env: { ...process.env, TMPDIR: temporary } },
  );
  let stderr = "";
  child.stderr.on("data", (text) => (stderr = `${stderr}${text}`.slice(-2000)));
  const nproc = (soft) => {
    const same = ["--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups"];
    const wish = ["prlimit", `--nproc=${soft}:4096`, "--pid", `${child.pid}`];
    execFileSync("setpriv", [...same, ...wish]);
  };
  const hears = {
    up() {},
    wrong: ({ text }) => wrong(text),
    "no more processes": () => nproc(1),
    "more processes": () => nproc(4096),
    kill: () => void child.kill("SIGKILL"),
    flooded: ({ ms }) => ms < 5000 || wrong(`${ms} ms for a few megabytes`),
    recovered({ states, free, error }) {
      const { RUNNING: running = 0 } = states;
      own["not started"] += count - running;
      const fit = way === "descriptors" ? Math.floor((limit - FIXED) / EACH) : count;
      const is = `${JSON.stringify(states)}, ${free} descriptors are free (${error})`;
      if (running < Math.min(count, fit)) wrong(`${fit} would fit: ${is}`);
      else if (running < count && free > SPARE) wrong(`more would fit: ${is}`);
      else if (running < count && !/too many open files/.test(error))
        wrong(`without a reason: ${is}`);
    },
    "kill the guardian": () => signalGuardians(child.pid, "SIGKILL"),
    "stop the guardian": () => signalGuardians(child.pid, "SIGSTOP"),
    async "wait for the guardian"() {
      for (let i = 0; i < 150 && guardiansOf(child.pid).length === 0; i++) await wait(50);
      if (guardiansOf(child.pid).length === 0) wrong("there is no guardian");
    },
    down() {
      for (const one of look().filter((other) => other.mark === mark)) {
        wrong(`left by the shutdown: ${one.pid} ${one.kind} ${one.command.slice(0, 60)}`);
        own.survivors++;
      }
    },
  };
  const quiet = new Set(["up", "wrong", "recovered", "flooded"]);
  createInterface({ input: child.stdout }).on("line", async (line) => {
    const { word, ...facts } = JSON.parse(line);
    await hears[word](facts);
    if (!quiet.has(word)) child.stdin.write("go\n");
  });
  child.stdin.on("error", () => {});

  const isLate = await Promise.race([ended, wait(LIFE_MS, "late", { ref: false })]);
  if (isLate === "late") {
    wrong(`does not end: ${stderr}`);
    child.kill("SIGKILL");
    await ended;
  }
  const killed = end !== "shutdown" && child.signalCode === "SIGKILL";
  if (stderr !== "") wrong(stderr);
  else if (!killed && child.exitCode !== 0)
    wrong(`ended with ${child.exitCode ?? child.signalCode}`);
  if (hog) hog.child.kill("SIGKILL");
  await wait(PROMISED_MS);
  for (const one of look().filter((other) => other.mark === mark)) {
    wrong(`left behind: ${one.pid} ${one.kind} ${one.command.slice(0, 60)}`);
    own.survivors++;
    process.kill(one.pid, "SIGKILL");
  }
  rmSync(directory, { recursive: true, force: true });
}

function guardiansOf(host) {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const isOne = readFileSync(`/proc/${name}/cmdline`, "latin1").includes("guardian");
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return isOne && state !== "Z" && Number(parent) === host ? Number(name) : [];
    } catch {
      return []; // no process, or gone
    }
  });
}

function signalGuardians(host, signal) {
  for (const pid of guardiansOf(host)) process.kill(pid, signal);
}

const begun = performance.now();
const seconds = () => Math.round((performance.now() - begun) / 1000);
const isOver = (number) =>
  values.hosts === undefined ? seconds() >= Number(values.seconds) : number >= Number(values.hosts);
let next = 0;
const lanes = Array.from({ length: Number(values.parallel) }, async () => {
  while (!isOver(next)) await life(next++);
});
await Promise.all(lanes);

console.table(Object.fromEntries([...table].toSorted(([a], [b]) => (a < b ? -1 : 1))));
const sum = (name) => [...table.values()].reduce((all, one) => all + one[name], 0);
console.log(
  `seed ${values.seed}: ${sum("hosts")} hosts, ${sum("programs")} programs, ${sum("survivors")} survivors, ${sum("wrong")} wrong, ${seconds()} s`,
);
process.exit(sum("wrong") > 0 ? 1 : 0);
