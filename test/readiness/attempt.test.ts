import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer } from "../../src/ports/prober.ts";
import { Attempt } from "../../src/readiness/attempt.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { textOf } from "./asking.ts";

function stage(limitMs: number) {
  const clock = new FakeClock();
  const heard: string[] = [];
  const attempt = new Attempt(clock, limitMs, (answer) => heard.push(textOf(answer)));
  attempt.atEnd(() => heard.push("released"));
  return { clock, heard, attempt };
}

describe("an attempt", () => {
  it("has one answer, told when all is released", () => {
    const { clock, heard, attempt } = stage(1000);
    attempt.resume();
    attempt.answer({ isReady: false, reason: "first" });
    attempt.answer({ isReady: true });
    attempt.giveUp();
    clock.advance(1000);
    assert.deepEqual(heard, ["released", "first"]);
    assert.equal(clock.pending, 0);
  });

  it("that was given up has no answer", () => {
    const { clock, heard, attempt } = stage(1000);
    attempt.resume();
    attempt.giveUp();
    attempt.answer({ isReady: true });
    assert.deepEqual(heard, ["released"]);
    assert.equal(clock.pending, 0);
  });

  it("has no limit before it begins, nor while it waits for others", () => {
    const { clock, heard, attempt } = stage(1000);
    clock.advance(5000);
    attempt.resume();
    clock.advance(400);
    attempt.pause();
    assert.equal(clock.pending, 0);
    clock.advance(5000);
    attempt.resume();
    clock.advance(599);
    assert.deepEqual(heard, []);
    clock.advance(1);
    assert.deepEqual(heard, ["released", "no answer within 1 second"]);
  });

  it("that was held up in front of its pause is over, late, when it goes on", () => {
    const clock = new FakeClock();
    const answers: Answer[] = [];
    const attempt = new Attempt(clock, 1000, (answer) => answers.push(answer));
    attempt.resume();
    clock.stall(3000);
    attempt.pause();
    attempt.resume();
    clock.advance(0);
    const reason = "no answer within 1 second";
    assert.deepEqual(answers, [{ isReady: false, reason, isLate: true }]);
  });
});
