import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fault, Stage, turn, watch } from "../support/helpers.ts";

const two = {
  programs: { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } },
};

describe("shutdown", () => {
  it("stops everything, highest priority number first, and reports that nothing is left", async () => {
    const stage = new Stage(two);
    await stage.up();
    assert.equal(stage.supervisor.state, "RUNNING");
    assert.deepEqual(await stage.supervisor.shutdown(), []);
    assert.equal(stage.supervisor.state, "SHUTDOWN");
    assert.deepEqual(
      stage.events.map(({ type }) => type),
      [
        "SUPERVISOR_STATE_CHANGE_STOPPING",
        "PROCESS_STATE_STOPPING",
        "PROCESS_STATE_STOPPED",
        "PROCESS_STATE_STOPPING",
        "PROCESS_STATE_STOPPED",
      ],
    );
    assert.deepEqual(stage.seen(), ["b STOPPING", "b STOPPED", "a STOPPING", "a STOPPED"]);
    assert.equal(stage.clock.pending, 0);
  });

  it("makes FATAL of BACKOFF", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const start = watch(stage.supervisor.start());
    stage.spawner.last.exit(1);
    await stage.supervisor.shutdown();
    assert.equal(start.outcome, "SPAWN_ERROR");
    assert.deepEqual(stage.states(), { a: "FATAL" });
    assert.equal(stage.clock.pending, 0);
  });

  it("is shared by all who ask for it", async () => {
    const stage = new Stage(two);
    await stage.up();
    const [one, other] = await Promise.all([
      stage.supervisor.shutdown(),
      stage.supervisor.shutdown(),
    ]);
    assert.equal(one, other);
    assert.equal(await stage.supervisor.shutdown(), one);
    const stopping = stage.events.filter(({ type }) => type === "SUPERVISOR_STATE_CHANGE_STOPPING");
    assert.equal(stopping.length, 1);
  });

  it("is what await using does", async () => {
    const stage = new Stage(two);
    await stage.up();
    await stage.supervisor[Symbol.asyncDispose]();
    assert.deepEqual(stage.states(), { a: "STOPPED", b: "STOPPED" });
  });

  it("names what would not go, and does not reject", async () => {
    const stage = new Stage(two);
    await stage.up();
    stage.spawner.of("b").kill = () => {
      throw new Error("EPERM");
    };
    stage.spawner.of("a").leaves = [900];
    const shutdown = stage.supervisor.shutdown();
    await turn();
    stage.spawner.of("a").vanish([900]);
    const left = await shutdown;
    assert.deepEqual(
      left.map(({ process, error }) => [process, error.code]),
      [
        ["b", "FAILED"],
        ["a", "STILL_RUNNING"],
      ],
    );
  });

  it("refuses everything that would start", async () => {
    const stage = new Stage(two);
    await stage.up();
    const { supervisor } = stage;
    const a = supervisor.process("a");
    const program = supervisor.programs.get("a");
    assert.ok(a && program);
    const done = supervisor.shutdown();
    for (let round = 0; round < 2; round++) {
      for (const attempt of [
        supervisor.start(),
        supervisor.start("a"),
        supervisor.restart("a"),
        a.start(),
        a.restart(),
        program.start(),
        program.restart(),
        supervisor.update({}),
      ])
        await assert.rejects(attempt, fault("SHUTDOWN_STATE"));
      assert.throws(() => supervisor.add("c", { command: "c" }), fault("SHUTDOWN_STATE"));
      await done;
    }
    assert.equal(stage.spawner.children.length, 2);
    await supervisor.stop();
    assert.deepEqual(stage.states(), { a: "STOPPED", b: "STOPPED" });
  });

  it("wins over restarts that wait, by order and by autorestart", async () => {
    const stage = new Stage({
      programs: { a: { command: "a" }, b: { command: "b", autorestart: true } },
    });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const restart = watch(stage.supervisor.restart("a"));
    stage.spawner.of("b").exit(1);
    const shutdown = stage.supervisor.shutdown();
    stage.spawner.of("a").exit(0);
    await shutdown;
    await stage.pass(60_000);
    assert.equal(restart.outcome, "ABNORMAL_TERMINATION");
    assert.equal(stage.spawner.children.length, 2);
    assert.equal(stage.clock.pending, 0);
  });

  it("of a supervisor that never began is no trouble", async () => {
    const stage = new Stage(two);
    assert.deepEqual(await stage.supervisor.shutdown(), []);
    assert.equal(stage.spawner.children.length, 0);
  });

  it("takes back a start that has not happened yet", async () => {
    const stage = new Stage(two);
    stage.spawner.slow = true;
    const start = watch(stage.supervisor.start());
    await stage.supervisor.shutdown();
    await turn();
    assert.equal(start.outcome, "ABNORMAL_TERMINATION");
    assert.ok(stage.spawner.children.every(({ isCancelled }) => isCancelled));
  });

  it("ends an update that waits", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const update = stage.supervisor.update({ programs: { a: { command: "other" } } });
    const check = assert.rejects(update, fault("SHUTDOWN_STATE"));
    await turn();
    const shutdown = stage.supervisor.shutdown();
    stage.spawner.last.exit(0);
    await check;
    await shutdown;
    assert.equal(stage.spawner.children.length, 1);
  });
});

describe("unref", () => {
  it("lets go of children there are and children to come, and ref takes it back", async () => {
    const stage = new Stage(two);
    await stage.up();
    assert.equal(stage.supervisor.unref(), stage.supervisor);
    assert.ok(stage.spawner.children.every(({ ref }) => !ref));
    stage.supervisor.add("c", { command: "c" });
    assert.equal(stage.spawner.of("c").ref, false);
    stage.supervisor.ref();
    assert.ok(stage.spawner.children.every(({ ref }) => ref));
  });

  it("of a program holds over updates; of a process, for that process", async () => {
    const stage = new Stage({
      programs: { a: { command: "a", numprocs: 2, process_name: "a%(process_num)d" } },
    });
    const { supervisor, spawner } = stage;
    await stage.up();
    const program = supervisor.programs.get("a");
    const refs = () => ["a:a0", "a:a1"].map((name) => spawner.of(name).ref);
    assert.equal(program?.processes[0]?.unref(), program?.processes[0]);
    assert.deepEqual(refs(), [false, true]);
    assert.equal(program?.unref(), program);
    program?.processes[1]?.ref();
    assert.deepEqual(refs(), [false, true]);
    const updated = supervisor.update({
      programs: { a: { command: "other", numprocs: 2, process_name: "a%(process_num)d" } },
    });
    await stage.pass(0);
    await updated;
    await stage.pass(1000);
    assert.deepEqual(refs(), [false, false]);
    supervisor.ref();
    assert.deepEqual(refs(), [true, true]);
  });

  it("does not let go of what is awaited, until it settles", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    const { supervisor, spawner } = stage;
    supervisor.unref();
    const started = supervisor.start();
    assert.deepEqual([spawner.of("a").ref, spawner.of("b").ref], [true, true]);
    await stage.pass(1000);
    await started;
    assert.deepEqual([spawner.of("a").ref, spawner.of("b").ref], [false, false]);
    for (const [verb, name] of [
      ["stop", "a"],
      ["restart", "b"],
    ] as const) {
      spawner.stubborn.add(name);
      const { last } = { last: spawner.of(name) };
      const abort = new AbortController();
      const first = assert.rejects(supervisor[verb](name, { signal: abort.signal }));
      const done = watch(supervisor[verb](name));
      assert.equal(last.ref, true);
      abort.abort();
      await first;
      assert.equal(last.ref, true, "another one waits");
      last.exit(0);
      for (let i = 0; i < 3; i++) await stage.pass(1000);
      assert.equal(done.outcome, "done");
      assert.equal(spawner.of(name).ref, false);
    }
  });

  it("comes with the end of a shutdown, for those who would not go", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    await stage.up();
    stage.spawner.of("a").refuses = "kill EPERM";
    stage.spawner.of("b").kill = () => {}; // as in uninterruptible sleep
    const shutdown = stage.supervisor.shutdown();
    for (let i = 0; i < 20; i++) await stage.pass(1000);
    const left = await shutdown;
    assert.deepEqual(
      left.map(({ process, error }) => [process, error.code]),
      [
        ["a", "FAILED"],
        ["b", "STILL_RUNNING"],
      ],
    );
    for (const name of ["a", "b"]) {
      assert.equal(stage.spawner.of(name).ref, false);
      stage.supervisor.process(name)?.ref();
      assert.equal(stage.spawner.of(name).ref, false);
    }
  });
});
