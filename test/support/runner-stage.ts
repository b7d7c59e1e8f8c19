/** A runner in virtual time, with a record of what it reports. Each test starts with an empty one. */
import assert from "node:assert/strict";
import { beforeEach } from "node:test";
import type { State } from "../../src/lifecycle/state.ts";
import { Runner } from "../../src/lifecycle/runner.ts";
import { policyOf } from "../../src/lifecycle/options.ts";
import { programSettings, type ProgramSettings } from "../../src/settings/program.ts";
import { anyCommand, outputsTo } from "./helpers.ts";
import { FakeClock, FakeSpawner } from "../../src/testing/index.ts";

export let clock: FakeClock;
export let spawner: FakeSpawner;
/** The states and the output, in order. */
export const seen: string[] = [];
let listener: (from: State, to: State) => void;

beforeEach(() => {
  clock = new FakeClock();
  spawner = new FakeSpawner();
  seen.length = 0;
  listener = () => {};
});

export function make(settings: Partial<ProgramSettings> = {}): Runner {
  const policy = policyOf(programSettings.parse({ command: "x", ...settings }));
  return new Runner(
    anyCommand,
    policy,
    outputsTo((stream, chunk) => seen.push(`${stream}: ${Buffer.from(chunk).toString()}`)),
    { clock, spawner },
    {
      changed(from, to) {
        if (from.name !== to.name) seen.push(to.name);
        listener(from, to);
      },
      message: (value) => seen.push(`message: ${JSON.stringify(value)}`),
    },
  );
}

export function started(settings: Partial<ProgramSettings> = {}): Runner {
  const runner = make(settings);
  runner.send({ type: "start" });
  return runner;
}

export function running(settings: Partial<ProgramSettings> = {}): Runner {
  const runner = started({ startsecs: 0, ...settings });
  clock.advance(0);
  assert.equal(runner.state.name, "RUNNING");
  seen.length = 0;
  return runner;
}

/** Asked by a function, because a property would narrow the type of what comes later. */
export function nameOf(runner: Runner): string {
  return runner.state.name;
}

/** Takes the place of the clock, before a runner is made. */
export function useClock(own: FakeClock): void {
  clock = own;
}

/** Calls a function with each step. */
export function listen(own: (from: State, to: State) => void): void {
  listener = own;
}
