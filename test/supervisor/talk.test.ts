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

describe("messages", () => {
  const ipc = {
    programs: {
      web: { command: "w", ipc: true, numprocs: 2, process_name: "%(process_num)d" },
      plain: { command: "p" },
    },
  };

  it("from a process are events, and to each process of a selection", async () => {
    const stage = new Stage(ipc);
    await stage.up();
    const { supervisor, spawner } = stage;
    const events: unknown[] = [];
    supervisor.on("PROCESS_MESSAGE", (event) => events.push({ ...event, at: 0 }));
    const child = spawner.of("web:1");
    child.message({ a: [1, undefined], b: undefined });
    const names = { processname: "1", groupname: "web", namespec: "web:1", pid: child.pid };
    assert.deepEqual(events, [
      { type: "PROCESS_MESSAGE", ...names, message: { a: [1, null] }, at: 0 },
    ]);
    await supervisor.programs.get("web")?.sendMessage({ hello: new Date(0) });
    const hello = { hello: "1970-01-01T00:00:00.000Z" };
    for (const name of ["web:0", "web:1"]) assert.deepEqual(spawner.of(name).messages, [hello]);
    await supervisor.process("web:0")?.sendMessage("only one");
    assert.deepEqual(spawner.of("web:0").messages, [hello, "only one"]);
    assert.deepEqual(spawner.of("web:1").messages, [hello]);
  });

  it("need a channel, and a process", async () => {
    const stage = new Stage(ipc);
    const { supervisor, spawner } = stage;
    const send = async (name: string, message: unknown = 1) =>
      supervisor.select(name).sendMessage(message);
    const twice = /^Cannot send a message to 2 processes\n- .* it is STOPPED\n- /;
    await assert.rejects(send("web:*"), fault("NOT_RUNNING", twice));
    await stage.up();
    await assert.rejects(send("plain"), fault("NO_FILE", /set "ipc: true"$/));
    await assert.rejects(send("web:0", 1n), fault("BAD_ARGUMENTS"));
    assert.throws(() => spawner.of("plain").message(1), /set "ipc: true"/);
    Object.assign(spawner.of("web:0"), { sendMessage: undefined }); // a spawner of another kind
    await assert.rejects(send("web:0"), fault("NO_FILE", /its spawner has no channels$/));
    const refusing = spawner.of("web:1");
    refusing.sendMessage = (_json, done) => done(new Error("EPIPE"));
    await assert.rejects(send("web:1"), fault("NO_FILE", /: EPIPE$/));
  });

  it("of a former process are not heard", async () => {
    const stage = new Stage(ipc);
    await stage.up();
    let count = 0;
    stage.supervisor.on("EVENT", ({ type }) => (count += Number(type === "PROCESS_MESSAGE")));
    const former = stage.spawner.of("web:0");
    former.message(1);
    const restarted = stage.supervisor.restart("web:0");
    await stage.pass(1000);
    await restarted;
    assert.notEqual(stage.spawner.of("web:0"), former);
    former.message(2);
    assert.equal(count, 1);
  });
});
