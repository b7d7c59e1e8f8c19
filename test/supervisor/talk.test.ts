import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fault, Stage } from "../support/helpers.ts";

const web = { programs: { web: { command: "web" } } };

describe("signal", () => {
  it("reaches the process alone, and is no stop", async () => {
    const stage = new Stage({ programs: { web: { command: "w", autorestart: true } } });
    await stage.up();
    await stage.supervisor.signal("web", "HUP");
    await stage.supervisor.signal("web", "SIGUSR1");
    await stage.supervisor.signal("web", 15);
    await stage.supervisor.signal("web", 0);
    assert.deepEqual(stage.spawner.last.signals, ["SIGHUP", "SIGUSR1", "SIGTERM", 0]);
    assert.deepEqual(stage.spawner.last.kills, []);
    stage.spawner.last.exit(null, "SIGHUP");
    await stage.pass(0);
    assert.deepEqual(stage.seen(), ["web EXITED", "web STARTING"]);
  });

  it("must be a signal", async () => {
    const stage = new Stage(web);
    await stage.up();
    const wrong = "NOPE" as "HUP";
    const message = `Cannot signal "web": there is no signal "NOPE"`;
    for (const [near, meant] of [
      ["TREM", "TERM"],
      ["sigtrem", "SIGTERM"],
      ["KIL", "KILL"],
      ["USR3", "USR1"],
    ] as const) {
      const hint = `Cannot signal "web": there is no signal "${near}"; did you mean "${meant}"?`;
      await assert.rejects(
        stage.supervisor.signal("web", near as "TERM"),
        fault("BAD_SIGNAL", hint),
      );
    }
    await assert.rejects(stage.supervisor.signal("web", wrong), fault("BAD_SIGNAL", message));
    await assert.rejects(stage.supervisor.signal("web", 99), fault("BAD_SIGNAL"));
  });

  it("needs a process", async () => {
    const stage = new Stage(web);
    const message = `Cannot signal "web": it is STOPPED`;
    await assert.rejects(stage.supervisor.signal("web", "HUP"), fault("NOT_RUNNING", message));
  });

  it("may be refused by the system", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.last.refuses = "kill EPERM";
    await assert.rejects(
      stage.supervisor.signal("web", "HUP"),
      fault("FAILED", `Cannot signal "web": kill EPERM`),
    );
    assert.deepEqual(stage.states(), { web: "RUNNING" });
  });
});

describe("lastOutput", () => {
  it("is of stderr, or else of stdout, and of a process that was there", async () => {
    const stage = new Stage({ programs: { web: { command: "w", startretries: 3 } } });
    const program = stage.supervisor.process("web");
    stage.supervisor.start().catch(() => {});
    await stage.pass(0);
    assert.equal(program?.lastOutput(), "");
    stage.spawner.last.print("one\ntwo\nthree\n\n");
    assert.equal(program?.lastOutput(), "one\ntwo\nthree");
    assert.equal(program?.lastOutput(2), "two\nthree");
    stage.spawner.last.print("oh\nno", "stderr");
    assert.equal(program?.lastOutput(1), "no");
    stage.spawner.last.exit(1);
    assert.equal(stage.states()["web"], "BACKOFF");
    assert.equal(program?.lastOutput(1), "no");
    stage.spawner.broken = "no memory";
    await stage.pass(1000);
    assert.equal(stage.states()["web"], "BACKOFF");
    assert.equal(program?.lastOutput(), ""); // nothing of it was written by what could not start
  });
});

describe("send", () => {
  it("writes text and bytes", async () => {
    const stage = new Stage(web);
    await stage.up();
    await stage.supervisor.send("web", "hällo\n");
    await stage.supervisor.programs.get("web")?.send(new Uint8Array([65, 66]));
    assert.deepEqual(stage.spawner.last.written, ["hällo\n", "AB"]);
  });

  it("needs a process whose input is open", async () => {
    const stage = new Stage(web);
    const message = `Cannot send to "web": it is STOPPED`;
    await assert.rejects(stage.supervisor.send("web", "x"), fault("NOT_RUNNING", message));
    await stage.up();
    stage.spawner.last.write = (_chunk, done) => done(new Error("write EPIPE"));
    await assert.rejects(
      stage.supervisor.send("web", "x"),
      fault("NO_FILE", `Cannot send to "web": write EPIPE`),
    );
  });
});

describe("tail", () => {
  it("gives the last bytes of a stream, over restarts", async () => {
    const stage = new Stage({ programs: { web: { command: "w", autorestart: true } } });
    await stage.up();
    stage.spawner.last.print("first ");
    stage.spawner.last.print("oops", "stderr");
    stage.spawner.last.exit(1);
    await stage.pass(0);
    stage.spawner.last.print("second");
    assert.equal(String(await stage.supervisor.tail("web")), "first second");
    assert.equal(String(await stage.supervisor.tail("web", "stdout", 3)), "ond");
    assert.equal(String(await stage.supervisor.tail("web", "stderr")), "oops");
    assert.equal(String(await stage.supervisor.tail("web", "stdout", 0)), "");
  });

  it("keeps 16 KiB of each stream, and gives 1600 bytes unless asked for more", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.last.print("x".repeat(20_000));
    assert.equal((await stage.supervisor.tail("web")).length, 1600);
    assert.equal((await stage.supervisor.tail("web", "stdout", 1e6)).length, 16_384);
  });

  it("is of one process", async () => {
    const stage = new Stage({
      programs: { web: { command: "w", numprocs: 2, process_name: "%(process_num)d" } },
    });
    await assert.rejects(
      stage.supervisor.tail("web"),
      fault("BAD_NAME", `"web" is not one process but 2: web:0, web:1`),
    );
  });
});
