import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { relativesOf } from "../../src/cleanup/relatives.ts";
import { SweepMemory } from "../../src/cleanup/sweep-memory.ts";
import { sweep } from "../../src/cleanup/sweep.ts";
import { systemClock } from "../../src/system/clock.ts";
import { forksSoFar, identityOf, isAlive, pidLimit } from "../../src/system/proc.ts";
import { marksOf, sleeper, TAG } from "../support/run-marks.ts";

const asking = { stopsignal: "SIGTERM", isGroupAsked: false } as const;

describe(
  "the relatives of a process",
  { skip: process.platform === "linux" ? false : "no /proc" },
  () => {
    it("do not include a process that has got its number, nor its group", async (t) => {
      const { pid = 0 } = await sleeper(t);
      assert.deepEqual(await relativesOf(marksOf(pid), new SweepMemory()), []);
    });

    it("are those that have its tag, and none with another", async (t) => {
      const { pid = 0 } = await sleeper(t, { [TAG]: "7" });
      const { pid: other = 0 } = await sleeper(t, { [TAG]: "71" });
      assert.ok(other > 0);
      const found = await relativesOf(marksOf(pid - 1), new SweepMemory());
      assert.deepEqual(
        found.map((one) => one.pid),
        [pid],
      );
    });

    it("are found also by a sweep that has looked at all others before", async (t) => {
      const { pid: first = 0 } = await sleeper(t, { NAME: "other" });
      const before = marksOf(first - 1);
      assert.deepEqual(await relativesOf(before, new SweepMemory()), []);
      assert.ok(before.supervisor.unrelated.has(first, forksSoFar(), pidLimit()));
      const { pid = 0 } = await sleeper(t, { [TAG]: "7" });
      const found = await relativesOf(before, new SweepMemory());
      assert.deepEqual(
        found.map((one) => one.pid),
        [pid],
      );
      const { supervisor } = before;
      assert.ok(!supervisor.unrelated.has(pid, forksSoFar(), pidLimit()));
      assert.ok(!supervisor.unrelated.has(first, forksSoFar() + pidLimit() / 2, pidLimit()));
    });

    it("are in doubt while a process shows no environment yet", async (t) => {
      const { pid = 0 } = await sleeper(t); // as if it were about to execute
      const memory = new SweepMemory();
      const before = marksOf(pid - 1);
      assert.deepEqual(await relativesOf(before, memory), []);
      assert.ok(memory.isInDoubt);
      assert.ok(!before.supervisor.unrelated.has(pid, forksSoFar(), pidLimit()));
      // not once, on a machine where others are about to execute, too
      for (let i = 0; i < 100 && memory.isInDoubt; i++) {
        assert.deepEqual(await relativesOf(before, memory), []);
      }
      assert.ok(!memory.isInDoubt);
    });

    it("known from before: another process that got the number is not touched", async (t) => {
      const child = await sleeper(t);
      const { pid = 0 } = child;
      const identity = identityOf(pid);
      assert.ok(identity);
      const known = [{ ...identity, began: `${Number(identity.began) - 1}` }];
      const left = await new Promise((done) => {
        sweep({ ...marksOf(pid), scope: "all", known, ...asking }, 0, systemClock, done);
      });
      assert.deepEqual(left, []);
      assert.ok(isAlive(identity));
      assert.equal(child.signalCode, null);
    });
  },
);
