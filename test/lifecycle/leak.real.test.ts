import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { sh, supervise, type Rig } from "../support/real-supervisor.ts";

/** How many descriptors are open, and what holds the event loop. */
function held(): Record<string, number> {
  const kinds = process.getActiveResourcesInfo();
  const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    pipes: count("PipeWrap"),
    processes: count("ProcessWrap"),
    timeouts: count("Timeout"),
    exitListeners: process.listenerCount("exit"),
  };
}

/** Runs the work twice over: what the first has opened for good is no leak. */
async function assertNoLeak(rig: Rig, work: () => Promise<void>): Promise<void> {
  await work();
  await rig.supervisor.stop();
  for (let i = 0; i < 50; i++) await turn();
  const before = held();
  await work();
  await rig.supervisor.stop();
  // the pipes of the dead are closed a few turns after their end
  for (let i = 0; i < 1000 && !isDeepStrictEqual(held(), before); i++) await turn();
  assert.deepEqual(held(), before);
}

describe("many lives", () => {
  it("200 restarts of a process that ends at once: no descriptor, handle or listener is left", async (t) => {
    const rig = supervise(t, { web: { command: "true", startsecs: 0, autorestart: true } });
    await assertNoLeak(rig, async () => {
      let count = 0;
      const enough = new Promise<void>((resolve) => {
        rig.supervisor.on("PROCESS_STATE_EXITED", function exited() {
          if (++count < 100) return;
          rig.supervisor.off("PROCESS_STATE_EXITED", exited);
          resolve();
        });
      });
      await rig.supervisor.start();
      await enough;
    });
  });

  it("100 starts and stops: no descriptor, handle or listener is left", async (t) => {
    const rig = supervise(t, {
      web: { command: sh("sleep 1000 & exec sleep 1000"), startsecs: 0 },
    });
    await assertNoLeak(rig, async () => {
      for (let i = 0; i < 50; i++) {
        await rig.supervisor.start();
        await rig.supervisor.stop();
      }
    });
  });

  it("100 starts that fail: no descriptor, handle or listener is left", async (t) => {
    const rig = supervise(t, {
      missing: { command: "/nonexistent", startretries: 0 },
      long: { command: ["true", "x".repeat(200_000)], startretries: 0 },
      early: { command: "true", startsecs: 10, startretries: 0 },
    });
    await assertNoLeak(rig, async () => {
      for (let i = 0; i < 17; i++) await rig.supervisor.start().catch(() => {});
    });
  });
});
