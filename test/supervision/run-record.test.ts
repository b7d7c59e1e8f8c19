import assert from "node:assert/strict";
import { it } from "node:test";
import * as fc from "fast-check";
import { Runner } from "../../src/lifecycle/runner.ts";
import type { Input, Policy, State } from "../../src/lifecycle/state.ts";
import { initial } from "../../src/lifecycle/steps.ts";
import { transition } from "../../src/lifecycle/table.ts";
import { policyOf } from "../../src/lifecycle/options.ts";
import { programSettings, type ProgramSettings } from "../../src/settings/program.ts";
import { RunRecord } from "../../src/supervision/run-record.ts";
import { anyCommand, outputsTo } from "../support/helpers.ts";
import { ModelSpawner, policies, steps, type Step } from "../support/model-child.ts";

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

/** Counts the starts of a process to which these things happen, and its orders to start. */
function lifeOf(settings: Partial<ProgramSettings>, happening: readonly Step[]) {
  const modelSpawner = new ModelSpawner();
  const io = { clock: modelSpawner.clock, spawner: modelSpawner };
  const record = new RunRecord();
  let starts = 0;
  const settled = programSettings.parse({ command: "x", ...settings });
  const runner = new Runner(anyCommand, policyOf(settled), outputsTo(), io, {
    changed(from, to) {
      record.note({ from, to, at: 1 });
      if (from.name !== to.name && to.name === "STARTING") starts++;
      modelSpawner.hear();
    },
    message: () => {},
  });
  let orders = 0;
  modelSpawner.order = (type) => {
    if (type === "start" || type === "restart") orders++;
    runner.send({ type });
  };
  for (const step of happening) modelSpawner.take(step);
  return { starts, orders, restarts: record.restarts };
}

it("restarts: a start is by an order or counts as a restart, and each order makes one at most", () => {
  let restarted = 0;
  fc.assert(
    fc.property(policies, steps, (settings, happening) => {
      const { starts, orders, restarts } = lifeOf(settings, happening);
      assert.ok(restarts <= starts && starts - restarts <= orders);
      restarted += restarts;
    }),
    { numRuns: 500 },
  );
  assert.ok(restarted > 100, `only ${restarted} restarts`);
});

it("restarts: none where the policy restarts nothing", () => {
  fc.assert(
    fc.property(steps, (happening) => {
      const { restarts } = lifeOf({ startretries: 0, autorestart: false }, happening);
      assert.equal(restarts, 0);
    }),
    { numRuns: 200 },
  );
});

it("restarts: all starts but the first where there is one order", () => {
  const orders = new Set(["start", "stop", "restart", "giveup", "plan"]);
  fc.assert(
    fc.property(policies, steps, (settings, happening) => {
      const facts = happening.filter(([step]) => !orders.has(step));
      const { starts, restarts } = lifeOf(settings, [["start", 0], ...facts]);
      assert.equal(restarts, starts - 1);
    }),
    { numRuns: 200 },
  );
});
