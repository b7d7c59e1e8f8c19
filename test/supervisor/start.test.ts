import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fault, Stage, turn, watch } from "../support/helpers.ts";

const web = { programs: { web: { command: "web" } } };

describe("start", () => {
  it("of a process or a program is a start of the supervisor, too", async () => {
    for (const begin of ["process", "program"] as const) {
      const stage = new Stage({ programs: { web: { command: "w", autostart: false } } });
      const { supervisor, clock } = stage;
      const one = begin === "process" ? supervisor.process("web") : supervisor.programs.get("web");
      const started = one?.start();
      await stage.pass(1000);
      await started;
      const own = stage.events.map(({ type }) => type).filter((type) => !/STATE_[^C]/.test(type));
      assert.deepEqual(own, ["PROCESS_GROUP_ADDED", "SUPERVISOR_STATE_CHANGE_RUNNING"]);
      supervisor.add("more", { command: "m" });
      clock.advance(1000);
      assert.deepEqual(stage.states(), { more: "RUNNING", web: "RUNNING" });
      await supervisor.shutdown();
    }
  });

  it("starts what has autostart, and settles when all are RUNNING", async () => {
    const stage = new Stage({
      programs: { web: { command: "w" }, later: { command: "l", autostart: false } },
    });
    const start = watch(stage.supervisor.start());
    await stage.pass(999);
    assert.equal(start.outcome, "pending");
    await stage.pass(1);
    assert.equal(start.outcome, "done");
    assert.deepEqual(stage.states(), { later: "STOPPED", web: "RUNNING" });
    assert.equal(stage.clock.pending, 0);
  });

  it("with nothing to start settles at once", async () => {
    const stage = new Stage();
    await stage.supervisor.start();
    await stage.supervisor.start("all");
  });

  it("of a RUNNING process settles at once and starts nothing", async () => {
    const stage = new Stage(web);
    await stage.up();
    await stage.supervisor.start("web");
    await stage.supervisor.start();
    assert.equal(stage.spawner.children.length, 1);
  });

  it("is shared by two callers, however it goes", async () => {
    const stage = new Stage(web);
    const first = watch(stage.supervisor.start("web"));
    const second = watch(stage.supervisor.process("web")?.start() ?? Promise.resolve());
    assert.equal(stage.spawner.children.length, 1);
    await stage.pass(1000);
    assert.deepEqual([first.outcome, second.outcome], ["done", "done"]);
  });

  it("waits over the retries, and succeeds when one does", async () => {
    const stage = new Stage(web);
    const start = watch(stage.supervisor.start());
    stage.spawner.last.exit(1);
    await stage.pass(1000);
    assert.equal(start.outcome, "pending");
    await stage.pass(1000);
    assert.equal(start.outcome, "done");
  });

  it("is rejected with the reason and the last output when the process is FATAL", async () => {
    const stage = new Stage({ programs: { web: { command: "w", startretries: 0 } } });
    const start = stage.supervisor.start();
    stage.spawner.last.print("one\ntwo\n");
    stage.spawner.last.print("what went wrong\nand where\n", "stderr");
    stage.spawner.last.exit(3);
    stage.clock.advance(0);
    await assert.rejects(start, {
      name: "SupervisorError",
      code: "SPAWN_ERROR",
      process: "web",
      state: "FATAL",
      spawnerr: "Exited too quickly (process log may have details)",
      exitstatus: 3,
      signal: null,
      output: "what went wrong\nand where",
      message: `Cannot start "web": it gave up (FATAL): Exited too quickly (process log may have details) (exit status 3)
Its last output:
  what went wrong
  and where`,
    });
  });

  it("shows standard output when standard error is empty, ten lines of it", async () => {
    const stage = new Stage({ programs: { web: { command: "w", startretries: 0 } } });
    const start = stage.supervisor.start();
    const lines = Array.from({ length: 12 }, (_, i) => `line ${i}`);
    stage.spawner.last.print(lines.join("\n"));
    stage.spawner.last.exit(null, "SIGSEGV");
    stage.clock.advance(0);
    await assert.rejects(start, {
      output: lines.slice(2).join("\n"),
      exitstatus: null,
      signal: "SIGSEGV",
      message: /\(terminated by SIGSEGV\)\nIts last output:\n {2}line 2\n/,
    });
  });

  it("says nothing of output when there is none", async () => {
    const stage = new Stage({ programs: { web: { command: "w", startretries: 0 } } });
    stage.spawner.broken = "can't find command 'w'";
    const start = stage.supervisor.start();
    stage.clock.advance(0);
    await assert.rejects(start, {
      message: `Cannot start "web": it gave up (FATAL): can't find command 'w'`,
    });
  });

  const missing = { code: "NO_FILE", reason: "can't find command 'w'" } as const;

  it("is rejected by the first attempt if the command cannot be executed, and the attempts go on", async () => {
    const stage = new Stage({ programs: { web: { command: "/w", startretries: 1 } } });
    stage.spawner.broken = missing;
    await assert.rejects(stage.supervisor.start(), {
      code: "SPAWN_ERROR",
      state: "BACKOFF",
      spawnerr: "can't find command 'w'",
      message: `Cannot start "web": its start failed (BACKOFF): can't find command 'w'`,
    });
    assert.equal(stage.states()["web"], "BACKOFF");
    await stage.pass(1000);
    assert.deepEqual(stage.seen(), [
      "web STARTING",
      "web BACKOFF",
      "web STARTING",
      "web BACKOFF",
      "web FATAL",
    ]);
    assert.equal(stage.spawner.children.length, 2);
    assert.equal(stage.supervisor.status()[0]?.spawnerr, missing.reason);
  });

  it("waits for FATAL if no other attempt follows", async () => {
    const stage = new Stage({ programs: { web: { command: "/w", startretries: 0 } } });
    stage.spawner.broken = missing;
    const start = watch(stage.supervisor.start());
    await turn();
    assert.equal(start.outcome, "pending");
    await stage.pass(0);
    assert.equal(start.outcome, "SPAWN_ERROR");
    assert.deepEqual(stage.states(), { web: "FATAL" });
  });

  it("in BACKOFF waits for the next attempt, and is told how that went", async () => {
    const stage = new Stage({ programs: { web: { command: "/w", startsecs: 0 } } });
    stage.spawner.broken = missing;
    const first = watch(stage.supervisor.start());
    const second = watch(stage.supervisor.start("web"));
    const restart = watch(stage.supervisor.restart("web"));
    await turn();
    assert.deepEqual([first.outcome, second.outcome], ["SPAWN_ERROR", "pending"]);
    await stage.pass(0);
    assert.equal(restart.outcome, "SPAWN_ERROR");
    const third = watch(stage.supervisor.start("web"));
    await stage.pass(1999);
    assert.equal(third.outcome, "pending");
    await stage.pass(1);
    assert.equal(third.outcome, "SPAWN_ERROR");
    stage.spawner.broken = undefined;
    const fourth = watch(stage.supervisor.start("web"));
    await stage.pass(3000);
    assert.equal(fourth.outcome, "done");
  });

  it("is told at once of a command that cannot be executed while others go on", async () => {
    const stage = new Stage({ programs: { web: { command: "/w" } } });
    stage.spawner.slow = true;
    const start = watch(stage.supervisor.start());
    stage.spawner.last.fail({ code: "FAILED", reason: "too many open files to spawn 'web'" });
    await stage.pass(1000);
    assert.equal(start.outcome, "pending");
    stage.spawner.last.fail({ code: "NOT_EXECUTABLE", reason: "command at '/w' is a directory" });
    await turn();
    assert.equal(start.outcome, "SPAWN_ERROR");
  });

  it("is rejected when the process is stopped meanwhile", async () => {
    const stage = new Stage(web);
    const start = stage.supervisor.start();
    await stage.supervisor.stop();
    await assert.rejects(
      start,
      fault("ABNORMAL_TERMINATION", `Cannot start "web": it was stopped meanwhile and is STOPPING`),
    );
  });

  it("tells of all that failed, in one error, and the others go on", async () => {
    const stage = new Stage({
      programs: {
        a: { command: "a", startretries: 0 },
        b: { command: "b", startretries: 0 },
        c: { command: "c" },
      },
    });
    const start = stage.supervisor.start();
    stage.spawner.of("a").exit(1);
    stage.spawner.of("b").exit(2);
    stage.clock.advance(1000);
    await assert.rejects(start, (error: unknown) => {
      assert.ok(fault("SPAWN_ERROR", /^Cannot start 2 processes\n- Cannot start "a".*\n- /)(error));
      const { errors } = error as { errors: readonly { process: string }[] };
      assert.deepEqual(
        errors.map((one) => one.process),
        ["a", "b"],
      );
      return true;
    });
    assert.equal(stage.states()["c"], "RUNNING");
  });

  it("during STOPPING comes after it", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.stubborn.add("web");
    const stop = watch(stage.supervisor.stop());
    const start = watch(stage.supervisor.start("web"));
    stage.spawner.last.exit(0);
    await stage.pass(1000);
    assert.deepEqual([stop.outcome, start.outcome], ["done", "done"]);
    assert.deepEqual(stage.seen(), ["web STOPPING", "web STOPPED", "web STARTING", "web RUNNING"]);
  });

  it("of a FATAL process begins anew", async () => {
    const stage = new Stage({ programs: { web: { command: "w", startretries: 0 } } });
    const failed = watch(stage.supervisor.start());
    stage.spawner.last.exit(1);
    await stage.pass(0);
    assert.equal(failed.outcome, "SPAWN_ERROR");
    await stage.up("web");
    assert.equal(stage.states()["web"], "RUNNING");
  });
});
