import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Writable } from "node:stream";
import type { Child, ChildEvents, Command, Outputs, Signal, Spawner } from "../../src/index.ts";
import { FakeClock } from "../../src/testing/index.ts";

/** What can be said to a process. */
export type Order = "start" | "stop" | "restart" | "giveup";

/** A child that does what it may do, in the order in which it may do it. */
export class ModelChild implements Child {
  readonly pid: number;
  phase: "asked" | "alive" | "unswept" | "gone" = "asked";
  readonly #modelSpawner: ModelSpawner;
  readonly #events: ChildEvents;
  readonly #outputs: Outputs;
  #swept:
    | ((survivors: readonly { readonly pid: number; readonly name: string }[]) => void)
    | undefined;

  constructor(modelSpawner: ModelSpawner, pid: number, events: ChildEvents, outputs: Outputs) {
    this.#modelSpawner = modelSpawner;
    this.pid = pid;
    this.#events = events;
    this.#outputs = outputs;
  }

  kill(signal: Signal): void {
    assert.equal(this.phase, "alive", "only the living are killed");
    if (this.#modelSpawner.refuses) throw new Error("EPERM");
    if (this.#modelSpawner.isObedient || signal === "SIGKILL") this.exit(null);
  }

  signal(): void {}

  cancel(): void {
    assert.equal(this.phase, "asked", "only what has not begun is taken back");
    this.phase = "gone";
  }

  sweep(
    _graceMs: number,
    done: (survivors: readonly { readonly pid: number; readonly name: string }[]) => void,
  ): void {
    assert.equal(this.phase, "unswept", "a sweep comes once, after the exit");
    assert.equal(this.#swept, undefined, "a sweep comes once");
    this.#swept = done;
    if (!this.#modelSpawner.leaves) this.vanish();
  }

  write(_chunk: Uint8Array, done: () => void): void {
    done();
  }

  setRef(): void {}

  begin(): void {
    if (this.phase !== "asked") return;
    this.phase = "alive";
    this.#outputs.stdout();
    this.#outputs.stderr();
    this.#events.spawned(this.pid);
  }

  /** Writes so many bytes, whether or not it should wait. */
  say(bytes: number): void {
    void this.#outputs.push("stdout", Buffer.alloc(bytes, "x"));
  }

  fail(): void {
    if (this.phase !== "asked") return;
    this.phase = "gone";
    this.#events.failed("EAGAIN");
  }

  exit(code: number | null): void {
    if (this.phase !== "alive") return;
    this.say(10); // its last words
    this.phase = "unswept";
    this.#events.exited({ code, signal: code === null ? "SIGKILL" : null });
  }

  vanish(): void {
    if (this.phase !== "unswept" || !this.#swept) return;
    this.phase = "gone";
    this.#swept([]);
  }
}

/** One process's surroundings, in which anything happens, late, early or never. */
export class ModelSpawner implements Spawner {
  readonly clock = new FakeClock();
  readonly children: ModelChild[] = [];
  isObedient = false;
  isSlow = false;
  isBroken = false;
  refuses = false;
  leaves = false;
  /** Where its output goes, if it is told to. */
  readonly stream = new ModelStream();
  /** What the next listeners say, in turn. */
  plans: Order[] = [];
  /** How an order is given. */
  order: (order: Order) => void = () => {};

  release(): void {}

  spawn(_command: Command, events: ChildEvents, outputs: Outputs): ModelChild {
    const living = this.children.filter(({ phase }) => phase !== "gone");
    assert.deepEqual(living, [], "nobody of the last run is left");
    const child = new ModelChild(this, 101 + this.children.length, events, outputs);
    this.children.push(child);
    if (this.isBroken) child.fail();
    else if (!this.isSlow) child.begin();
    return child;
  }

  /** The one child that is not gone. */
  get child(): ModelChild | undefined {
    const living = this.children.filter(({ phase }) => phase !== "gone");
    assert.ok(living.length <= 1, "two children at once");
    return living[0];
  }

  /** A listener hears of something. */
  hear(): void {
    const plan = this.plans.shift();
    if (plan) this.order(plan);
  }

  /** Nothing stands in anybody's way any more. */
  heal(): void {
    Object.assign(this, { isSlow: false, isBroken: false, refuses: false, leaves: false });
    this.isObedient = true;
    this.plans = [];
    this.child?.begin();
    this.child?.vanish();
  }

  /** Enough time for every retry, and for SIGKILL. */
  wait(): void {
    for (let i = 0; i < 4; i++) this.clock.advance(100_000);
  }

  take([step, n]: Step): void {
    switch (step) {
      case "start":
      case "stop":
      case "restart":
      case "giveup":
        this.order(step);
        break;
      case "exit":
        this.child?.exit(n % 3 === 2 ? null : n % 3);
        break;
      case "begin":
        this.child?.begin();
        break;
      case "fail":
        this.child?.fail();
        break;
      case "vanish":
        this.child?.vanish();
        break;
      case "say":
        if (this.child?.phase === "alive") this.child.say(n * 1000);
        break;
      case "stream":
        this.stream.become(MOODS[n % MOODS.length] ?? "takes");
        break;
      case "plan":
        this.plans.push(ORDERS[n % ORDERS.length] ?? "stop");
        break;
      case "advance":
        this.clock.advance(DURATIONS[n % DURATIONS.length] ?? 0);
        break;
      case "stall":
        this.clock.stall(DURATIONS[n % DURATIONS.length] ?? 0);
        break;
      default:
        this[step] = n % 3 === 0;
    }
  }
}

type Mood = "takes" | "throws" | "stalls" | "fails" | "ends" | "goes";

const MOODS: readonly Mood[] = ["takes", "throws", "stalls", "fails", "ends", "goes"];

/** A stream of the host's, to which a process writes, and which does what it likes. */
export class ModelStream extends Writable {
  #mood: Mood = "takes";
  #stalled: (() => void) | undefined;

  override _write(_chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    if (this.#mood === "throws") throw new Error("no JSON");
    if (this.#mood === "stalls") this.#stalled = done;
    else done(this.#mood === "fails" ? new Error("disk") : undefined);
  }

  become(mood: Mood): void {
    this.#mood = mood;
    const stalled = this.#stalled;
    if (mood === "takes") {
      this.#stalled = undefined;
      stalled?.();
    } else if (mood === "ends") this.end();
    // before anybody has written to it, such an error is the host's alone
    else if (mood === "goes" && this.listenerCount("error") > 0) this.destroy(new Error("gone"));
  }
}

const ORDERS = ["start", "stop", "restart", "giveup"] as const;
const DURATIONS = [0, 1, 999, 1000, 1001, 3000, 10_000];
const STEPS = [
  ...ORDERS,
  "start",
  "start",
  "stop",
  "exit",
  "exit",
  "begin",
  "begin",
  "fail",
  "vanish",
  "vanish",
  "say",
  "say",
  "stream",
  "plan",
  "advance",
  "advance",
  "advance",
  "stall",
  "isObedient",
  "isSlow",
  "isBroken",
  "refuses",
  "leaves",
] as const;

/** Something that happens. */
export type Step = readonly [(typeof STEPS)[number], number];

/** Anything that can happen. */
export const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(41)), {
  minLength: 0,
  maxLength: 220,
  size: "max",
});

/** Any settings that matter. */
export const policies = fc.record({
  startsecs: fc.constantFrom(0, 1, 2.5),
  startretries: fc.nat(3),
  stopwaitsecs: fc.constantFrom(0, 1, 10),
  stopasgroup: fc.boolean(),
  autorestart: fc.constantFrom<(boolean | "unexpected")[]>(true, false, "unexpected"),
});
