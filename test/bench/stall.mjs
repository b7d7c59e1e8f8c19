import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { Supervisor } from "../../dist/index.js";
import { openHost } from "./hosts.mjs";
import { atMost, quantile } from "./helpers.mjs";

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
  {
    title: "stall: the host's event loop while a process of many threads is stopped",
    columns: [{ name: "call ms" }, { name: "longest ms" }, { name: "wall ms" }],
    rows: {
      "3000 threads, kill(2) alone": { threads: 3000, isBare: true, program: "python3" },
      ...Object.fromEntries(
        [1, 100, 1000, 3000].map((threads) => [
          `${threads} threads`,
          { threads, program: "python3" },
        ]),
      ),
    },
  },
];

export async function measure(options) {
  return options.threads === undefined ? measureStart(options) : measureStop(options);
}

const THREADS = `
import sys, threading
threading.stack_size(65536)
never = threading.Event()
for _ in range(int(sys.argv[1]) - 1): threading.Thread(target=never.wait, daemon=True).start()
print(end="up", flush=True)
never.wait()`;

async function measureStop({ threads, isBare = false }) {
  const command = ["python3", "-c", THREADS, String(threads)];
  const supervisor = new Supervisor({ programs: { few: { command: "cat" } } });
  await supervisor.start(); // so that nothing is cold
  await supervisor.stop("few");
  const many = supervisor.add("many", { command, autostart: false, autorestart: false });
  const following = many.follow()[Symbol.asyncIterator]();
  await supervisor.start("many");
  await following.next();
  const ended = new Promise((resolve) => supervisor.once("PROCESS_STATE_EXITED", resolve));
  const kill = async () => {
    process.kill(many.processes[0].info().pid);
    await ended;
  };
  const result = await watched(isBare ? kill : () => supervisor.stop("many"));
  await supervisor.shutdown();
  return result;
}

/** How long the event loop stands still while something is done. */
async function watched(work) {
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
  const working = work();
  const call = performance.now() - before;
  await working;
  const wall = performance.now() - before;
  await turn(); // the last gap, too
  clearImmediate(next);
  return {
    "longest ms": gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
    "p99 ms": quantile(gaps, 0.99),
    "call ms": call,
    "wall ms": wall,
  };
}

async function measureStart({ host: name, isPolite = false, isCold = false }) {
  const host = await openHost(name);
  if (!isCold) await host.prepare(1)();
  const start = host.prepare(COUNT, isPolite ? () => turn() : undefined);
  await wait(100);
  const result = await watched(start);
  await host.end();
  return result;
}
