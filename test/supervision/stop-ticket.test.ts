import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StopTicket } from "../../src/supervision/stop-ticket.ts";
import { Stage } from "../support/helpers.ts";

describe("a ticket for an order to stop", () => {
  it("holds once the process was told to stop", () => {
    const ticket = new StopTicket();
    assert.equal(ticket.holds, false);
    ticket.use();
    assert.equal(ticket.holds, true);
  });

  it("does not hold after another order, whichever comes first", () => {
    const [used, unused] = [new StopTicket(), new StopTicket()];
    used.use();
    for (const ticket of [used, unused]) {
      ticket.cancel();
      assert.equal(ticket.holds, false);
      ticket.use();
      assert.equal(ticket.holds, false);
    }
  });
});

const programs = { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } };

describe("two orders to stop", () => {
  it("a restart of all does not start what a caller stops meanwhile", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const restarted = stage.supervisor.restart();
    await stage.pass(0);
    const stopped = stage.supervisor.stop("a");
    await stage.pass(10_000);
    await stopped;
    const refused = assert.rejects(restarted, /"a": it was stopped meanwhile/);
    await stage.pass(1000);
    await refused;
    assert.deepEqual(stage.states(), { a: "STOPPED", b: "RUNNING" });
  });

  it("an update does not start what a caller stops meanwhile", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const updated = stage.supervisor.update({
      programs: { a: { command: "A", priority: 1 }, b: { command: "B", priority: 2 } },
    });
    await stage.pass(0);
    const stopped = stage.supervisor.stop("a");
    await stage.pass(10_000);
    await Promise.all([stopped, updated]);
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { a: "STOPPED", b: "RUNNING" });
  });

  it("one that begins nothing takes nothing away from the other", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const restarted = stage.supervisor.restart();
    await stage.pass(0);
    await assert.rejects(stage.supervisor.stop("a", { signal: AbortSignal.abort() }));
    await stage.pass(10_000);
    await stage.pass(1000);
    await restarted;
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "RUNNING" });
  });
});
