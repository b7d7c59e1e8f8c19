/** `npm start` is a promise: it ends by itself, it can be interrupted at any time, and it leaves nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";

const root = path.resolve(import.meta.dirname, "../..");
const demo = path.join(root, "docs/examples/demo.mjs");
const programs = path.join(root, "docs/examples/programs");

interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** Runs the demo; `interrupt` has it get that signal once its output matches, and another in its shutdown. */
async function run(interrupt?: {
  readonly at: RegExp;
  readonly signal: NodeJS.Signals;
}): Promise<Outcome> {
  const mark = `demo-${process.pid}-${Math.random()}`;
  const host = spawn(process.execPath, [demo], {
    env: { ...process.env, DEMO_TEST_MARK: mark },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const err = text(host.stderr);
  const closed = once(host, "close") as Promise<[number | null]>;
  let out = "";
  let isDone = interrupt === undefined;
  let isRepeated = false;
  for await (const chunk of host.stdout.setEncoding("utf8")) {
    out += chunk as string;
    if (interrupt && !isDone && interrupt.at.test(out)) {
      isDone = true;
      host.kill(interrupt.signal);
    }
    // impatience changes nothing
    if (interrupt && !isRepeated && out.includes("Shutdown: ")) isRepeated = host.kill("SIGINT");
  }
  const [code] = await closed;
  assert.ok(isDone, `the moment ${interrupt?.at} never came:\n${out}`);
  assert.deepEqual(livingWith(mark), [], "processes of the demo are alive");
  return { out, err: await err, code };
}

/** The living programs of the demo that have the mark in their environment. */
function livingWith(mark: string): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))) return false;
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
    } catch {
      return false; // gone meanwhile, or not ours
    }
  });
}

describe("the demo", { concurrency: 3 }, () => {
  it("shows what it promises, and ends by itself", async () => {
    const { out, err, code } = await run();
    assert.equal(err, "");
    assert.equal(code, 0, out);
    for (const promised of [
      /web +RUNNING +pid \d+, uptime/,
      /worker:worker_2 +STARTING -> RUNNING/,
      /GET http:\/\/127\.0\.0\.1:\d+\/ -> Hello from pid \d+/,
      /\{ added: \[\], changed: \[ 'web' \], removed: \[\] \}/,
      /-> Good morning from pid \d+/,
      /flaky +RUNNING +-> EXITED/,
      /broken +BACKOFF +-> FATAL/,
      /SPAWN_ERROR: Cannot start "broken".*\(exit status 3\)/,
      /No database at db\.example/,
      /No process is left\.\n$/,
    ]) {
      assert.match(out, promised);
    }
    const pids = [...out.matchAll(/-> (?:Hello|Good morning) from pid (\d+)/g)].map(
      ([, pid]) => pid,
    );
    assert.equal(new Set(pids).size, 3, "a restart and an update: three web servers");
    const workers = [...out.matchAll(/worker:worker_0 +RUNNING +pid (\d+)/g)].map(([, pid]) => pid);
    assert.equal(workers.length, 2);
    assert.equal(workers[0], workers[1], "a worker was touched by the update");
  });

  const moments: readonly (readonly [string, RegExp, NodeJS.Signals])[] = [
    ["at its first line", /Start: /, "SIGINT"],
    ["before anything is RUNNING", /STOPPED +-> STARTING/, "SIGTERM"],
    ["during the update", /Update: [^]*web +STOPPED +-> STARTING/, "SIGTERM"],
    ["in BACKOFF", /broken +STARTING -> BACKOFF/, "SIGINT"],
  ];
  for (const [when, at, signal] of moments) {
    it(`${signal} ${when} ends it cleanly`, { skip: process.platform === "win32" }, async () => {
      const { out, err, code } = await run({ at, signal });
      assert.equal(err, "");
      assert.equal(code, 0, out);
      assert.match(out, /No process is left\.\n$/);
    });
  }
});

describe("the demo's programs", () => {
  it("all of them are used by it", () => {
    const source = readFileSync(demo, "utf8");
    for (const file of readdirSync(programs)) {
      assert.ok(source.includes(`script("${path.basename(file, ".mjs")}")`), file);
    }
  });
});
