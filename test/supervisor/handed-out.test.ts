/** What a supervisor hands out is a copy, or frozen: who changes it changes no supervisor. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import type { SupervisorSettings } from "../../src/index.ts";
import { Stage } from "../support/helpers.ts";

const log = new PassThrough();
const settings = (): SupervisorSettings => ({
  environment: { A: "1" },
  programs: {
    web: {
      command: ["web", "-v"],
      environment: { B: "1" },
      exitcodes: [0, 3],
      stdout_logfile: log,
      startsecs: 0,
    },
    el: { command: "el", events: ["TICK_5"], startsecs: 0 },
    one: { command: "one", startsecs: 0 },
  },
  groups: { g: { programs: ["one"], priority: 3 } },
});

/** Changes all that can be changed of a value, however deep. */
function spoil(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null || value === log || depth > 6) return;
  const attempts: (() => unknown)[] = [];
  if (value instanceof Map) {
    for (const one of value.values()) spoil(one, depth + 1);
    attempts.push(
      () => value.set("x", {}),
      () => value.delete("web"),
      () => value.clear(),
    );
  }
  if (Array.isArray(value)) {
    for (const one of value as unknown[]) spoil(one, depth + 1);
    attempts.push(
      () => value.push("x"),
      () => (value.length = 0),
    );
  }
  for (const [key, one] of Object.entries(value)) {
    spoil(one, depth + 1);
    attempts.push(() => Reflect.set(value, key, "spoilt"));
  }
  attempts.push(() => Reflect.set(value, "C", "2"));
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      assert.ok(error instanceof TypeError, String(error)); // it is frozen, or says who may change it
    }
  }
}

describe("what a supervisor hands out", () => {
  it("changes nothing of it when it is changed", async () => {
    const given = settings();
    const stage = new Stage(given);
    const { supervisor } = stage;
    await stage.up();
    const before = supervisor.settings;
    const names = () => [...supervisor.programs.keys()];
    const known = names();
    spoil(given);
    spoil(supervisor.settings);
    for (const program of supervisor.programs.values()) {
      spoil(program.settings);
      spoil(program.processes.map((process) => process.info()));
      assert.throws(() => (program.processes as unknown[]).push("x"), TypeError);
    }
    const map = supervisor.programs as Map<string, never>;
    for (const attempt of [
      () => map.clear(),
      () => map.delete("web"),
      () => map.set("x", 1 as never),
    ])
      assert.throws(attempt, TypeError);
    spoil(supervisor.status());
    supervisor.on("PROCESS_STATE", (event) => spoil(event));
    assert.deepEqual(names(), known);
    assert.deepEqual(supervisor.settings, before);
    const difference = await supervisor.update(settings(), { dryRun: true });
    assert.deepEqual(difference, { added: [], changed: [], removed: [] });
    spoil(difference);
    supervisor.add("late", { command: "late", startsecs: 0 });
    assert.equal(stage.spawner.of("late").command.environment["A"], "1");
    assert.equal("C" in stage.spawner.of("late").command.environment, false);
    const [one, other] = [supervisor.shutdown(), supervisor.shutdown()];
    const left = await one;
    spoil(left);
    assert.deepEqual(await other, []);
  });

  it("can be changed and given to update()", async () => {
    const stage = new Stage(settings());
    const { supervisor } = stage;
    await stage.up();
    const next = supervisor.settings;
    const { web } = next.programs ?? {};
    assert.ok(web?.environment);
    web.environment["B"] = "2";
    assert.equal(web.stdout_logfile, log, "a stream is the same");
    assert.deepEqual((await supervisor.update(next)).changed, ["web"]);
    assert.equal(stage.spawner.of("web").command.environment["B"], "2");
    web.environment["B"] = "3";
    assert.equal(supervisor.programs.get("web")?.settings.environment["B"], "2");
    assert.deepEqual(
      (await supervisor.update((current) => ({ ...current, environment: { A: "2" } }))).changed,
      ["web", "el", "one"],
    );
    await supervisor.shutdown();
  });
});
