/**
 * A host that lives through a shortage: it starts programs, gives orders at random while something is
 * lacking, and says what has come of them when it is lacking no more. Its words to the parent are
 * lines of JSON; the parent answers `go` when it has done what it was asked for.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { Supervisor } from "../../dist/index.js";
import { dice, pick, program } from "./kinds.mjs";

const { way, seed, mark, directory, count, limit, uid, end } = JSON.parse(process.argv[2]);
const roll = dice(seed);
const temporary = path.join(directory, "tmp");
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (word, facts = {}) => process.stdout.write(`${JSON.stringify({ word, ...facts })}\n`);
const ask = async (word) => {
  say(word);
  await input.next();
};

const prlimit = (wish) => execFileSync("prlimit", [wish, "--pid", String(process.pid)]);
if (limit !== undefined) prlimit(`--nofile=${limit}:${limit}`);
if (uid !== undefined) {
  if (way === "processes") prlimit("--nproc=4096:4096");
  await warmUp(); // another user may not be able to read execa
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);
}

async function warmUp() {
  const programs = { once: { command: "true", startsecs: 0, autorestart: false } };
  const supervisor = new Supervisor({ programs });
  await supervisor.start();
  await supervisor.shutdown();
}

const BYTES = 2_000_000;
const held = [];
let again;
function grab(but = 0) {
  try {
    for (;;) held.push(openSync("/dev/null"));
  } catch {
    for (let i = 0; i < but && held.length > 0; i++) closeSync(held.pop());
  }
}
function free() {
  const before = held.length;
  grab();
  const found = held.splice(before);
  for (const fd of found) closeSync(fd);
  return found.length;
}
const opened = () =>
  readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return []; // that of the look
    }
  });

/** How something begins to lack, and how there is enough of it again. */
const lacks = {
  descriptors: {
    begin() {
      const but = Math.floor(roll() ** 2 * 16);
      grab(but);
      if (roll() < 0.5) again = setInterval(() => grab(but), 1);
    },
    end() {
      clearInterval(again);
      for (const fd of held.splice(0)) closeSync(fd);
    },
  },
  processes: { begin: () => ask("no more processes"), end: () => ask("more processes") },
  "small pipes": { begin() {}, end() {} }, // from the first to the last
  "full disk": {
    begin() {
      const fd = openSync(path.join(temporary, "filler"), "w");
      try {
        for (const block of [Buffer.alloc(4096), Buffer.alloc(1)]) for (;;) writeSync(fd, block);
      } catch {
        // ENOSPC
      } finally {
        closeSync(fd);
      }
      if (roll() < 0.5) return;
      try {
        for (let i = 0; ; i++) closeSync(openSync(path.join(temporary, `filler${i}`), "w"));
      } catch {
        // ENOSPC: not even an empty file
      }
    },
    end() {
      for (const name of readdirSync(temporary)) {
        if (name.startsWith("filler")) rmSync(path.join(temporary, name));
      }
    },
  },
  "no directory": {
    begin: () => renameSync(temporary, `${temporary}-gone`),
    end: () => renameSync(`${temporary}-gone`, temporary),
  },
};

const quiet = { startretries: 2, stopwaitsecs: 1 };
/** Programs that last, of which one says something now and then. */
const lasting = {
  sleeper: () => program({ kind: "plain", mark, directory }),
  deaf: () => program({ kind: "deaf", mark, directory }),
  leaver: () => program({ kind: "daemon", mark, directory }),
  talker: () => {
    const base = program({ kind: "plain", mark, directory });
    const script = `while :; do echo a line; sleep 0.1; done`;
    return { ...base, command: ["/bin/sh", "-c", script] };
  },
};
const outputs = [
  { stdout_logfile: "AUTO", stderr_logfile: "AUTO" },
  { stdout_logfile: "AUTO", redirect_stderr: true },
  { stdout_logfile: "NONE", stderr_logfile: "NONE" },
  { stdout_logfile: path.join(temporary, "out.log"), stderr_logfile: "NONE" },
];
// under a limit of processes, one that has to fork does not fit
const kinds = way === "processes" ? ["sleeper"] : Object.keys(lasting);
const programs = Object.fromEntries(
  Array.from({ length: count }, (_, i) => {
    const base = lasting[pick(kinds, roll)]();
    return [`p${i}`, { ...base, ...pick(outputs, roll), ...quiet, autorestart: true }];
  }),
);
const names = Object.keys(programs);

const before = opened().length;
const supervisor = new Supervisor({ programs, childlogdir: temporary });
supervisor.on("GUARDIAN", () => {});
supervisor.on("LOGFILE", () => {});
say("up");

/** A promise may fail for what is lacking, but not wait for ever. */
async function settled(what, promise, limitMs = 30_000) {
  const timeout = Symbol(what);
  const first = await Promise.race([
    promise.catch((error) => error),
    wait(limitMs, timeout, { ref: false }),
  ]);
  if (first instanceof Error) return first;
  if (first !== timeout) return undefined;
  const states = JSON.stringify(supervisor.status().map(({ name, state }) => `${name} ${state}`));
  say("wrong", { text: `${what} does not settle: ${states}` });
  return process.exit(1);
}

const orders = {
  start: () => supervisor.start(pick(names, roll)),
  stop: () => supervisor.stop(pick(names, roll)),
  restart: () => supervisor.restart(pick(names, roll)),
  "restart of all": () => supervisor.restart(),
  tail: async () => supervisor.tail(pick(names, roll)),
  clear: async () => supervisor.clear(pick(names, roll)),
  // who is killed together with the guardian is not guarded
  ...(end === "shutdown" && { "end of the guardian": () => ask("kill the guardian") }),
};

const states = () => {
  const sum = {};
  for (const { state } of supervisor.status()) {
    sum[state] = (sum[state] ?? 0) + 1;
  }
  return sum;
};

// 1. something is lacking, from the first start on or later
const isEarly = roll() < 0.5;
if (!isEarly) await settled("the first start", supervisor.start());
await lacks[way].begin();
const pending = isEarly ? [settled("the early start", supervisor.start())] : [];
for (let i = 0; i < 8; i++) {
  await wait(Math.floor(roll() * 60));
  const verb = pick(Object.keys(orders), roll);
  const order = settled(verb, orders[verb]());
  pending.push(order);
  if (roll() < 0.5) await order;
}
if (end === "SIGKILL in need") await ask("kill");
await Promise.all(pending);
await lacks[way].end();

// 2. nothing is lacking, but for what the limits are: all that fits runs
let error = await settled("the start after it", supervisor.start());
for (let i = 0; i < 100 && states().STARTING; i++) await wait(50);
const sum = states();
say("recovered", { states: sum, free: free(), error: String(error?.message.split("\n").at(-1)) });
await ask("wait for the guardian");

if (way !== "descriptors") {
  error = await settled("the restart after it", supervisor.restart());
  if (error) say("wrong", { text: `the restart after it: ${error}` });
  for (const { name, pid } of supervisor.status()) {
    const stdout = readlinkSync(`/proc/${pid}/fd/1`);
    if (stdout.startsWith("socket"))
      say("wrong", { text: `${name} has no FIFO any more, but a ${stdout}` });
  }
}

if (way === "small pipes") {
  const begun = performance.now();
  const floods = Array.from({ length: 3 }, (_, i) => ({ i, file: path.join(directory, `${i}`) }));
  const ends = floods.map(({ i, file }) => {
    const name = `flood${i}`;
    const ended = new Promise((resolve) => {
      supervisor.on("PROCESS_STATE_EXITED", ({ processname }) => processname === name && resolve());
    });
    supervisor.add(name, {
      command: ["head", "-c", String(BYTES), "/dev/zero"],
      stdout_logfile: file,
      stdout_logfile_maxbytes: 0,
      stderr_logfile: "NONE",
      startsecs: 0,
      autorestart: false,
    });
    return ended;
  });
  await settled(
    "the flood",
    Promise.all([...floods.map(({ i }) => supervisor.start(`flood${i}`)), ...ends]),
    60_000,
  );
  for (const { file } of floods) {
    const { size } = statSync(file);
    if (size !== BYTES) say("wrong", { text: `${size} of ${BYTES} bytes came through` });
  }
  say("flooded", { ms: Math.round(performance.now() - begun) });
}

if (end === "SIGKILL") await ask("kill");
if (roll() < 0.3) await ask("stop the guardian");
error = await settled("the shutdown", supervisor.shutdown());
if (error) say("wrong", { text: String(error) });
supervisor.removeAllListeners();
await ask("down");
// sockets that were destroyed are closed on a later turn
for (let i = 0; i < 20 && opened().length > before; i++) await wait(20);
const left = opened().length - before;
if (left > 0) say("wrong", { text: `${left} descriptors are left: ${opened().join(" ")}` });
mkdirSync(temporary, { recursive: true });
const files = readdirSync(temporary).filter((name) => name.startsWith("libsupervisor"));
if (files.length > 0) say("wrong", { text: `left in TMPDIR: ${files.join(" ")}` });
process.stdin.destroy();
