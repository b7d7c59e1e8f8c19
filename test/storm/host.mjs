import { setTimeout as wait } from "node:timers/promises";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { Supervisor } from "../../dist/index.js";
import { dice, programs } from "./kinds.mjs";

const options = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { way, seed, mark, directory, delay } = options;
const say = (word) => process.stdout.write(`${word}\n`);

if (isMainThread && way.startsWith("worker")) {
  const worker = new Worker(new URL(import.meta.url), { workerData: options, stdout: true });
  await new Promise((resolve) => worker.stdout.once("data", resolve));
  await wait(delay);
  if (way === "worker, process.exit") process.exit(0);
  await worker.terminate();
  say("over");
  setInterval(() => {}, 1000); // lives on, until it is looked at
} else {
  await live();
}

async function live() {
  const settings = { programs: programs({ roll: dice(seed), mark, directory }) };
  const supervisor = new Supervisor(settings);
  const up = everyOne(supervisor, Object.keys(settings.programs));
  supervisor.start().catch(() => {});
  if (!isMainThread) {
    if (seed % 3 > 0) await up;
    say("up");
    return;
  }
  if (way === "SIGKILL in start") {
    say("up");
    setInterval(() => {}, 1000);
    return;
  }
  await up;
  if (way === "return") {
    await wait(delay);
    supervisor.unref();
    return;
  }
  say("up");
  setInterval(() => {}, 1000);
  const [, verb] = /^SIGKILL in (restart|stop|shutdown)$/.exec(way) ?? [];
  if (verb) {
    supervisor[verb]().catch(() => {});
    return;
  }
  await wait(delay);
  ends[way]?.();
}

/** Until each has been started once, whatever came of it. */
function everyOne(supervisor, names) {
  const missing = new Set(names);
  return new Promise((resolve) => {
    supervisor.on("PROCESS_STATE", ({ type, processname }) => {
      if (/RUNNING|BACKOFF|EXITED/.test(type)) missing.delete(processname);
      if (missing.size === 0) resolve();
    });
  });
}

const ends = {
  "process.exit": () => process.exit(3),
  "uncaught exception": () =>
    setImmediate(() => {
      throw new Error("the end");
    }),
  "rejected promise": () => void Promise.reject(new Error("the end")),
  abort: () => process.abort(),
  "out of memory": () => {
    for (const hoard = []; ;) hoard.push(Array.from({ length: 100_000 }, () => ({})));
  },
};
