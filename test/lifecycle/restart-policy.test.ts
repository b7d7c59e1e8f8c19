import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide, isExpected, type RestartPolicy } from "../../src/lifecycle/restart-policy.ts";

const NOW = 50_000;
const policy: RestartPolicy = { autorestart: "unexpected", exitCodes: [0], startRetries: 3 };

describe("the restart policy after a failed start", () => {
  const decideAt = (tries: number, own: Partial<RestartPolicy> = {}) =>
    decide({ tries }, { isEarly: true }, { ...policy, ...own }, NOW);

  it("waits one second more after each, and gives up at the one too many", () => {
    for (const tries of [1, 2, 3])
      assert.deepEqual(decideAt(tries), { do: "wait", until: NOW + tries * 1000 });
    assert.deepEqual(decideAt(4), { do: "giveUp", reason: "startretries" });
    assert.deepEqual(decideAt(1, { startRetries: 0 }), { do: "giveUp", reason: "startretries" });
  });

  it("asks neither autorestart nor exitcodes", () => {
    assert.equal(decideAt(1, { autorestart: false }).do, "wait");
    const exit = { isEarly: true, status: { code: 0, signal: null } };
    assert.equal(decide({ tries: 1 }, exit, policy, NOW).do, "wait");
  });
});

describe("the restart policy after an exit", () => {
  const cases: readonly [RestartPolicy["autorestart"], number | null, "wait" | "giveUp"][] = [
    [false, 0, "giveUp"],
    [false, 1, "giveUp"],
    ["unexpected", 0, "giveUp"],
    ["unexpected", 1, "wait"],
    ["unexpected", null, "wait"],
    [true, 0, "wait"],
    [true, null, "wait"],
  ];
  for (const [autorestart, code, expected] of cases) {
    it(`with ${code ?? "a signal"} is ${expected} if autorestart is ${autorestart}`, () => {
      const status = { code, signal: code === null ? ("SIGSEGV" as const) : null };
      const exit = { isEarly: false, status };
      const decision = decide({ tries: 0 }, exit, { ...policy, autorestart }, NOW);
      assert.equal(decision.do, expected);
      if (decision.do === "wait") assert.equal(decision.until, NOW); // at once
      else assert.equal(decision.reason, "autorestart");
    });
  }
});

describe("an expected exit", () => {
  it("is one with a code of exitcodes, and never a signal", () => {
    const codes = { exitCodes: [0, 2] };
    assert.equal(isExpected({ code: 2, signal: null }, codes), true);
    assert.equal(isExpected({ code: 1, signal: null }, codes), false);
    assert.equal(isExpected({ code: null, signal: "SIGTERM" }, codes), false);
    assert.equal(isExpected(undefined, codes), false);
  });
});
