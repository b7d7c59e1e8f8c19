import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GuardianEnd } from "../../src/cleanup/guardian.ts";
import { GuardianKeeper } from "../../src/cleanup/guardian-keeper.ts";
import { FakeClock } from "../../src/testing/index.ts";

type Death = (end?: GuardianEnd) => void;

const killed: GuardianEnd = { reason: "SIGKILL", kind: "died" };
const shortage = Object.assign(new Error("too many open files"), { code: "EMFILE" });

/** A keeper, whose attempts succeed, but for those that are told to fail. */
function keep({ isNeeded = true, isDisabled = false } = {}) {
  const clock = new FakeClock();
  const state = { isNeeded, failing: undefined as Error | undefined };
  const attempts: number[] = [];
  const said: string[] = [];
  let die: Death = () => {};
  const keeper = new GuardianKeeper(
    isDisabled,
    {
      startGuardian: (lost) => {
        attempts.push(clock.now());
        if (state.failing) throw state.failing;
        die = (end = killed) => lost(end);
        return { stop: async () => void said.push("stopped") };
      },
      isNeeded: () => state.isNeeded,
      lost: (reason) => said.push(`lost ${reason}`),
      failed: (reason) => said.push(`failed ${reason}`),
    },
    clock,
  );
  return { keeper, clock, state, attempts, said, die: (end?: GuardianEnd) => die(end) };
}

describe("the keeper of the guardian", () => {
  it("has one as long as it is needed", () => {
    const { keeper, attempts, said } = keep();
    assert.equal(keeper.guardian, undefined);
    keeper.startGuardian();
    keeper.startGuardian();
    assert.ok(keeper.guardian);
    assert.equal(attempts.length, 1);
    keeper.stopGuardian();
    assert.equal(keeper.guardian, undefined);
    assert.ok(keeper.stopped);
    assert.deepEqual(said, ["stopped"]);
  });

  it("disabled: has none", () => {
    const { keeper, attempts } = keep({ isDisabled: true });
    keeper.startGuardian();
    assert.deepEqual([keeper.guardian, attempts], [undefined, []]);
  });

  it("replaces one that has died, at once", () => {
    const { keeper, clock, attempts, said, die } = keep();
    keeper.startGuardian();
    for (let i = 0; i < 10; i++) {
      clock.advance(1000);
      die();
      assert.ok(keeper.guardian);
    }
    assert.equal(attempts.length, 11);
    assert.deepEqual(new Set(said), new Set(["lost SIGKILL"]));
  });

  it("replaces none that is not needed, until it is", () => {
    const { keeper, clock, state, attempts, die } = keep({ isNeeded: false });
    keeper.startGuardian();
    die();
    assert.equal(keeper.guardian, undefined);
    assert.equal(clock.pending, 0);
    state.isNeeded = true;
    keeper.startGuardian();
    assert.equal(attempts.length, 2);
  });

  it("does not give up after four that have died within a second", () => {
    const { keeper, clock, attempts, said, die } = keep();
    keeper.startGuardian();
    for (let i = 0; i < 4; i++) die();
    assert.deepEqual(said, ["lost SIGKILL", "lost SIGKILL", "lost SIGKILL", "failed SIGKILL"]);
    assert.equal(keeper.guardian, undefined);
    clock.advance(100);
    assert.ok(keeper.guardian);
    assert.equal(attempts.length, 5);
  });

  it("pauses ever longer where none stays, up to five seconds, and says so once", () => {
    const { keeper, clock, attempts, said, die } = keep();
    keeper.startGuardian();
    for (let i = 0; i < 4; i++) die();
    const first = attempts.length;
    for (let i = 0; i < 9; i++) {
      while (!keeper.guardian) clock.advance(50);
      die();
    }
    const pauses = attempts.slice(first).map((at, i, all) => at - (all[i - 1] ?? 0));
    assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    assert.equal(said.filter((line) => line.startsWith("failed")).length, 1);
  });

  it("out of descriptors: starts one when there are some again", () => {
    const { keeper, clock, state, attempts, said } = keep();
    state.failing = shortage;
    keeper.startGuardianSoon();
    clock.advance(60_000);
    assert.deepEqual(said, ["failed spawn /bin/sh EMFILE"]);
    assert.ok(attempts.length < 20, `${attempts.length} attempts`);
    state.failing = undefined;
    clock.advance(5000);
    assert.ok(keeper.guardian);
    assert.equal(clock.pending, 0);
  });

  it("out of descriptors: starts one with the next program", () => {
    const { keeper, clock, state } = keep();
    state.failing = shortage;
    for (let i = 0; i < 100; i++) assert.throws(() => keeper.startGuardian(), shortage); // no program starts
    assert.equal(clock.pending, 1);
    clock.advance(50);
    state.failing = undefined;
    keeper.startGuardian();
    assert.ok(keeper.guardian);
  });

  it("out of descriptors for a moment, with nothing to guard: says nothing", () => {
    const { keeper, clock, state, said } = keep({ isNeeded: false });
    state.failing = shortage;
    assert.throws(() => keeper.startGuardian(), shortage);
    assert.deepEqual([said, clock.pending], [[], 0]);
  });

  it("without a shell: says so once, and tries no more", () => {
    const { keeper, clock, attempts, said, die } = keep();
    keeper.startGuardian();
    die({ reason: "spawn /bin/sh ENOENT", kind: "impossible" });
    keeper.startGuardian();
    assert.deepEqual(said, ["failed spawn /bin/sh ENOENT"]);
    assert.deepEqual([attempts.length, clock.pending], [1, 0]);
  });

  it("says it again where one had stayed meanwhile", () => {
    const { keeper, clock, said, die } = keep();
    keeper.startGuardian();
    for (let i = 0; i < 4; i++) die();
    clock.advance(10_000);
    said.length = 0;
    die();
    assert.deepEqual(said, ["lost SIGKILL"]);
    for (let i = 0; i < 3; i++) die();
    assert.deepEqual(said.at(-1), "failed SIGKILL");
  });

  it("stopped: there is no attempt any more", () => {
    const { keeper, clock, state } = keep();
    state.failing = shortage;
    keeper.startGuardianSoon();
    keeper.stopGuardian();
    assert.equal(clock.pending, 0);
  });
});
