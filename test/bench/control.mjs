/** What a control server under load does to the programs that its host keeps. */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atLeast, atMost } from "./helpers.mjs";

const CALLERS = fileURLToPath(new URL("callers.mjs", import.meta.url));
const KILLER = fileURLToPath(new URL("killer.mjs", import.meta.url));

export const file = import.meta.url;
export const rounds = 1;

export const tables = [
  {
    title:
      "control: 100 programs, of which one is killed again and again; 1,000 getAllProcessInfo a second, 200 open tails (50 of which nobody reads), 100 half-open connections, for a minute",
    columns: [
      { name: "restart p50 ms" },
      { name: "restart p99 ms" },
      { name: "requests/s" },
      { name: "answer p99 ms" },
      { name: "MB grown" },
      { name: "descriptors left" },
    ],
    rows: { "nobody calls": { isLoaded: false }, load: { isLoaded: true } },
    aims: [
      atMost(20, "restart p99 ms", "load"),
      atLeast(950, "requests/s", "load"),
      atMost(64, "MB grown", "load"),
      atMost(0, "descriptors left", "load"),
    ],
  },
];

const megabytes = () => process.memoryUsage.rss() / 1e6;
const descriptors = () => readdirSync("/proc/self/fd").length;

export async function measure({ isLoaded, quick }) {
  const [{ Supervisor }, { serve }] = await Promise.all([
    import("libsupervisor"),
    import("libsupervisor/control"),
  ]);
  const directory = mkdtempSync(path.join(tmpdir(), "lsv-control-"));
  const fifo = path.join(directory, "births");
  execFileSync("mkfifo", [fifo]);
  const programs = {
    victim: {
      command: ["sh", "-c", 'echo $$ >"$0"; exec sleep 100000', fifo],
      startsecs: 0,
      autorestart: true,
    },
    writer: { command: ["sh", "-c", "while sleep 0.05; do echo a line; done"], startsecs: 0 },
  };
  for (let i = 0; i < 98; i++) programs[`idle${i}`] = { command: "sleep 100000", startsecs: 0 };
  const supervisor = new Supervisor({ programs });
  const place = path.join(directory, "control.sock");
  const server = await serve(supervisor, { file: place }, { connections: 1024 });
  await supervisor.start();
  const seconds = quick ? 10 : 60;
  const tell = async (script, ...args) => {
    const child = fork(script, args.map(String));
    const [result] = await once(child, "message");
    return result;
  };
  const before = descriptors();
  const callers = isLoaded ? tell(CALLERS, place, seconds) : undefined;
  await wait(3000); // everybody is there
  const early = megabytes();
  const restarts = await tell(KILLER, fifo, readPid(supervisor), seconds - 4);
  const grown = megabytes() - early;
  const calls = (await callers) ?? { rate: 0, p99: 0 };
  await wait(500); // the sockets of those who are gone
  const left = Math.max(0, descriptors() - before);
  await server.close();
  await supervisor.shutdown();
  rmSync(directory, { recursive: true });
  return {
    "restart p50 ms": restarts.p50,
    "restart p99 ms": restarts.p99,
    "requests/s": calls.rate,
    "answer p99 ms": calls.p99,
    "MB grown": Math.max(0, grown),
    "descriptors left": left,
  };
}

function readPid(supervisor) {
  const { pid } = supervisor.process("victim");
  readFileSync(`/proc/${pid}/stat`); // it lives
  return pid;
}
