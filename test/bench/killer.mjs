/** Kills a process again and again, and measures how long it takes until the next one speaks. */
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "./helpers.mjs";

const [fifo, first, seconds] = process.argv.slice(2);
const births = new Socket({
  fd: openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK),
  readable: true,
  writable: false,
});
let born = () => {};
births.setEncoding("utf8").on("data", (text) => {
  const pids = text.trim().split("\n").map(Number);
  born(pids.at(-1));
});
const latencies = [];
const end = performance.now() + Number(seconds) * 1000;
// what was said before anybody listened is about the first one, which is known
await wait(100);
for (let pid = Number(first); performance.now() < end;) {
  const next = new Promise((resolve) => {
    born = resolve;
  });
  const killed = performance.now();
  process.kill(pid, "SIGKILL");
  pid = await next;
  latencies.push(performance.now() - killed);
  await wait(20 + Math.random() * 40);
}
process.send({ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) });
process.disconnect();
births.destroy();
