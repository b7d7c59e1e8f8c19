import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NOT_READY, TOO_QUICKLY, initial, isOverdue } from "../../src/lifecycle/steps.ts";
import { table, transition } from "../../src/lifecycle/table.ts";
import {
  NEVER,
  type In,
  type Input,
  type Policy,
  type State,
  type StateName,
} from "../../src/lifecycle/state.ts";

const NOW = 50_000;
const died = { code: 3, signal: null } as const;

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
const policies: readonly Policy[] = [
  policy,
  { ...policy, startMs: 0, stopMs: 0, startRetries: 0, autorestart: true },
  { ...policy, stopAsGroup: true, killAsGroup: true, autorestart: false },
  { ...policy, readiness: { waitMs: 60_000, isProbed: false, options: ["ready_url"] } },
  {
    ...policy,
    autorestart: false,
    readiness: { waitMs: 500, isProbed: true, options: ["ready_url"] },
  },
];

const backoff = { name: "BACKOFF", until: NOW, due: NOW, tries: 1, reason: "why" } as const;
const retrying = { ...backoff, phase: "waiting", next: "retry" } as const;
const unsweptBackoff = { ...backoff, until: NEVER, phase: "sweeping", status: died } as const;
const stopping = {
  name: "STOPPING",
  until: NOW,
  phase: "asked",
  next: "stay",
  tries: 1,
  pid: 7,
} as const;
const sweeping = { ...stopping, until: NEVER, phase: "sweeping", status: died } as const;
const proving = {
  name: "STARTING",
  until: NOW,
  phase: "proving",
  by: "order",
  tries: 1,
  pid: 7,
} as const;
const exited = { name: "EXITED", until: NEVER, due: NOW, status: died, expected: false } as const;
const unknown = {
  name: "UNKNOWN",
  until: NEVER,
  phase: "refused",
  tries: 1,
  pid: 7,
  reason: "EPERM",
} as const;

function spawning(tries: number): State {
  return { name: "STARTING", until: NEVER, phase: "spawning", by: "order", tries };
}

/** Each shape that a state can have. */
const shapes: readonly State[] = [
  initial(),
  { ...initial(), next: "start", until: NOW },
  { ...initial(), tries: 2, status: died, reason: "why", survivors: [{ pid: 9, name: "x" }] },
  { name: "STARTING", until: NEVER, phase: "spawning", by: "order", tries: 1 },
  proving,
  { ...proving, since: NOW - 500 },
  { ...proving, since: NOW - 500, reason: "why", isLast: true },
  { name: "STARTING", until: NOW, phase: "vacancy", by: "order", tries: 1 },
  {
    name: "STARTING",
    until: NEVER,
    phase: "spawning",
    by: "order",
    tries: 1,
    captures: { port: "1" },
  },
  { name: "RUNNING", until: NEVER, pid: 7 },
  {
    name: "RUNNING",
    until: NEVER,
    pid: 7,
    proof: { since: NOW - 10, tookMs: 5, tries: 2, captures: {} },
  },
  retrying,
  { ...retrying, tries: 4, next: "fatal" },
  { ...retrying, code: "NO_FILE" },
  { ...unsweptBackoff, next: "retry" },
  { ...unsweptBackoff, next: "fatal" },
  { ...unsweptBackoff, next: "start" },
  { ...unsweptBackoff, next: "stay" },
  stopping,
  { ...stopping, next: "start" },
  { ...stopping, next: "retry", reason: "why" },
  { ...stopping, phase: "killed", killedAt: NOW - 1000 },
  { ...stopping, phase: "stuck", killedAt: NOW - 6000 },
  sweeping,
  { ...sweeping, next: "start" },
  { ...sweeping, next: "retry", reason: "why" },
  { ...exited, phase: "sweeping", next: "stay" },
  { ...exited, phase: "sweeping", next: "retry" },
  { ...exited, phase: "sweeping", next: "start" },
  { ...exited, phase: "sweeping", next: "retry", failedTries: 1 },
  { ...exited, phase: "swept", next: "stay" },
  { ...exited, until: NOW, phase: "swept", next: "retry" },
  { name: "FATAL", until: NEVER, reason: "why", status: died },
  unknown,
  { ...unknown, phase: "sweeping", status: died },
];

const inputs: readonly Input[] = [
  { type: "start" },
  { type: "stop" },
  { type: "restart" },
  { type: "giveup" },
  { type: "spawned", pid: 8 },
  { type: "failed", reason: "ENOENT" },
  { type: "failed", code: "NOT_EXECUTABLE", reason: "EACCES" },
  { type: "exited", status: { code: 0, signal: null } },
  { type: "exited", status: { code: 1, signal: null } },
  { type: "exited", status: { code: null, signal: "SIGSEGV" } },
  { type: "swept", survivors: [] },
  { type: "swept", survivors: [{ pid: 9, name: "x" }] },
  { type: "killFailed", reason: "EPERM" },
  { type: "deadline" },
  { type: "vacant" },
  { type: "ready", captures: {} },
  { type: "lacks", reason: "ECONNREFUSED" },
];

const RESTART = ["restart", "exited", "swept", "deadline"] as const;

const cells = policies.flatMap((p) =>
  shapes.flatMap((state) =>
    inputs.map((input) => ({ p, state, input, step: transition(state, input, p, NOW) })),
  ),
);

/** The state after these inputs, one after another, all at the same instant. */
function after(state: State, p: Policy, ...told: readonly Input["type"][]): State {
  return told.reduce((current, type) => {
    const input = inputs.find((one) => one.type === type);
    assert.ok(input);
    return transition(current, input, p, NOW)[0];
  }, state);
}

function as<N extends StateName>(state: State, name: N): In<N> {
  assert.equal(state.name, name);
  return state as In<N>;
}

describe("the table", () => {
  it("has shapes of every state in this test", () => {
    assert.deepEqual(
      new Set(shapes.map(({ name }) => name)),
      new Set(Object.keys(table)),
      "a state is missing",
    );
  });

  it("answers every input in every state", () => {
    for (const { step } of cells) assert.ok(step[0].name in table);
  });

  it("ignores an input that has no cell, and keeps the very same state", () => {
    for (const { state, input, step } of cells) {
      if (table[state.name][input.type] === undefined) assert.deepEqual(step, [state]);
    }
  });

  it("moves on at every deadline: nobody stays due", () => {
    for (const { state, input, step } of cells) {
      if (input.type === "deadline" && state.until <= NOW) assert.ok(step[0].until > NOW);
    }
  });

  it("gives an end only to a state that has a deadline cell", () => {
    for (const { step } of cells) {
      if (step[0].until !== NEVER) assert.ok(table[step[0].name].deadline, step[0].name);
    }
  });

  it("spawns when it enters the phase spawning, and only then", () => {
    for (const { state, step } of cells) {
      const [next, effect] = step;
      const isSpawning = (one: State) => one.name === "STARTING" && one.phase === "spawning";
      const isEntered = isSpawning(next) && !isSpawning(state);
      assert.equal(effect?.do === "spawn", isEntered, `${state.name} → ${next.name}`);
    }
  });

  it("kills only into STOPPING, and whenever it enters it", () => {
    for (const { state, step } of cells) {
      const [next, effect] = step;
      if (effect?.do === "kill") assert.equal(next.name, "STOPPING");
      if (next.name === "STOPPING" && state.name !== "STOPPING") assert.equal(effect?.do, "kill");
    }
  });

  it("sweeps exactly when a living child is heard to have exited", () => {
    for (const { state, input, step } of cells) {
      const isAlive = "pid" in state && !("status" in state);
      if (input.type === "exited" && isAlive) assert.equal(step[1]?.do, "sweep", state.name);
      if (step[1]?.do === "sweep") assert.equal(input.type, "exited", state.name);
    }
  });

  it("takes a start back only where the child has not come yet", () => {
    for (const { state, input, step } of cells) {
      const isComing = state.name === "STARTING" && state.phase === "spawning";
      const isTakenBack = input.type === "stop" || input.type === "restart";
      assert.equal(step[1]?.do === "cancel", isComing && isTakenBack);
    }
  });

  it("keeps the pid while a child lives", () => {
    for (const { state, input, step } of cells) {
      const [next] = step;
      if (!("pid" in state) || "status" in state) continue;
      if (["exited", "swept", "spawned", "failed"].includes(input.type)) continue;
      assert.equal("pid" in next && next.pid, 7, `${state.name} ${input.type}`);
    }
  });

  it("has these edges and no others", () => {
    const edges = new Set(
      cells
        .filter(({ state, step }) => state.name !== step[0].name)
        .map(({ state, step }) => `${state.name} → ${step[0].name}`),
    );
    assert.deepEqual(
      [...edges].toSorted((a, b) => (a < b ? -1 : 1)),
      [
        "BACKOFF → FATAL",
        "BACKOFF → STARTING",
        "BACKOFF → STOPPED",
        "EXITED → BACKOFF",
        "EXITED → STARTING",
        "FATAL → STARTING",
        "RUNNING → EXITED",
        "RUNNING → STOPPING",
        "STARTING → BACKOFF",
        "STARTING → RUNNING",
        "STARTING → STOPPED",
        "STARTING → STOPPING",
        "STOPPED → STARTING",
        "STOPPING → BACKOFF",
        "STOPPING → STOPPED",
        "STOPPING → UNKNOWN",
        "UNKNOWN → STOPPED",
        "UNKNOWN → STOPPING",
      ],
    );
  });
});

describe("STARTING", () => {
  it("becomes RUNNING when the child has lasted for startsecs", () => {
    const up = after(spawning(0), policy, "spawned");
    assert.deepEqual(up, { ...proving, until: NOW + 1000, tries: 0, pid: 8 });
    assert.deepEqual(after(up, policy, "deadline"), { name: "RUNNING", until: NEVER, pid: 8 });
  });

  it("is overdue from the very instant, and no other state is", () => {
    const up: State = proving;
    assert.equal(isOverdue(up, NOW - 1), false);
    assert.equal(isOverdue(up, NOW), true);
    assert.equal(isOverdue({ ...stopping }, NOW), false);
    assert.equal(isOverdue(retrying, NOW), false);
  });

  it("fails over 1, 2 and 3 s, with tries one more each time, and is FATAL at N+1", () => {
    let tries = 0;
    for (const wait of [1000, 2000, 3000, 0]) {
      const starting = spawning(tries);
      const failed = as(after(starting, policy, "failed"), "BACKOFF");
      assert.deepEqual(
        { tries: failed.tries, until: failed.until, reason: failed.reason },
        { tries: tries + 1, until: NOW + wait, reason: "ENOENT" },
      );
      const next = after(failed, policy, "deadline");
      if (wait > 0) tries = as(next, "STARTING").tries;
      else assert.deepEqual(next, { name: "FATAL", until: NEVER, reason: "ENOENT" });
    }
    assert.equal(tries, 3);
  });

  it("keeps what kind of failure it was, up to FATAL, and forgets it with an exit", () => {
    const failed: Input = { type: "failed", code: "NO_FILE", reason: "why" };
    const [first] = transition(spawning(3), failed, policy, NOW);
    assert.equal(as(first, "BACKOFF").code, "NO_FILE");
    assert.equal(as(after(first, policy, "deadline"), "FATAL").code, "NO_FILE");
    const quick = after({ ...proving, until: NOW + 1, tries: 3 }, policy, "exited");
    assert.ok(!("code" in quick));
    assert.ok(!("code" in after(quick, policy, "swept", "deadline")));
  });

  it("has one attempt only with startretries 0", () => {
    const none = { ...policy, startRetries: 0 };
    const failed = after(spawning(0), none, "failed");
    assert.equal(as(failed, "BACKOFF").tries, 1);
    assert.equal(after(failed, none, "deadline").name, "FATAL");
  });

  it("that ends too quickly waits for the sweep, but counts from the exit", () => {
    const quick = after({ ...proving, until: NOW + 1, tries: 0 }, policy, "exited");
    const { reason, until, due, status } = as(quick, "BACKOFF");
    assert.deepEqual([reason, until, due], [TOO_QUICKLY, NEVER, NOW + 1000]);
    assert.deepEqual(status, { code: 0, signal: null });
    const [swept] = transition(quick, { type: "swept", survivors: [] }, policy, NOW + 5000);
    assert.equal(swept.until, NOW + 1000);
  });
});

describe("STARTING with readiness", () => {
  const awaited: Policy = {
    ...policy,
    readiness: { waitMs: 60_000, isProbed: true, options: ["ready_url"] },
  };
  const unproven = after(spawning(2), awaited, "spawned");
  const step = (state: State, input: Input, now = NOW) => transition(state, input, awaited, now);

  it("asks first whether somebody else answers, for half a second", () => {
    const [asking, effect] = transition(initial(), { type: "start" }, awaited, NOW);
    assert.deepEqual(
      [asking, effect],
      [{ name: "STARTING", until: NOW + 500, phase: "vacancy", by: "order", tries: 0 }, undefined],
    );
    for (const type of ["vacant", "deadline"] as const)
      assert.deepEqual(step(asking, { type }), [spawning(0), { do: "spawn" }]);
    const failed = as(after(asking, awaited, "failed"), "BACKOFF");
    assert.deepEqual([failed.phase, failed.tries, failed.until], ["waiting", 1, NOW + 1000]);
    assert.deepEqual(step(asking, { type: "stop" }), [initial()]);
    assert.deepEqual(step(asking, { type: "restart" }), [asking]);
    for (const type of ["ready", "lacks"] as const)
      assert.equal(after(asking, awaited, type), asking);
  });

  it("is RUNNING when it is ready, and never for having lasted", () => {
    assert.deepEqual(unproven, { ...proving, until: NOW + 60_000, since: NOW, tries: 2, pid: 8 });
    assert.equal(isOverdue(unproven, NOW + 100_000), false);
    const proof = { since: NOW, tookMs: 5, tries: 2, captures: { port: "80" } };
    assert.deepEqual(step(unproven, { type: "ready", captures: { port: "80" } }, NOW + 5), [
      { name: "RUNNING", until: NEVER, pid: 8, proof },
    ]);
  });

  it("may be ready before its spawn is reported", () => {
    const early = after(spawning(0), awaited, "ready");
    assert.equal(early.name, "STARTING");
    assert.equal(after(early, awaited, "spawned").name, "RUNNING");
  });

  it("keeps why it is not ready; the same reason is no change", () => {
    const lacking = after(unproven, awaited, "lacks");
    assert.equal(as(lacking, "STARTING").reason, "ECONNREFUSED");
    assert.equal(after(lacking, awaited, "lacks"), lacking);
  });

  it("that is not ready in time has a last chance, is ended, and has failed", () => {
    const lacking = after(unproven, awaited, "lacks", "deadline");
    assert.deepEqual([as(lacking, "STARTING").isLast, lacking.until], [true, NOW + 100]);
    assert.equal(after(lacking, awaited, "ready").name, "RUNNING");
    const [ended, effect] = step(lacking, { type: "deadline" });
    const reason = "Not ready within 60 seconds (startwaitsecs): ECONNREFUSED";
    assert.deepEqual(as(ended, "STOPPING").reason, reason);
    assert.deepEqual(effect, { do: "kill", signal: "SIGTERM", group: false });
    const failed = as(after(ended, awaited, "exited", "swept"), "BACKOFF");
    assert.deepEqual(
      [failed.reason, failed.tries, failed.until, failed.next, failed.phase],
      [reason, 3, NOW + 3000, "retry", "waiting"],
    );
    assert.deepEqual(as(after(ended, awaited, "start"), "STOPPING").next, "retry");
    const stopped = after(ended, awaited, "stop", "exited", "swept");
    assert.deepEqual(
      [as(stopped, "STOPPED").next, as(stopped, "STOPPED").reason],
      ["stay", undefined],
    );
    assert.equal(
      as(after(step(ended, { type: "restart" })[0], awaited, "exited", "swept"), "STOPPED").next,
      "start",
    );
  });

  it("that exits before it is ready has failed, and says so", () => {
    const failed = as(after(unproven, awaited, "exited"), "BACKOFF");
    assert.deepEqual([failed.reason, failed.tries, failed.due], [NOT_READY, 3, NOW + 3000]);
  });
});

describe("RUNNING that was ready", () => {
  const ready = (since: number, tries = 1): State => ({
    name: "RUNNING",
    until: NEVER,
    pid: 7,
    proof: { since, tookMs: 5, tries, captures: {} },
  });
  const awaited: Policy = {
    ...policy,
    readiness: { waitMs: 60_000, isProbed: false, options: ["ready_url"] },
  };

  it("and ends before startsecs has failed to start: EXITED, then BACKOFF", () => {
    const state = after(ready(NOW - 999), awaited, "exited");
    assert.equal(as(state, "EXITED").expected, false); // although it exited with 0
    const [failed] = transition(state, { type: "swept", survivors: [] }, awaited, NOW + 700);
    const { reason, tries, due, phase } = as(failed, "BACKOFF");
    assert.deepEqual([reason, tries, due, phase], [TOO_QUICKLY, 2, NOW + 2000, "waiting"]);
    const last = after(ready(NOW, 3), awaited, "exited", "swept", "deadline");
    assert.equal(last.name, "FATAL");
  });

  it("and ends later has ended as any other", () => {
    const state = as(after(ready(NOW - 1000), awaited, "exited"), "EXITED");
    assert.deepEqual([state.expected, state.next], [true, "stay"]);
  });

  it("stays EXITED without autorestart; an order in between starts it anew", () => {
    const never = { ...awaited, autorestart: false };
    const state = after(ready(NOW), never, "exited", "swept");
    assert.deepEqual([state.name, state.until], ["EXITED", NEVER]);
    assert.equal(
      after(ready(NOW), awaited, "exited", "start", "swept", "deadline").name,
      "STARTING",
    );
    assert.equal(after(ready(NOW), awaited, "exited", "stop", "swept").name, "EXITED");
  });
});

describe("RUNNING", () => {
  const ended = (code: number | null, p: Policy) => {
    const status = { code, signal: code === null ? ("SIGSEGV" as const) : null };
    const [next] = transition(
      { name: "RUNNING", until: NEVER, pid: 7 },
      { type: "exited", status },
      p,
      NOW,
    );
    return as(next, "EXITED");
  };
  const cases: readonly [Policy["autorestart"], number | null, boolean][] = [
    [false, 0, false],
    [false, 1, false],
    [false, null, false],
    ["unexpected", 0, false],
    ["unexpected", 1, true],
    ["unexpected", null, true],
    [true, 0, true],
    [true, 1, true],
    [true, null, true],
  ];
  for (const [autorestart, code, isRetried] of cases) {
    const how = code === null ? "by a signal" : `with ${code}`;
    it(`that ends ${how} is ${isRetried ? "" : "not "}wanted again if autorestart is ${autorestart}`, () => {
      const state = ended(code, { ...policy, autorestart });
      assert.deepEqual([state.next, state.expected], [isRetried ? "retry" : "stay", code === 0]);
    });
  }

  it("waits for the sweep before it starts again", () => {
    const state = ended(1, policy);
    assert.deepEqual([state.until, state.phase], [NEVER, "sweeping"]);
    const swept = after(state, policy, "swept");
    assert.deepEqual([swept.until, as(swept, "EXITED").phase], [NOW, "swept"]);
    assert.deepEqual(after(swept, policy, "deadline"), { ...spawning(0), by: "policy" });
  });
});

describe("a start", () => {
  const asleep = { ...exited, phase: "swept" } as const;
  const rows: readonly [title: string, State, readonly Input["type"][], by: "order" | "policy"][] =
    [
      ["by an order", initial(), ["start"], "order"],
      ["of a restart", { name: "RUNNING", until: NEVER, pid: 7 }, RESTART, "order"],
      [
        "of a restart that is taken back",
        { name: "STARTING", until: NEVER, phase: "spawning", by: "policy", tries: 1 },
        ["restart", "deadline"],
        "order",
      ],
      [
        "after an exit, by autorestart",
        { ...exited, phase: "sweeping", next: "retry" },
        ["swept", "deadline"],
        "policy",
      ],
      [
        "after an exit, by an order during the sweep",
        { ...exited, phase: "sweeping", next: "retry" },
        ["start", "swept", "deadline"],
        "order",
      ],
      [
        "after an exit, by an order before the restart",
        { ...asleep, next: "retry" },
        ["start"],
        "order",
      ],
      ["after an exit without autorestart", { ...asleep, next: "stay" }, ["restart"], "order"],
      ["after a failed start", retrying, ["deadline"], "policy"],
      ["after a failed start that a caller waits for", retrying, ["start", "deadline"], "policy"],
      ["after a failed start, by a restart", retrying, ["restart", "deadline"], "order"],
      [
        "after a failed start, by a restart during the sweep",
        { ...unsweptBackoff, next: "retry" },
        ["restart", "swept", "deadline"],
        "order",
      ],
      ["after FATAL", { name: "FATAL", until: NEVER, reason: "why" }, ["start"], "order"],
    ];
  for (const [title, state, told, by] of rows)
    it(`${title} is by ${by === "policy" ? "the policy" : "an order"}`, () => {
      assert.equal(as(after(state, policy, ...told), "STARTING").by, by);
    });

  it("keeps what it is by until it has ended", () => {
    const spawned = after(after(retrying, policy, "deadline"), policy, "spawned");
    assert.equal(as(spawned, "STARTING").by, "policy");
  });
});

describe("BACKOFF", () => {
  const waiting: State = { ...retrying, tries: 2, until: NOW + 2000 };

  it("keeps its tries over a stop, and a start goes on with them", () => {
    const stopped = as(after(waiting, policy, "stop"), "STOPPED");
    assert.deepEqual([stopped.tries, stopped.reason, stopped.until], [2, "why", NEVER]);
    const started = as(after(stopped, policy, "start"), "STARTING");
    assert.equal(as(after(started, policy, "failed"), "BACKOFF").tries, 3);
  });

  it("does not start sooner for an order to start", () => {
    assert.deepEqual(after(waiting, policy, "start"), waiting);
  });

  it("gives up as FATAL", () => {
    assert.deepEqual(after(waiting, policy, "giveup"), {
      name: "FATAL",
      until: NEVER,
      reason: "why",
    });
  });

  it("that is not swept yet stops after the sweep", () => {
    const unswept: State = { ...unsweptBackoff, next: "retry" };
    const told = after(unswept, policy, "stop");
    assert.equal(told.name, "BACKOFF");
    assert.equal(after(told, policy, "swept").name, "STOPPED");
  });

  it("has forgotten its tries after FATAL and after RUNNING", () => {
    const fatal: State = { name: "FATAL", until: NEVER, reason: "why" };
    assert.equal(as(after(fatal, policy, "start"), "STARTING").tries, 0);
    const running: State = { name: "RUNNING", until: NEVER, pid: 7 };
    assert.equal(as(after(running, policy, "stop"), "STOPPING").tries, 0);
  });
});

describe("STOPPING", () => {
  const running: State = { name: "RUNNING", until: NEVER, pid: 7 };
  const effect = (state: State, type: "stop" | "deadline" | "exited", p: Policy) => {
    const input = inputs.find((one) => one.type === type);
    assert.ok(input);
    return transition(state, input, p, NOW)[1];
  };

  it("asks with the stop signal, then kills again and again", () => {
    const p: Policy = { ...policy, stopSignal: "SIGINT", killAsGroup: true };
    assert.deepEqual(effect(running, "stop", p), { do: "kill", signal: "SIGINT", group: false });
    const state = after(running, p, "stop");
    assert.equal(state.until, NOW + 10_000);
    assert.deepEqual(effect(state, "deadline", p), { do: "kill", signal: "SIGKILL", group: true });
    const [again] = transition(state, { type: "deadline" }, p, NOW + 10_000);
    // whether it is stuck shows after five seconds, and no later
    assert.deepEqual([again.name, again.until], ["STOPPING", NOW + 15_000]);
    const [stuck] = transition(again, { type: "deadline" }, p, NOW + 15_000);
    assert.deepEqual([as(stuck, "STOPPING").phase, stuck.until], ["stuck", NOW + 25_000]);
    const [soon] = transition(state, { type: "deadline" }, { ...p, stopMs: 2000 }, NOW);
    assert.equal(soon.until, NOW + 2000);
  });

  it("asks the whole group where stopasgroup says so", () => {
    const p: Policy = { ...policy, stopAsGroup: true };
    assert.deepEqual(effect(running, "stop", p), { do: "kill", signal: "SIGTERM", group: true });
  });

  it("grants what the process leaves the rest of stopwaitsecs, and nothing after SIGKILL", () => {
    const state: In<"STOPPING"> = { ...stopping, until: NOW + 4000 };
    for (const stopAsGroup of [false, true]) {
      const p = { ...policy, stopAsGroup };
      const grace = (from: State) => effect(from, "exited", p);
      assert.deepEqual(grace(state), { do: "sweep", graceMs: 4000 });
      assert.deepEqual(grace({ ...state, until: NOW - 1 }), { do: "sweep", graceMs: 0 });
      assert.deepEqual(grace({ ...state, phase: "killed", killedAt: NOW - 1 }), {
        do: "sweep",
        graceMs: 0,
      });
    }
  });

  it("is the only state whose end grants anything: who ended by himself is swept at once", () => {
    for (const { state, step } of cells) {
      if (step[1]?.do === "sweep" && state.name !== "STOPPING")
        assert.deepEqual(step[1], { do: "sweep", graceMs: 0 });
    }
  });

  it("ends in STOPPED only when the group is swept, with those that would not go", () => {
    const gone = after({ ...stopping }, policy, "exited");
    assert.deepEqual([gone.name, gone.until], ["STOPPING", NEVER]);
    const [stopped] = transition(
      gone,
      { type: "swept", survivors: [{ pid: 9, name: "x" }] },
      policy,
      NOW,
    );
    assert.deepEqual(as(stopped, "STOPPED").survivors, [{ pid: 9, name: "x" }]);
    assert.deepEqual(as(stopped, "STOPPED").status, { code: 0, signal: null });
  });

  it("is followed by a start if that is the last word", () => {
    const end = (...orders: readonly Input["type"][]) =>
      after({ ...stopping }, policy, ...orders, "exited", "swept").until;
    assert.equal(end(), NEVER);
    assert.equal(end("start"), NOW);
    assert.equal(end("start", "stop"), NEVER);
    assert.equal(end("stop", "start"), NOW);
  });

  it("is followed by a start also when that is said during the sweep", () => {
    assert.equal(after({ ...stopping }, policy, "exited", "start", "swept").until, NOW);
  });
});

describe("EXITED", () => {
  it("stays when a stop comes before its restart", () => {
    const due: State = { ...exited, until: NOW, phase: "swept", next: "retry" };
    assert.deepEqual(after(due, policy, "stop"), {
      ...due,
      until: NEVER,
      due: NEVER,
      next: "stay",
    });
    const unswept: State = { ...exited, phase: "sweeping", next: "retry" };
    assert.equal(after(unswept, policy, "stop", "swept").until, NEVER);
  });

  it("starts on command at once, or when it is swept", () => {
    assert.equal(
      after({ ...exited, phase: "swept", next: "stay" }, policy, "start").name,
      "STARTING",
    );
    const told = after({ ...exited, phase: "sweeping", next: "stay" }, policy, "start");
    assert.equal(told.name, "EXITED");
    assert.equal(after(told, policy, "swept").until, NOW);
  });
});

describe("UNKNOWN", () => {
  it("comes from a kill that failed, with pid and reason", () => {
    assert.deepEqual(after({ ...stopping }, policy, "killFailed"), unknown);
  });

  it("tries to stop again, and refuses to start", () => {
    assert.deepEqual(after({ ...unknown }, policy, "start"), unknown);
    const again = as(after({ ...unknown }, policy, "stop"), "STOPPING");
    assert.deepEqual([again.pid, again.tries], [7, 1]);
  });

  it("is STOPPED when the child has died after all and is swept", () => {
    const gone = after({ ...unknown }, policy, "exited");
    assert.equal(gone.name, "UNKNOWN");
    assert.equal(after(gone, policy, "stop"), gone);
    assert.equal(after(gone, policy, "swept").name, "STOPPED");
  });
});

describe("stopwaitsecs 0", () => {
  it("kills on the next turn, and again every second", () => {
    const p = { ...policy, stopMs: 0 };
    const state = after({ name: "RUNNING", until: NEVER, pid: 7 }, p, "stop");
    assert.equal(state.until, NOW + 1);
    assert.equal(after(state, p, "deadline").until, NOW + 1000);
  });
});
