import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Stage, turn, watch } from "../support/helpers.ts";

const settings = {
  programs: {
    a: { command: "a", priority: 30 },
    b: { command: "b", priority: 10 },
    c: { command: "c", priority: 20 },
    solo: { command: "s", priority: 500 },
    last: { command: "l" },
  },
  groups: { g: { programs: ["a", "b", "c"], priority: 1 } },
};

describe("the order of processes", () => {
  it("is that of the groups on autostart, and inside a group as configured", async () => {
    const stage = new Stage(settings);
    void stage.supervisor.start();
    assert.deepEqual(stage.seen(), [
      "g:a STARTING",
      "g:b STARTING",
      "g:c STARTING",
      "solo STARTING",
      "last STARTING",
    ]);
    await stage.pass(1000);
  });

  it("is by the priority of the programs inside a group, for a start on command", async () => {
    const stage = new Stage(settings);
    void stage.supervisor.start("all");
    assert.deepEqual(stage.seen(), [
      "g:b STARTING",
      "g:c STARTING",
      "g:a STARTING",
      "solo STARTING",
      "last STARTING",
    ]);
    await stage.pass(1000);
  });

  it("goes down the numbers for a stop, each wave waiting for the one before", async () => {
    const stage = new Stage(settings);
    await stage.up();
    for (const name of Object.keys(stage.states())) stage.spawner.stubborn.add(name);
    const stop = watch(stage.supervisor.stop());
    for (const name of ["last", "solo", "g:a", "g:c", "g:b"]) {
      await turn();
      assert.deepEqual(stage.seen(), [`${name} STOPPING`]);
      assert.equal(stop.outcome, "pending");
      stage.spawner.of(name).exit(0);
      assert.deepEqual(stage.seen(), [`${name} STOPPED`]);
    }
    await turn();
    assert.equal(stop.outcome, "done");
  });

  it("puts those of equal priority into one wave, also over groups", async () => {
    const stage = new Stage({
      programs: {
        a: { command: "a", numprocs: 2, process_name: "%(process_num)d" },
        b: { command: "b" },
      },
    });
    await stage.up();
    for (const name of Object.keys(stage.states())) stage.spawner.stubborn.add(name);
    void stage.supervisor.stop();
    await turn();
    assert.deepEqual(
      new Set(stage.seen()),
      new Set(["a:0 STOPPING", "a:1 STOPPING", "b STOPPING"]),
    );
    await stage.pass(10_000);
  });

  it("does not let one that will not stop spare the next wave", async () => {
    const stage = new Stage({
      programs: { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } },
    });
    await stage.up();
    stage.spawner.of("b").kill = () => {
      throw new Error("EPERM");
    };
    const stop = watch(stage.supervisor.stop());
    await turn();
    assert.equal(stop.outcome, "FAILED");
    assert.deepEqual(stage.states(), { a: "STOPPED", b: "UNKNOWN" });
  });
});
