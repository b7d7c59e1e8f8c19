/** Whatever listeners do: no event is lost without a word, and none is left lying where one could read it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { StateName } from "../../src/lifecycle/state.ts";
import { Pool, type Listener } from "../../src/listeners/pool.ts";
import { FakeClock } from "../../src/testing/index.ts";

const POST = { server: "s", eventname: "TICK_5", payload: new Uint8Array() };

/** A process of the pool, which obeys the test. */
class Member implements Listener {
  readonly name: string;
  readonly group = "el";
  state: StateName = "STOPPED";
  /** What it is to do with what it gets: read it, or refuse it at once or later. */
  manner: "reads" | "refuses" | "breaks" = "reads";
  /** The serial of the event that it has read, and not answered yet. */
  has: number | undefined;
  isAsking = false;
  isBroken = false;
  breaking: (() => void) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  hand(chunk: Uint8Array, failed: () => void): void {
    assert.equal(this.state, "RUNNING");
    assert.ok(this.isAsking && !this.isBroken, "nobody has asked");
    this.isAsking = false;
    if (this.manner === "refuses") failed();
    else if (this.manner === "breaks") this.breaking = failed;
    else this.has = Number(/ serial:(\d+) /.exec(String(Buffer.from(chunk)))?.[1]);
    this.isBroken = this.manner !== "reads";
  }
}

class World {
  readonly clock = new FakeClock();
  readonly members = [new Member("a"), new Member("b"), new Member("c")];
  readonly pool: Pool;
  readonly done = new Set<number>();
  readonly discarded: number[] = [];
  count = 0;

  constructor(bufferSize: number) {
    this.pool = new Pool("el", {
      clock: this.clock,
      members: () => this.members,
      bufferSize: () => bufferSize,
      acceptsAll: () => false,
      activity: (_level, message) => {
        const [, serial] = /discarding event (\d+)$/.exec(message) ?? [];
        if (serial !== undefined) this.discarded.push(Number(serial));
      },
    });
  }

  enter(member: Member, state: StateName): void {
    member.state = state;
    if (state !== "RUNNING" && state !== "STOPPING")
      Object.assign(member, {
        has: undefined,
        isAsking: false,
        isBroken: false,
        breaking: undefined,
      });
    this.pool.changed(member);
  }

  say(member: Member, text: string): void {
    this.pool.heard(member, Buffer.from(text));
  }

  take([step, n]: Step): void {
    const member = this.members[n % 3] as Member;
    const isUp = member.state === "RUNNING" || member.state === "STOPPING";
    const { has } = member;
    switch (step) {
      case "raise":
        this.pool.accept({ ...POST, serial: this.count++ }, 1);
        break;
      case "start":
        if (isUp) break;
        this.enter(member, "STARTING");
        this.enter(member, "RUNNING");
        break;
      case "stop":
        if (member.state === "RUNNING") this.enter(member, "STOPPING");
        break;
      case "end":
        if (isUp) this.enter(member, member.state === "STOPPING" ? "STOPPED" : "EXITED");
        break;
      case "ask":
        if (!isUp || has !== undefined || member.isAsking || member.isBroken) break;
        member.isAsking = true;
        this.say(member, "READY\n");
        break;
      case "accept":
        if (has === undefined) break;
        member.has = undefined;
        assert.ok(!this.done.has(has), "done twice");
        this.done.add(has);
        this.say(member, "RESULT 2\nOK");
        break;
      case "refuse":
        if (has === undefined) break;
        member.has = undefined;
        this.say(member, "RESULT 4\nFAIL");
        break;
      case "babble":
        if (!isUp || member.breaking) break;
        Object.assign(member, { has: undefined, isAsking: false, isBroken: true });
        this.say(member, "what is this?\n");
        break;
      case "fail": {
        const { breaking } = member;
        member.breaking = undefined;
        breaking?.();
        break;
      }
      case "turn":
        this.clock.advance(0);
        break;
      case "wait":
        this.clock.advance(60_000); // the longest pause
        break;
      default:
        member.manner = step;
    }
  }

  /** While somebody asks, each event is in a hand, on its way into one, or told of. */
  checkNothingLies(): void {
    const isFree = ({ state, isAsking, isBroken }: Member) =>
      state === "RUNNING" && isAsking && !isBroken;
    if (this.clock.pending > 0 || !this.members.some(isFree)) return;
    const held = this.members.filter(({ has, breaking }) => has !== undefined || breaking);
    assert.equal(this.done.size + this.discarded.length + held.length, this.count);
  }

  /** Everybody begins anew, and answers well, until nothing is left. */
  finish(): void {
    for (const [i, member] of this.members.entries()) {
      member.manner = "reads";
      if (member.state === "RUNNING") this.take(["end", i]);
      if (member.state === "STOPPING") this.take(["end", i]);
      this.take(["start", i]);
    }
    for (let left = this.count + 1; left >= 0; left--) {
      for (const i of [0, 1, 2]) this.take(["ask", i]);
      this.take(["wait", 0]);
      for (const i of [0, 1, 2]) this.take(["accept", i]);
    }
  }
}

type Move =
  | "raise"
  | "start"
  | "stop"
  | "end"
  | "ask"
  | "accept"
  | "refuse"
  | "babble"
  | "fail"
  | "turn"
  | "wait"
  | Member["manner"];
const OFTEN: readonly Move[] = ["raise", "start", "ask", "ask", "accept", "fail", "turn"];
const SELDOM: readonly Move[] = [
  "end",
  "stop",
  "refuse",
  "babble",
  "fail",
  "wait",
  "reads",
  "refuses",
  "breaks",
];
const STEPS: readonly Move[] = [...OFTEN, ...OFTEN, ...SELDOM];
type Step = readonly [Move, number];

describe("Pool", () => {
  it("has every event answered or discarded in the end, whatever its listeners do", () => {
    const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(...STEPS), fc.nat(2));
    const steps = fc.array(step, { maxLength: 120, size: "max" });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 5, 1000), steps, (size, all) => {
        const world = new World(size);
        for (const one of all) {
          world.take(one);
          world.checkNothingLies();
        }
        world.finish();
        const answered = [...world.done];
        const told = [...answered, ...world.discarded].toSorted((a, b) => a - b);
        assert.deepEqual(
          told,
          Array.from({ length: world.count }, (_, i) => i),
        );
        if (size === 1000) assert.deepEqual(world.discarded, []);
        assert.equal(world.clock.pending, 0);
      }),
      { numRuns: 1000 },
    );
  });
});
