import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Input, Policy, State } from "../../src/lifecycle/state.ts";
import { initial } from "../../src/lifecycle/steps.ts";
import { transition } from "../../src/lifecycle/table.ts";
import { isEnd } from "../../src/lifecycle/transition.ts";

const policy: Policy = {
  startMs: 1000,
  startRetries: 3,
  stopMs: 10_000,
  stopSignal: "SIGTERM",
  stopAsGroup: false,
  killAsGroup: false,
  autorestart: "unexpected",
  exitCodes: [0],
};

const start: Input = { type: "start" };
const spawned: Input = { type: "spawned", pid: 7 };
const deadline: Input = { type: "deadline" };
const stop: Input = { type: "stop" };
const exited: Input = { type: "exited", status: { code: 0, signal: null } };
const swept: Input = { type: "swept", survivors: [] };
const failed: Input = { type: "failed", reason: "ENOENT" };

/** The inputs of which the step is an end. */
function ends(...inputs: readonly Input[]): string[] {
  let state: State = initial();
  let now = 0;
  return inputs.flatMap((input) => {
    now = input.type === "deadline" ? state.until : now;
    const from = state;
    [state] = transition(from, input, policy, now);
    return isEnd({ from, to: state }) ? [input.type] : [];
  });
}

describe("the end of a process", () => {
  it("is its exit, and once more that of what it left", () => {
    assert.deepEqual(ends(start, spawned, deadline, exited, swept), ["exited", "swept"]);
  });

  it("is that of what a stopped process left, too", () => {
    assert.deepEqual(ends(start, spawned, deadline, stop, exited, swept), ["exited", "swept"]);
  });

  it("is an exit too soon", () => {
    assert.deepEqual(ends(start, spawned, exited, swept), ["exited", "swept"]);
  });

  it("is a start that failed", () => {
    assert.deepEqual(ends(start, failed), ["failed"]);
  });

  it("is no step of a process that lives, nor a stop in BACKOFF", () => {
    assert.deepEqual(ends(start, spawned, deadline, stop), []);
    assert.deepEqual(ends(start, failed, stop), ["failed"]);
  });
});
