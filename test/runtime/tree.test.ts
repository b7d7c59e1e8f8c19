import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { sweep } from "../../src/runtime/kill.ts";
import {
  forksSoFar,
  identityOf,
  isAlive,
  kinOf,
  Memory,
  pidLimit,
  Strangers,
} from "../../src/runtime/tree.ts";

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
const kinship = (pid: number) => ({
  pid,
  tag,
  forks: forksSoFar(),
  limit: pidLimit(),
  family: { name: tag.split("=")[0] ?? "", groups: new Map(), strangers: new Strangers() },
});

describe(
  "the kin of a process",
  { skip: process.platform === "linux" ? false : "no /proc" },
  () => {
    it("is not whoever has got its number, nor that one's group", async (t) => {
      const { pid = 0 } = await stranger(t);
      assert.deepEqual(await kinOf(kinship(pid), new Memory()), []);
    });

    it("is whoever has its tag, and nobody with another", async (t) => {
      const { pid = 0 } = await stranger(t, { LIBSUPERVISOR_0123456789abcdef: "7" });
      const { pid: other = 0 } = await stranger(t, { LIBSUPERVISOR_0123456789abcdef: "71" });
      assert.ok(other > 0);
      const found = await kinOf(kinship(pid - 1), new Memory());
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
      const before = kinship(first - 1);
      assert.deepEqual(await kinOf(before, new Memory()), []);
      assert.ok(before.family.strangers.has(first, forksSoFar(), pidLimit()));
      const { pid = 0 } = await stranger(t, { LIBSUPERVISOR_0123456789abcdef: "7" });
      const found = await kinOf(before, new Memory());
      assert.deepEqual(
        found.map((one) => one.pid),
        [pid],
      );
      const { family } = before;
      assert.ok(!family.strangers.has(pid, forksSoFar(), pidLimit()));
      assert.ok(!family.strangers.has(first, forksSoFar() + pidLimit() / 2, pidLimit()));
    });

    it("is in doubt of a process that shows no environment yet", async (t) => {
      const { pid = 0 } = await stranger(t); // as if it were about to execute
      const memory = new Memory();
      const before = kinship(pid - 1);
      assert.deepEqual(await kinOf(before, memory), []);
      assert.ok(memory.isInDoubt);
      assert.ok(!before.family.strangers.has(pid, forksSoFar(), pidLimit()));
      // not once, on a machine where others are about to execute, too
      for (let i = 0; i < 100 && memory.isInDoubt; i++) {
        assert.deepEqual(await kinOf(before, memory), []);
      }
      assert.ok(!memory.isInDoubt);
    });

    it("known from before: a stranger that got the number is not touched", async (t) => {
      const child = await stranger(t);
      const { pid = 0 } = child;
      const identity = identityOf(pid);
      assert.ok(identity);
      const known = [{ ...identity, began: `${Number(identity.began) - 1}` }];
      const left = await new Promise((done) => {
        sweep({ ...kinship(pid), scope: "all", known, ...asking }, 0, done);
      });
      assert.deepEqual(left, []);
      assert.ok(isAlive(identity));
      assert.equal(child.signalCode, null);
    });
  },
);
