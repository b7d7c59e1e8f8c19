import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { describe, it, type TestContext } from "node:test";
import { sweep } from "../../src/cleanup/sweep.ts";
import { descendantsOf } from "../../src/cleanup/descendants.ts";
import { relativesOf } from "../../src/cleanup/relatives.ts";
import { SweepMemory, UnrelatedCache } from "../../src/cleanup/strangers.ts";
import { forksSoFar, identityOf, isAlive, pidLimit, type Identity } from "../../src/system/proc.ts";
import { systemClock } from "../../src/system/clock.ts";
import { noPython } from "../support/python.ts";

const tag = "LIBSUPERVISOR_0123456789abcdef=7";

const asking = { stopsignal: "SIGTERM", isGroupAsked: false } as const;

/** A stranger in a group and a session of its own, ended with the test. */
async function stranger(t: TestContext, env: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "ignore", env });
  await once(child, "spawn");
  t.after(async () => {
    const exit = once(child, "exit");
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await exit;
    }
  });
  return child;
}

/** As if a child of ours had had that number, and was gone. */
const marks = (pid: number) => ({
  pid,
  tag,
  forks: forksSoFar(),
  limit: pidLimit(),
  supervisor: { name: tag.split("=")[0] ?? "", pgids: new Map(), unrelated: new UnrelatedCache() },
});

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
    print(children[0].pid, grandchild, flush=True)
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
        found = await descendantsOf({ ...marks(pid), forks: before });
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
          const looking = descendantsOf({ ...marks(pid), forks: before });
          assert.ok(looking instanceof Promise);
          found = await looking;
        },
        (count) => {
          if (count < 350 || hasAsked) return;
          hasAsked = true;
          process.kill(pid, "SIGUSR1");
          while (children().length < 301);
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
        found = descendantsOf(marks(pid));
      });
      assert.ok(Array.isArray(found));
      assert.ok(found.length > 0);
      assert.ok(all < 15, `${all} files`);
    });
  },
);

describe(
  "the kin of a process",
  { skip: process.platform === "linux" ? false : "no /proc" },
  () => {
    it("is not whoever has got its number, nor that one's group", async (t) => {
      const { pid = 0 } = await stranger(t);
      assert.deepEqual(await relativesOf(marks(pid), new SweepMemory()), []);
    });

    it("is whoever has its tag, and nobody with another", async (t) => {
      const { pid = 0 } = await stranger(t, { LIBSUPERVISOR_0123456789abcdef: "7" });
      const { pid: other = 0 } = await stranger(t, { LIBSUPERVISOR_0123456789abcdef: "71" });
      assert.ok(other > 0);
      const found = await relativesOf(marks(pid - 1), new SweepMemory());
      assert.deepEqual(
        found.map((one) => one.pid),
        [pid],
      );
    });

    it("is not a process that began at another time", async (t) => {
      const { pid = 0 } = await stranger(t);
      const identity = identityOf(pid);
      assert.ok(identity);
      assert.ok(isAlive(identity));
      assert.ok(!isAlive({ ...identity, began: `${Number(identity.began) - 1}` }));
    });

    it("is found also by one who has looked at all the others before", async (t) => {
      const { pid: first = 0 } = await stranger(t, { NAME: "other" });
      const before = marks(first - 1);
      assert.deepEqual(await relativesOf(before, new SweepMemory()), []);
      assert.ok(before.supervisor.unrelated.has(first, forksSoFar(), pidLimit()));
      const { pid = 0 } = await stranger(t, { LIBSUPERVISOR_0123456789abcdef: "7" });
      const found = await relativesOf(before, new SweepMemory());
      assert.deepEqual(
        found.map((one) => one.pid),
        [pid],
      );
      const { supervisor } = before;
      assert.ok(!supervisor.unrelated.has(pid, forksSoFar(), pidLimit()));
      assert.ok(!supervisor.unrelated.has(first, forksSoFar() + pidLimit() / 2, pidLimit()));
    });

    it("is in doubt of a process that shows no environment yet", async (t) => {
      const { pid = 0 } = await stranger(t); // as if it were about to execute
      const memory = new SweepMemory();
      const before = marks(pid - 1);
      assert.deepEqual(await relativesOf(before, memory), []);
      assert.ok(memory.isInDoubt);
      assert.ok(!before.supervisor.unrelated.has(pid, forksSoFar(), pidLimit()));
      // not once, on a machine where others are about to execute, too
      for (let i = 0; i < 100 && memory.isInDoubt; i++) {
        assert.deepEqual(await relativesOf(before, memory), []);
      }
      assert.ok(!memory.isInDoubt);
    });

    it(
      "lives while one of its threads does, though the first has ended",
      {
        skip: noPython,
      },
      async (t) => {
        const script = `
import ctypes, os, threading, time
def stay():
    while open("/proc/self/stat").read().rsplit(")", 1)[1].split()[0] != "Z": time.sleep(0.001)
    os.write(1, b"ready")
    time.sleep(1000)
threading.Thread(target=stay).start()
ctypes.CDLL(None).pthread_exit(None)`;
        const child = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
        const exit = once(child, "exit");
        t.after(async () => {
          child.kill("SIGKILL");
          await exit;
          assert.equal(identityOf(child.pid ?? 0), undefined);
        });
        assert.equal(String((await once(child.stdout, "data"))[0]), "ready");
        const identity = identityOf(child.pid ?? 0);
        assert.ok(identity && isAlive(identity));
      },
    );

    it("known from before: a stranger that got the number is not touched", async (t) => {
      const child = await stranger(t);
      const { pid = 0 } = child;
      const identity = identityOf(pid);
      assert.ok(identity);
      const known = [{ ...identity, began: `${Number(identity.began) - 1}` }];
      const left = await new Promise((done) => {
        sweep({ ...marks(pid), scope: "all", known, ...asking }, 0, systemClock, done);
      });
      assert.deepEqual(left, []);
      assert.ok(isAlive(identity));
      assert.equal(child.signalCode, null);
    });
  },
);
