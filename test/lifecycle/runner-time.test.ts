import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../src/testing/index.ts";
import {
  clock,
  make,
  nameOf,
  running,
  seen,
  spawner,
  started,
  useClock,
} from "../support/runner-stage.ts";

describe("a late timer", () => {
  it("makes no difference to an exit after startsecs: it was RUNNING", () => {
    started({ startsecs: 1 });
    clock.stall(1500);
    spawner.last.exit(0);
    assert.deepEqual(seen, ["STARTING", "RUNNING", "EXITED"]);
  });

  it("makes no difference to a stop after startsecs: it was RUNNING", () => {
    const runner = started({ startsecs: 1 });
    clock.stall(1500);
    runner.send({ type: "stop" });
    assert.deepEqual(seen, ["STARTING", "RUNNING", "STOPPING"]);
  });

  it("starts nothing after a stop in BACKOFF", () => {
    const runner = started();
    spawner.last.exit(1);
    clock.stall(5000);
    runner.send({ type: "stop" });
    assert.equal(nameOf(runner), "STOPPED");
    clock.advance(60_000);
    assert.equal(spawner.children.length, 1);
    assert.equal(clock.pending, 0);
  });

  it("kills nobody after an exit in STOPPING", () => {
    const runner = running({ stopwaitsecs: 1 });
    runner.send({ type: "stop" });
    clock.stall(5000);
    spawner.last.exit(0);
    clock.advance(60_000);
    assert.equal(nameOf(runner), "STOPPED");
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
  });

  it("kills once, and not for each stopwaitsecs that has passed", () => {
    const runner = running({ stopwaitsecs: 1 });
    runner.send({ type: "stop" });
    clock.stall(5000);
    clock.advance(0);
    assert.deepEqual(spawner.last.kills, ["SIGTERM", "SIGKILL"]);
    assert.equal(clock.pending, 1);
  });
});

describe("the timer", () => {
  it("may be longer than a timer can be: a clock that fires early is asked again", () => {
    const short = new (class extends FakeClock {
      waits = 0;
      override setTimeout(fn: () => void, ms: number): number {
        this.waits++;
        return super.setTimeout(fn, Math.min(ms, 1000));
      }
    })();
    useClock(short);
    const runner = running({ stopwaitsecs: 3.5 });
    short.waits = 0;
    runner.send({ type: "stop" });
    clock.advance(3499);
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
    clock.advance(1);
    assert.deepEqual(spawner.last.kills, ["SIGTERM", "SIGKILL"]);
    assert.equal(short.waits, 5, "four waits for the first, one for the next");
    assert.equal(clock.pending, 1);
  });

  it("stands the longest stopwaitsecs there are", () => {
    const runner = running({ stopwaitsecs: Number.MAX_VALUE });
    runner.send({ type: "stop" });
    clock.advance(1e15);
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
    spawner.last.exit(0);
    assert.equal(nameOf(runner), "STOPPED");
    assert.equal(clock.pending, 0);
  });

  it("is one, and none when nothing is due", () => {
    const runner = make({ startsecs: 5 });
    assert.equal(clock.pending, 0);
    runner.send({ type: "start" });
    assert.equal(clock.pending, 1);
    runner.send({ type: "stop" });
    assert.equal(clock.pending, 1);
    runner.send({ type: "start" });
    runner.send({ type: "stop" });
    assert.equal(clock.pending, 1);
    spawner.last.exit(0);
    assert.equal(clock.pending, 0);
  });

  it("never asks for a time that has passed", () => {
    const waits: number[] = [];
    useClock(
      new (class extends FakeClock {
        override setTimeout(fn: () => void, ms: number): number {
          waits.push(ms);
          return super.setTimeout(fn, ms);
        }
      })(),
    );
    started({ startsecs: 1 });
    spawner.last.leaves = [900];
    spawner.last.exit(1);
    clock.advance(9000);
    spawner.last.vanish();
    assert.ok(waits.every((ms) => ms >= 0));
    clock.advance(0);
    assert.equal(spawner.children.length, 2);
  });
});

describe("setRef", () => {
  it("tells the child, the timer and all that come later", () => {
    const refs: boolean[] = [];
    useClock(
      new (class extends FakeClock {
        override setTimeout(fn: () => void, ms: number, ref?: boolean): number {
          refs.push(ref ?? true);
          return super.setTimeout(fn, ms);
        }
      })(),
    );
    const runner = started({ startsecs: 1 });
    runner.setRef(false);
    assert.deepEqual(refs, [true, false]);
    assert.equal(clock.pending, 1);
    assert.equal(spawner.last.ref, false);
    spawner.last.exit(1);
    clock.advance(1000);
    assert.equal(spawner.children.length, 2);
    assert.equal(spawner.last.ref, false);
    runner.setRef(true);
    assert.equal(spawner.last.ref, true);
    assert.equal(refs.at(-1), true);
  });
});
