import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { diff } from "../../src/supervision/diff.ts";
import { initial } from "../../src/lifecycle/steps.ts";
import { NEVER, type State, type StateName } from "../../src/lifecycle/state.ts";
import { nearest } from "../../src/schema/suggest.ts";
import {
  isRunning,
  isSignallable,
  isWanted,
  pidOf,
  startOutcome,
  stopOutcome,
} from "../../src/lifecycle/outcome.ts";
import { Tail } from "../../src/output/tail.ts";

describe("diff", () => {
  const equal = (a: number, b: number) => a === b;

  it("tells what is added, changed and removed, in order", () => {
    const current = new Map([
      ["gone", 1],
      ["same", 2],
      ["other", 3],
      ["lost", 4],
    ]);
    const next = new Map([
      ["new", 5],
      ["other", 6],
      ["same", 2],
      ["fresh", 7],
    ]);
    assert.deepEqual(diff(current, next, equal), {
      added: ["new", "fresh"],
      changed: ["other"],
      removed: ["gone", "lost"],
    });
  });

  it("of anything with itself is nothing, and each name is told once", () => {
    const set = fc
      .dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 2 }))
      .map((o) => new Map(Object.entries(o)));
    fc.assert(
      fc.property(set, set, (a, b) => {
        assert.deepEqual(diff(a, a, equal), { added: [], changed: [], removed: [] });
        const { added, changed, removed } = diff(a, b, equal);
        const told = [...added, ...changed, ...removed];
        assert.equal(new Set(told).size, told.length);
        const expected = new Set([...a.keys(), ...b.keys()].filter((k) => a.get(k) !== b.get(k)));
        assert.deepEqual(new Set(told), expected);
      }),
    );
  });
});

describe("nearest", () => {
  const known = ["startsecs", "startretries", "stopsignal", "user", "web"];
  const cases: readonly [string, string | undefined][] = [
    ["startsec", "startsecs"],
    ["startSecs", "startsecs"],
    ["startretry", "startretries"],
    ["stop_signal", "stopsignal"],
    ["wbe", "web"], // two neighbours in the wrong order are one mistake
    ["bew", undefined],
    ["we", "web"],
    ["uesr", "user"],
    ["uesrs", undefined],
    ["", undefined],
    ["directory", undefined],
    ["startsecs", "startsecs"],
  ];
  for (const [word, meant] of cases) {
    it(`takes ${JSON.stringify(word)} for ${meant ?? "nothing"}`, () => {
      assert.equal(nearest(word, known), meant);
    });
  }

  it("does not compare what nobody could have meant", () => {
    assert.equal(nearest("x".repeat(1_000_000), ["x".repeat(999_999)]), undefined);
  });

  it("prefers the nearer word, and of equals the first", () => {
    assert.equal(nearest("abcd", ["abxx", "abcx", "abcy"]), "abcx");
  });
});

describe("Tail", () => {
  it("keeps the last bytes of what was pushed", () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 50 }), fc.nat(60), (pushed, limit, bytes) => {
        const tail = new Tail(limit);
        for (const chunk of pushed) tail.push(chunk);
        const all = Buffer.concat(pushed);
        const kept = all.subarray(Math.max(0, all.length - limit));
        assert.deepEqual(Buffer.from(tail.last()), Buffer.from(kept));
        const wanted = kept.subarray(Math.max(0, kept.length - bytes));
        assert.deepEqual(Buffer.from(tail.last(bytes)), Buffer.from(wanted));
      }),
    );
  });

  it("copies: a chunk that is used again changes nothing", () => {
    const tail = new Tail(10);
    const chunk = new Uint8Array([1, 2, 3]);
    tail.push(chunk);
    chunk.fill(9);
    assert.deepEqual([...tail.last()], [1, 2, 3]);
    tail.last().fill(8);
    assert.deepEqual([...tail.last()], [1, 2, 3]);
  });

  it("stands thousands of small chunks, and empty ones", () => {
    const tail = new Tail(5);
    for (let i = 0; i < 5000; i++) tail.push(new Uint8Array(i % 3 === 0 ? [] : [i % 256]));
    assert.equal(tail.last().length, 5);
    assert.equal(tail.last().at(-1), 4999 % 256);
  });
});

const status = { code: 0, signal: null } as const;
const backoff = { name: "BACKOFF", until: NEVER, due: 0, tries: 1, reason: "" } as const;
const stopping = { name: "STOPPING", until: 9, phase: "asked", tries: 0, pid: 7 } as const;
const exited = { name: "EXITED", until: NEVER, due: NEVER, status, expected: true } as const;
const unknown = {
  name: "UNKNOWN",
  until: NEVER,
  phase: "refused",
  tries: 0,
  pid: 7,
  reason: "",
} as const;

/** pid, what a waiting start is told, what a waiting stop is told. */
const views: readonly [string, State, number | undefined, string, string][] = [
  ["STOPPED", initial(), undefined, "failed", "done"],
  [
    "STOPPED before a start",
    { ...initial(), next: "start", until: 0 },
    undefined,
    "pending",
    "done",
  ],
  [
    "STOPPED with survivors",
    { ...initial(), survivors: [{ pid: 9, name: "x" }] },
    undefined,
    "failed",
    "failed",
  ],
  [
    "STARTING",
    { name: "STARTING", until: NEVER, phase: "spawning", by: "order", tries: 0 },
    undefined,
    "pending",
    "pending",
  ],
  [
    "STARTING with pid",
    { name: "STARTING", until: 9, phase: "proving", by: "order", tries: 0, pid: 7 },
    7,
    "pending",
    "pending",
  ],
  ["RUNNING", { name: "RUNNING", until: NEVER, pid: 7 }, 7, "done", "pending"],
  ["BACKOFF", { ...backoff, phase: "waiting", next: "retry" }, undefined, "pending", "pending"],
  [
    "BACKOFF to stop",
    { ...backoff, phase: "sweeping", next: "stay" },
    undefined,
    "failed",
    "pending",
  ],
  ["STOPPING", { ...stopping, next: "stay" }, 7, "failed", "pending"],
  ["STOPPING to restart", { ...stopping, next: "start" }, 7, "pending", "pending"],
  ["STOPPING, stuck", { ...stopping, phase: "stuck", next: "start" }, 7, "failed", "failed"],
  [
    "STOPPING, gone",
    { ...stopping, phase: "sweeping", next: "stay", status },
    undefined,
    "failed",
    "pending",
  ],
  ["EXITED", { ...exited, phase: "swept", next: "stay" }, undefined, "failed", "done"],
  [
    "EXITED, unswept",
    { ...exited, phase: "sweeping", next: "stay" },
    undefined,
    "failed",
    "pending",
  ],
  [
    "EXITED to restart",
    { ...exited, phase: "sweeping", next: "retry" },
    undefined,
    "pending",
    "pending",
  ],
  ["FATAL", { name: "FATAL", until: NEVER, reason: "" }, undefined, "failed", "done"],
  ["UNKNOWN", unknown, 7, "failed", "failed"],
  ["UNKNOWN, gone", { ...unknown, phase: "sweeping", status }, undefined, "failed", "pending"],
];

describe("the view of a state", () => {
  for (const [title, state, pid, start, stop] of views) {
    it(`of ${title} is right`, () => {
      assert.deepEqual([pidOf(state), startOutcome(state), stopOutcome(state)], [pid, start, stop]);
    });
  }

  it("tells a start at the first attempt that the command cannot be executed", () => {
    const state: State = { ...backoff, code: "NO_FILE", phase: "waiting", next: "retry" };
    const starting: State = {
      name: "STARTING",
      until: NEVER,
      phase: "spawning",
      by: "order",
      tries: 0,
    };
    assert.equal(startOutcome(state, starting), "failed");
    // what may pass is waited for, and so is FATAL, which is next
    assert.equal(startOutcome({ ...state, code: "FAILED" }, starting), "pending");
    assert.equal(startOutcome({ ...state, next: "fatal" }, starting), "pending");
    // who asks in BACKOFF is told of the next attempt
    assert.equal(startOutcome(state, state), "pending");
    const before: State = { ...state, tries: 0 };
    assert.equal(startOutcome(state, before), "failed");
    assert.ok(isWanted(state));
  });

  it("counts as running and as signallable what supervisord does", () => {
    const all = new Set<StateName>(views.map(([, { name }]) => name));
    assert.equal(all.size, 8);
    const which = (is: (name: StateName) => boolean) => [...all].filter(is);
    assert.deepEqual(which(isRunning), ["STARTING", "RUNNING", "BACKOFF"]);
    assert.deepEqual(which(isSignallable), ["STARTING", "RUNNING", "STOPPING"]);
  });
});
