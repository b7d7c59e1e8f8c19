import assert from "node:assert/strict";
import { it } from "node:test";
import type { Input, Policy, State } from "../../src/lifecycle/state.ts";
import { initial, transition } from "../../src/lifecycle/table.ts";
import { RunRecord } from "../../src/supervision/run-record.ts";

const policy: Policy = {
  startMs: 0,
  startRetries: 3,
  stopMs: 10_000,
  stopSignal: "SIGTERM",
  stopAsGroup: false,
  killAsGroup: false,
  autorestart: false,
  exitCodes: [0],
};

it("a record of runs keeps the last pid, and when the last run began and ended", () => {
  const record = new RunRecord();
  let state: State = initial();
  const take = (input: Input, at: number) => {
    const from = state;
    [state] = transition(from, input, policy, at);
    record.note({ from, to: state, at });
    const { pid, start, stop } = record;
    return [pid, start, stop];
  };
  assert.deepEqual(take({ type: "start" }, 10), [0, 10, 0]);
  assert.deepEqual(take({ type: "spawned", pid: 7 }, 11), [7, 10, 0]);
  assert.deepEqual(take({ type: "stop" }, 12), [7, 10, 0]);
  assert.deepEqual(take({ type: "exited", status: { code: 0, signal: null } }, 13), [7, 10, 13]);
  assert.deepEqual(take({ type: "swept", survivors: [] }, 14), [7, 10, 13]);
  assert.deepEqual(take({ type: "start" }, 15), [7, 15, 13]);
  assert.deepEqual(take({ type: "failed", reason: "ENOENT" }, 16), [7, 15, 13]);
});
