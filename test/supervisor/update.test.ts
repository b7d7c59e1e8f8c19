import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SettingsError, type SupervisorSettings } from "../../src/index.ts";
import { fault, Stage, turn, watch } from "../support/helpers.ts";

const NUMBERED = { process_name: "%(program_name)s_%(process_num)d" };

async function update(stage: Stage, settings: SupervisorSettings) {
  const result = stage.supervisor.update(settings);
  await stage.pass(1000);
  return result;
}

describe("listeners that contradict each other", () => {
  it("about a program: the host goes on, and each update comes in its turn", async () => {
    const stage = new Stage();
    const { supervisor } = stage;
    let turns = 0;
    const settings = { command: "x", autostart: false };
    const ups = { added: 0, removed: 0 };
    const stop = () => turns > 10;
    supervisor.on("PROCESS_GROUP_ADDED", () => {
      ups.added++;
      if (!stop()) void supervisor.remove("web");
    });
    supervisor.on("PROCESS_GROUP_REMOVED", () => {
      ups.removed++;
      if (!stop()) supervisor.add("web", settings);
    });
    await supervisor.start();
    supervisor.add("web", settings);
    for (; turns <= 10; turns++) await turn();
    await turn();
    assert.ok(ups.added > 1 && ups.added < 100, String(ups.added));
    await supervisor.shutdown();
  });

  it("about a process: the host goes on, whether they order at once or a little later", async () => {
    for (const say of [(order: () => void) => order(), queueMicrotask]) {
      const stage = new Stage({ programs: { web: { command: "x" } } });
      const { supervisor, spawner } = stage;
      spawner.slow = true;
      let isOver = false;
      const order = (verb: "start" | "stop") => {
        if (!isOver) supervisor[verb]("web").catch(() => {});
      };
      supervisor.on("PROCESS_STATE_STOPPED", () => say(() => order("start")));
      supervisor.on("PROCESS_STATE_STARTING", () => say(() => order("stop")));
      supervisor.start().catch(() => {});
      await turn(); // else the test would end here
      assert.ok(stage.seen().length >= 100);
      isOver = true;
      await stage.pass(1);
      const done = watch(supervisor.shutdown());
      await stage.pass(0);
      assert.equal(done.outcome, "done");
      assert.equal(stage.clock.pending, 0);
    }
  });
});

describe("update", () => {
  it("a variable that is taken away is another setting than a variable that is not set", async () => {
    const program = { command: "x", environment: { A: undefined } };
    const stage = new Stage({ programs: { web: program }, environment: { B: undefined } });
    await stage.up();
    const { supervisor, spawner } = stage;
    assert.deepEqual(spawner.last.command.unset, ["B", "A"]);
    const plain = { programs: { web: { command: "x" } } };
    const whole = { programs: { web: program }, environment: { B: undefined } };
    assert.deepEqual(supervisor.settings.environment, { B: undefined });
    assert.deepEqual((await update(stage, supervisor.settings)).changed, []);
    assert.deepEqual((await update(stage, { ...whole, ...plain })).changed, ["web"]);
    assert.deepEqual(spawner.last.command.unset, ["B"]);
    assert.deepEqual((await update(stage, plain)).changed, ["web"]);
    assert.equal("unset" in spawner.last.command, false);
    const bare = { programs: { web: { command: "x", environment_inherit: ["A"] } } };
    assert.deepEqual((await update(stage, bare)).changed, ["web"]);
    assert.deepEqual(spawner.last.command.inherit, ["A"]);
    await stage.supervisor.shutdown();
  });

  it("touches nothing that has not changed", async () => {
    const programs = { a: { command: "a" }, b: { command: "b" } };
    const stage = new Stage({ programs });
    await stage.up();
    const [program, process] = [stage.supervisor.programs.get("a"), stage.supervisor.process("a")];
    const result = await update(stage, { programs: structuredClone(programs) });
    assert.deepEqual(result, { added: [], changed: [], removed: [] });
    assert.equal(stage.supervisor.programs.get("a"), program);
    assert.equal(stage.supervisor.process("a"), process);
    assert.deepEqual(stage.seen(), []);
    assert.deepEqual(
      stage.spawner.children.flatMap(({ kills }) => kills),
      [],
    );
  });

  it("stops the removed, replaces the changed, starts the added, and tells which", async () => {
    const stage = new Stage({
      programs: { gone: { command: "g" }, other: { command: "o" }, same: { command: "s" } },
    });
    await stage.up();
    const [old, program] = [
      stage.supervisor.process("other"),
      stage.supervisor.programs.get("other"),
    ];
    const settings = {
      programs: { same: { command: "s" }, fresh: { command: "f" }, other: { command: "o2" } },
    };
    assert.deepEqual(await update(stage, settings), {
      added: ["fresh"],
      changed: ["other"],
      removed: ["gone"],
    });
    assert.deepEqual(stage.groups(), [
      "gone REMOVED",
      "other REMOVED",
      "fresh ADDED",
      "other ADDED",
    ]);
    assert.deepEqual(stage.states(), { fresh: "RUNNING", other: "RUNNING", same: "RUNNING" });
    assert.notEqual(stage.supervisor.process("other"), old);
    assert.equal(stage.supervisor.programs.get("other"), program, "the program is the same");
    assert.deepEqual(stage.spawner.of("other").command.argv, ["o2"]);
    assert.deepEqual(stage.spawner.of("same").kills, []);
    assert.equal(stage.supervisor.programs.has("gone"), false);
  });

  it("settles when what has to go is gone, and does not wait for RUNNING", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const result = watch(stage.supervisor.update({ programs: { a: { command: "b" } } }));
    await turn();
    assert.equal(result.outcome, "pending");
    stage.spawner.last.exit(0);
    await turn();
    assert.equal(result.outcome, "done");
    assert.deepEqual(stage.states(), { a: "STARTING" });
  });

  it("refuses a removed process's start, and lets its stop be", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    const [old, program] = [stage.supervisor.process("a"), stage.supervisor.programs.get("a")];
    assert.ok(old);
    await update(stage, {});
    const message = `Cannot start "a": it was removed`;
    await assert.rejects(old.start(), fault("BAD_NAME", message));
    await assert.rejects(old.restart(), fault("BAD_NAME", message));
    await old.stop();
    assert.deepEqual(program?.processes, []);
    assert.equal(stage.spawner.children.length, 1);
  });

  it("does not start what somebody has stopped, nor what never began", async () => {
    const stage = new Stage({
      programs: { a: { command: "a" }, idle: { command: "i", autostart: false } },
    });
    await stage.up();
    await stage.supervisor.stop("a");
    await update(stage, {
      programs: { a: { command: "a2" }, idle: { command: "i2", autostart: false } },
    });
    assert.deepEqual(stage.states(), { a: "STOPPED", idle: "STOPPED" });
    await stage.supervisor.shutdown();

    const unbegun = new Stage({ programs: { a: { command: "a" } } });
    await update(unbegun, { programs: { a: { command: "a2" }, b: { command: "b" } } });
    assert.deepEqual(unbegun.states(), { a: "STOPPED", b: "STOPPED" });
  });

  it("starts what was up although autostart is false", async () => {
    const stage = new Stage({ programs: { a: { command: "a", autostart: false } } });
    await stage.up("a");
    await update(stage, { programs: { a: { command: "a2", autostart: false } } });
    assert.deepEqual(stage.states(), { a: "RUNNING" });
  });

  it("gives what is FATAL another chance", async () => {
    const stage = new Stage({ programs: { a: { command: "a", startretries: 0 } } });
    const start = watch(stage.supervisor.start());
    stage.spawner.last.exit(1);
    await stage.pass(0);
    assert.equal(start.outcome, "SPAWN_ERROR");
    await update(stage, { programs: { a: { command: "a2", startretries: 0 } } });
    assert.deepEqual(stage.states(), { a: "RUNNING" });
  });

  it("does not start what somebody stops while it waits", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const result = stage.supervisor.update({
      programs: { a: { command: "a2" }, b: { command: "b2" } },
    });
    await turn();
    const stop = stage.supervisor.stop("a");
    stage.spawner.of("a").exit(0);
    await Promise.all([result, stop]);
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { a: "STOPPED", b: "RUNNING" });
  });

  it("stops again what somebody starts while it waits", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const result = stage.supervisor.update({ programs: { a: { command: "a2" } } });
    await turn();
    const start = watch(stage.supervisor.start("b"));
    stage.spawner.of("a").exit(0);
    assert.deepEqual(await result, { added: [], changed: ["a"], removed: ["b"] });
    assert.equal(start.outcome, "ABNORMAL_TERMINATION");
    const living = stage.spawner.children.filter(
      (child) => child.command.name === "b" && child.kills.length === 0,
    );
    assert.deepEqual(living, []);
  });

  it("keeps the old processes when numprocs grows, and the first ones when it shrinks", async () => {
    const of = (numprocs: number) => ({ programs: { w: { command: "w", numprocs, ...NUMBERED } } });
    const stage = new Stage(of(2));
    await stage.up();
    const program = stage.supervisor.programs.get("w");
    const before = program?.processes ?? [];
    assert.deepEqual(await update(stage, of(3)), { added: [], changed: ["w"], removed: [] });
    assert.deepEqual(program?.processes.slice(0, 2), before);
    assert.equal(stage.spawner.children.length, 3);
    assert.deepEqual(await update(stage, of(1)), { added: [], changed: ["w"], removed: [] });
    assert.deepEqual(program?.processes, before.slice(0, 1));
    assert.deepEqual(stage.states(), { "w:w_0": "RUNNING" });
    assert.deepEqual(stage.groups(), []);
  });

  it("changes the priority of a group without touching its processes", async () => {
    const of = (priority: number) => ({
      programs: { a: { command: "a" }, z: { command: "z" } },
      groups: { g: { programs: ["z"], priority } },
    });
    const stage = new Stage(of(999));
    await stage.up();
    await update(stage, of(1));
    assert.equal(stage.spawner.children.length, 2);
    const stop = stage.supervisor.stop();
    await stop;
    assert.deepEqual(stage.seen(), ["a STOPPING", "a STOPPED", "g:z STOPPING", "g:z STOPPED"]);
  });

  it("starts again what it has stopped when something will not stop, and changes nothing", async () => {
    const programs = { a: { command: "a" }, b: { command: "b" } };
    const stage = new Stage({ programs });
    await stage.up();
    const before = [...stage.supervisor.programs.values()].flatMap(({ processes }) => processes);
    stage.spawner.of("b").kill = () => {
      throw new Error("EPERM");
    };
    const result = stage.supervisor.update({
      programs: { a: { command: "a2" }, b: { command: "b2" }, c: { command: "c" } },
    });
    await assert.rejects(result, fault("FAILED"));
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "UNKNOWN" });
    assert.deepEqual(stage.spawner.of("a").command.argv, ["a"]);
    const after = [...stage.supervisor.programs.values()].flatMap(({ processes }) => processes);
    assert.deepEqual(after, before);
    assert.deepEqual(await stage.supervisor.reread({ programs }), {
      added: [],
      changed: [],
      removed: [],
    });
  });

  it("applies nothing of settings that are wrong", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    const wrong = { programs: { a: { command: "" }, b: { command: "b" } } };
    await assert.rejects(stage.supervisor.update(wrong), SettingsError);
    assert.deepEqual(stage.states(), { a: "RUNNING" });
    assert.deepEqual(stage.seen(), []);
  });

  it("comes after the one before", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const first = stage.supervisor.update({ programs: { a: { command: "a2" } } });
    const second = stage.supervisor.update({ programs: { a: { command: "a3" } } });
    await turn();
    stage.spawner.of("a").exit(0);
    await first;
    await turn();
    stage.spawner.of("a").exit(0);
    await second;
    assert.deepEqual(
      stage.spawner.children.map(({ command }) => command.argv[0]),
      ["a", "a2", "a3"],
    );
  });

  it("moves a program into a group", async () => {
    const programs = { a: { command: "a" } };
    const stage = new Stage({ programs });
    await stage.up();
    const result = await update(stage, { programs, groups: { g: { programs: ["a"] } } });
    assert.deepEqual(result, { added: [], changed: ["a"], removed: [] });
    assert.deepEqual(stage.groups(), ["a REMOVED", "g ADDED"]);
    assert.deepEqual(stage.states(), { "g:a": "RUNNING" });
  });
});

describe("reread", () => {
  it("tells what would change, as a dry run does, and changes nothing", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    await stage.up();
    const settings = { programs: { b: { command: "b2" }, c: { command: "c" } } };
    const expected = { added: ["c"], changed: ["b"], removed: ["a"] };
    assert.deepEqual(await stage.supervisor.reread(settings), expected);
    assert.deepEqual(await stage.supervisor.update(settings, { dryRun: true }), expected);
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "RUNNING" });
    assert.deepEqual(stage.seen(), []);
  });
});

describe("update with a function", () => {
  it("asks for the settings when its turn has come, and again when all that goes is gone", async () => {
    const stage = new Stage({ programs: { slow: { command: "s" }, other: { command: "o" } } });
    stage.spawner.stubborn.add("slow");
    stage.spawner.stubborn.add("other");
    await stage.up();
    const { supervisor } = stage;
    const first = supervisor.update(({ programs, ...rest }) => ({
      ...rest,
      programs: { ...programs, a: { command: "a" } },
    }));
    const second = supervisor.update((current) => {
      const programs = { ...current.programs };
      delete programs["slow"];
      return { ...current, programs };
    });
    await turn();
    supervisor.add("late", { command: "l" });
    await stage.pass(11_000);
    assert.deepEqual(await first, { added: ["a"], changed: [], removed: [] });
    assert.deepEqual(await second, { added: [], changed: [], removed: ["slow"] });
    assert.deepEqual([...supervisor.programs.keys()].toSorted(), ["a", "late", "other"]);
  });

  it("rejects with what it throws, and has touched nothing", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    await stage.up();
    const error = new Error("no");
    const refused = stage.supervisor.update(() => {
      throw error;
    });
    await assert.rejects(refused, error);
    const dry = await stage.supervisor.update(() => ({}), { dryRun: true });
    assert.deepEqual(dry, { added: [], changed: [], removed: ["web"] });
    assert.deepEqual(stage.seen(), []);
  });
});
