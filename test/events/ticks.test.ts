import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Supervisor, type EventName } from "../../src/index.ts";
import { FakeClock, FakeSpawner } from "../../src/testing/index.ts";
import { Stage } from "../support/helpers.ts";

const EPOCH = Date.UTC(2026, 0, 1);

describe("a TICK", () => {
  /** Its wall clock can be set. */
  class Jumpy extends FakeClock {
    offset = 0;
    override date(): number {
      return super.date() + this.offset;
    }
  }
  const make = async (epoch = EPOCH) => {
    const clock = new Jumpy(epoch);
    const supervisor = new Supervisor({}, { clock, spawner: new FakeSpawner() });
    await supervisor.start();
    const ticks: string[] = [];
    const listen = (name: EventName) =>
      supervisor.on(name, (event) => {
        if ("when" in event) ticks.push(`${event.type} ${event.when - EPOCH / 1000}`);
      });
    return { clock, supervisor, ticks, listen };
  };

  it("has no timer while nobody listens", async () => {
    const { clock, supervisor } = await make();
    const listener = () => {};
    supervisor.on("PROCESS_STATE", listener);
    assert.equal(clock.pending, 0);
    for (const name of ["TICK_5", "TICK_60", "TICK_3600", "TICK", "EVENT"] as const) {
      supervisor.on(name, listener);
      assert.equal(clock.pending, 1, name);
      supervisor.off(name, listener);
      assert.equal(clock.pending, 0, name);
    }
    supervisor.once("TICK_5", listener);
    clock.advance(5000);
    assert.equal(clock.pending, 0, "once is over");
  });

  it("has none before the beginning and after the shutdown", async () => {
    const stage = new Stage();
    stage.supervisor.on("TICK_5", () => {});
    assert.equal(stage.clock.pending, 0);
    await stage.supervisor.start();
    assert.equal(stage.clock.pending, 1);
    await stage.supervisor.shutdown();
    assert.equal(stage.clock.pending, 0);
  });

  it("comes when the wall clock enters a new slice", async () => {
    const { clock, ticks, listen } = await make(EPOCH + 57_300);
    listen("TICK");
    clock.advance(2699);
    assert.deepEqual(ticks, []);
    clock.advance(1);
    assert.deepEqual(ticks.splice(0), ["TICK_5 60", "TICK_60 60"]);
    clock.advance(10_000);
    assert.deepEqual(ticks, ["TICK_5 65", "TICK_5 70"]);
  });

  it("comes each hour", async () => {
    const { clock, ticks, listen } = await make();
    listen("TICK_3600");
    clock.advance(7_200_000);
    assert.deepEqual(ticks, ["TICK_3600 3600", "TICK_3600 7200"]);
  });

  it("comes once for a wall clock that jumps, forth or back", async () => {
    const { clock, ticks, listen } = await make();
    listen("TICK_5");
    clock.offset = 3_600_000;
    clock.advance(5000);
    assert.deepEqual(ticks.splice(0), ["TICK_5 3605"]);
    clock.offset = 0;
    clock.advance(5000);
    assert.deepEqual(ticks.splice(0), ["TICK_5 10"]);
    clock.stall(60_000);
    clock.advance(0);
    assert.deepEqual(ticks, ["TICK_5 70"]);
  });
});
