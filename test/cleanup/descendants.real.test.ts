import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import { descendantsOf } from "../../src/cleanup/descendants.ts";
import { forksSoFar, type Identity } from "../../src/system/proc.ts";
import { noPython } from "../support/python.ts";
import { marksOf } from "../support/run-marks.ts";

/** How many files are read within one turn of the event loop, at most. */
async function filesPerTurn(
  work: () => unknown,
  onRead: (count: number) => void = () => {},
): Promise<{ readonly most: number; readonly all: number }> {
  const { readFileSync, readdirSync, existsSync } = fs;
  let [most, all, now] = [0, 0, 0];
  const counted =
    <T extends (...args: never[]) => unknown>(read: T) =>
    (...args: Parameters<T>) => {
      most = Math.max(most, ++now);
      onRead(++all);
      return read(...args);
    };
  const put = (functions: object) => {
    Object.assign(fs, functions);
    syncBuiltinESMExports();
  };
  let immediate: NodeJS.Immediate;
  const next = () => {
    now = 0;
    immediate = setImmediate(next);
  };
  immediate = setImmediate(next);
  put({
    readFileSync: counted(readFileSync as never),
    readdirSync: counted(readdirSync as never),
    existsSync: counted(existsSync as never),
  });
  try {
    await work();
  } finally {
    clearImmediate(immediate);
    put({ readFileSync, readdirSync, existsSync });
  }
  return { most, all };
}

describe(
  "the descendants of a process",
  { skip: process.platform === "linux" ? noPython : "no /proc" },
  () => {
    it("of many threads are found without a look at each thread", async (t) => {
      const script = `
import subprocess, threading
threading.stack_size(65536)
never = threading.Event()
children = []
for i in range(1000): threading.Thread(target=never.wait, daemon=True).start()
def last():
    children.append(subprocess.Popen(["sh", "-c", "sleep 1000 & echo $!; wait"], stdout=subprocess.PIPE))
    grandchild = children[0].stdout.readline().decode().strip()
    print(f"{children[0].pid} {grandchild}\\n", end="", flush=True)
    never.wait()
threading.Thread(target=last, daemon=True).start()
never.wait()`;
      const before = forksSoFar();
      const child = spawn("python3", ["-c", script], {
        detached: true,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const { pid = 0 } = child;
      t.after(() => process.kill(-pid, "SIGKILL"));
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const wanted = line.toString().trim().split(" ").map(Number);
      let found: Identity[] = [];
      const { most } = await filesPerTurn(async () => {
        found = await descendantsOf({ ...marksOf(pid), forks: before });
      });
      assert.deepEqual(
        found.map((one) => one.pid).toSorted((a, b) => a - b),
        wanted.toSorted((a, b) => a - b),
      );
      assert.ok(most < 450, `${most} files in one turn`);
    });

    it("many of them, and one that is born meanwhile, are found in slices", async (t) => {
      const script = `
import os, signal, sys
def one(*_):
    if os.fork() == 0:
        os.setsid() if _ else None
        while True: signal.pause()
signal.signal(signal.SIGUSR1, one)
for i in range(300): one()
print("ready", flush=True)
while True: signal.pause()`;
      const before = forksSoFar();
      const child = spawn("python3", ["-c", script], {
        detached: true,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const { pid = 0 } = child;
      const children = () =>
        execFileSync("cat", [`/proc/${pid}/task/${pid}/children`], { encoding: "utf8" })
          .trim()
          .split(" ");
      t.after(() => {
        for (const one of [...children().map(Number), pid]) process.kill(one, "SIGKILL");
      });
      await once(child.stdout, "data");
      let found: Identity[] = [];
      let hasAsked = false;
      const { most } = await filesPerTurn(
        async () => {
          const looking = descendantsOf({ ...marksOf(pid), forks: before });
          assert.ok(looking instanceof Promise);
          found = await looking;
        },
        (count) => {
          if (count < 350 || hasAsked) return;
          hasAsked = true;
          process.kill(pid, "SIGUSR1");
          const end = Date.now() + 30_000; // nothing may wait while the look goes on
          while (children().length < 301) assert.ok(Date.now() < end, "it has not forked");
        },
      );
      assert.ok(hasAsked);
      assert.deepEqual(new Set(found.map((one) => String(one.pid))), new Set(children()));
      assert.equal(found.length, 301);
      assert.ok(most < 450, `${most} files in one turn`);
    });

    it("few of them, of few threads, are found at once, by the lists of children alone", async (t) => {
      const child = spawn("sh", ["-c", "(sleep 1000; :) & echo; wait"], {
        detached: true,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const { pid = 0 } = child;
      t.after(() => process.kill(-pid, "SIGKILL"));
      await once(child.stdout, "data");
      let found: unknown;
      const { all } = await filesPerTurn(() => {
        found = descendantsOf(marksOf(pid));
      });
      assert.ok(Array.isArray(found));
      assert.ok(found.length > 0);
      assert.ok(all < 15, `${all} files`);
    });
  },
);
