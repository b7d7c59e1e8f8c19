import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { NEVER, type State } from "../../src/lifecycle/state.ts";
import { SupervisorEmitter } from "../../src/events/emitter.ts";
import { assemble } from "../../src/supervision/assemble.ts";
import { systemClock } from "../../src/system/clock.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { Runner } from "../../src/lifecycle/runner.ts";
import type { ProgramSettings } from "../../src/settings/program.ts";
import { outputsTo, turn } from "../support/helpers.ts";
import { policies, steps, ModelSpawner } from "../support/model-child.ts";

const EDGES = new Set([
  "BACKOFF → FATAL",
  "BACKOFF → STARTING",
  "BACKOFF → STOPPED",
  "EXITED → STARTING",
  "FATAL → STARTING",
  "RUNNING → EXITED",
  "RUNNING → STOPPING",
  "STARTING → BACKOFF",
  "STARTING → RUNNING",
  "STARTING → STOPPED",
  "STARTING → STOPPING",
  "STOPPED → STARTING",
  "STOPPING → STOPPED",
  "STOPPING → UNKNOWN",
  "UNKNOWN → STOPPED",
  "UNKNOWN → STOPPING",
]);

function configOf(settings: Partial<ProgramSettings>) {
  const [config] = resolveSettings({ programs: { x: { command: "x", ...settings } } }).processes;
  assert.ok(config);
  return config;
}

/** The listeners of a host. */
class Listeners extends SupervisorEmitter {
  constructor() {
    super(systemClock);
  }

  override announce(...told: Parameters<SupervisorEmitter["announce"]>): void {
    super.announce(...told);
  }
}

/** A runner in its modelSpawner, with what must always be true of it. */
class Model {
  readonly modelSpawner = new ModelSpawner();
  readonly runner: Runner;
  taken = 0;
  ordered = 0;
  heard = 0;

  constructor(settings: Partial<ProgramSettings>) {
    const { modelSpawner } = this;
    const { command, policy } = configOf(settings);
    let last = "STOPPED";
    this.runner = new Runner(
      command,
      policy,
      outputsTo(),
      { clock: modelSpawner.clock, spawner: modelSpawner },
      {
        message: () => {},
        changed: (from, to) => {
          assert.equal(from.name, last, "no change is left untold");
          last = to.name;
          if (from.name !== to.name) assert.ok(EDGES.has(`${from.name} → ${to.name}`));
          modelSpawner.hear();
        },
      },
    );
    modelSpawner.order = (order) => {
      for (const type of order === "restart" ? (["stop", "start"] as const) : [order]) {
        this.ordered++;
        this.runner.send({ type }, () => this.heard++);
      }
    };
  }

  check(): void {
    const { state } = this.runner;
    const { child } = this.modelSpawner;
    assert.equal(child?.phase, phaseIn(state), `in ${JSON.stringify(state)}`);
    if (child?.phase === "alive" && "pid" in state) assert.equal(state.pid, child.pid);
    assert.equal(this.modelSpawner.clock.pending, state.until === NEVER ? 0 : 1);
    assert.equal(this.heard, this.ordered, "every order is heard once");
  }
}

/** What there must be of a child in this state. */
function phaseIn(state: State): ModelSpawner["children"][number]["phase"] | undefined {
  switch (state.name) {
    case "STARTING":
      return state.pid === undefined ? "asked" : "alive";
    case "RUNNING":
      return "alive";
    case "STOPPING":
    case "UNKNOWN":
      return state.phase === "sweeping" ? "unswept" : "alive";
    case "BACKOFF":
    case "EXITED":
      return state.phase === "sweeping" ? "unswept" : undefined;
    default:
      return undefined;
  }
}

function hasGivenUp(state: State, retries: number): boolean {
  return state.name === "BACKOFF" && state.tries > retries;
}

describe("a process to which anything happens", () => {
  it("is never lost, never doubled, and always in a state that explains it", () => {
    let taken = 0;
    fc.assert(
      fc.property(policies, steps, fc.boolean(), (settings, happening, isToStop) => {
        const model = new Model(settings);
        const { modelSpawner, runner } = model;
        for (const step of happening) {
          modelSpawner.take(step);
          model.check();
          taken++;
        }
        modelSpawner.heal();
        // a start shares the outcome of attempts that are used up already
        if (hasGivenUp(runner.state, settings.startretries)) modelSpawner.wait();
        // UNKNOWN answers to a stop alone
        if (isToStop || runner.state.name === "UNKNOWN") {
          modelSpawner.order("stop");
          modelSpawner.wait();
          model.check();
          assert.ok(["STOPPED", "EXITED", "FATAL"].includes(runner.state.name), runner.state.name);
          assert.equal(modelSpawner.child, undefined);
        } else {
          modelSpawner.order("start");
          modelSpawner.wait();
          model.check();
          assert.equal(runner.state.name, "RUNNING");
        }
        assert.equal(modelSpawner.clock.pending, 0);
      }),
      { numRuns: 1500 },
    );
    assert.ok(taken >= 100_000, `only ${taken} steps`);
  });

  for (const [title, isStream] of [
    ["leaves nobody waiting who gave an order", false],
    ["nor where its output goes to a stream that throws, fails, ends or stalls", true],
  ] as const)
    it(title, async () => giveOrders(isStream));

  async function giveOrders(isStream: boolean): Promise<void> {
    const told = new Set<string>();
    await fc.assert(
      fc.asyncProperty(policies, steps, async (settings, happening) => {
        const modelSpawner = new ModelSpawner();
        const stdout_logfile = isStream ? modelSpawner.stream : "NONE";
        const listeners = new Listeners();
        const { registry, lifetime } = assemble(
          { programs: { x: { command: "x", ...settings, stdout_logfile } } },
          { clock: modelSpawner.clock, spawner: modelSpawner },
          listeners,
          { hold: () => {}, drop: () => {}, setRef: () => {}, changed: () => {}, close: () => {} },
        );
        if (isStream) {
          listeners.on("LOGFILE_FAILED", ({ code, message }) => told.add(code || message));
          listeners.on("PROCESS_LOG", () => {});
        }
        listeners.on("PROCESS_STATE", () => modelSpawner.hear());
        const [process] = registry.find("x");
        assert.ok(process);
        const waiting = new Set<string>();
        let orders = 0;
        modelSpawner.order = (order) => {
          const name = `${++orders}: ${order}`;
          waiting.add(name);
          const promise = order === "giveup" ? process.quit() : process[order]();
          promise.then(
            () => waiting.delete(name),
            () => waiting.delete(name),
          );
        };
        for (const step of happening) modelSpawner.take(step);
        modelSpawner.heal();
        if (process.state === "BACKOFF") modelSpawner.wait();
        if (process.state === "UNKNOWN") {
          modelSpawner.order("stop");
          modelSpawner.wait();
        }
        modelSpawner.order("start");
        modelSpawner.wait();
        await turn();
        assert.equal(process.state, "RUNNING");
        modelSpawner.order("stop");
        modelSpawner.wait();
        await turn();
        assert.deepEqual([...waiting], []);
        assert.equal(modelSpawner.clock.pending, 0);
        assert.deepEqual(await lifetime.close(), []);
        assert.equal(modelSpawner.child, undefined);
        assert.ok(modelSpawner.stream.listenerCount("drain") <= 1);
        assert.equal(
          modelSpawner.stream.listenerCount("error"),
          modelSpawner.stream.listenerCount("drain"),
        );
      }),
      { numRuns: 150 },
    );
    const ways = ["no JSON", "disk", "gone", "ERR_STREAM_WRITE_AFTER_END"];
    assert.deepEqual([...told].toSorted(), isStream ? ways.toSorted() : []);
  }
});
