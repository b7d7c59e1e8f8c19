import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { on, once, type EventEmitter } from "node:events";
import path from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import type { SupervisorEvent } from "../../src/index.ts";
import { eventNames } from "../../src/events/hierarchy.ts";
import { fault, Stage, turn } from "../support/helpers.ts";

const at = Date.UTC(2026, 0, 1);

describe("an event", () => {
  it("comes under its own type, then under each parent", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const heard: string[] = [];
    for (const name of eventNames.filter((one) => one !== "ACTIVITY"))
      stage.supervisor.on(name, (event) => heard.push(`${name} ${event.type}`));
    stage.supervisor.start().catch(() => {});
    const types = [
      "PROCESS_GROUP_ADDED PROCESS_GROUP EVENT",
      "SUPERVISOR_STATE_CHANGE_RUNNING SUPERVISOR_STATE_CHANGE EVENT",
      "PROCESS_STATE_STARTING PROCESS_STATE EVENT",
    ].flatMap((line) => {
      const names = line.split(" ");
      return names.map((name) => `${name} ${names[0]}`);
    });
    assert.deepEqual(heard, types);
    await stage.supervisor.shutdown();
  });

  it("for the activity log comes only to who asks for it, in supervisord's words", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const lines: string[] = [];
    const all: string[] = [];
    stage.supervisor.on("EVENT", ({ type }) => all.push(type));
    stage.supervisor.on("ACTIVITY", ({ level, message }) => lines.push(`${level} ${message}`));
    const started = stage.supervisor.start();
    stage.clock.advance(1001);
    await started;
    const pid = stage.supervisor.process("a")?.pid;
    await stage.supervisor.shutdown();
    assert.deepEqual(lines, [
      `INFO spawned: 'a' with pid ${pid}`,
      "INFO success: a entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
      "INFO waiting for a to die",
      `DEBG killing a (pid ${pid}) with signal SIGTERM`,
      "WARN stopped: a (terminated by SIGTERM)",
      "DEBG received SIGCHLD indicating a child quit",
    ]);
    assert.ok(!all.includes("ACTIVITY"));
  });

  it("of the caller's own is text, and nothing else", () => {
    const { supervisor } = new Stage({ programs: {} });
    const heard: unknown[] = [];
    supervisor.on("EVENT", (event) => heard.push(event));
    for (const [type, data, message] of [
      ["a", 5, "sendRemoteCommEvent(): expected text as data, got 5"],
      [undefined, "b", "sendRemoteCommEvent(): expected text as type, got nothing"],
      ["a", Buffer.from("b"), /expected text as data, got <?Buffer/],
    ] as const)
      assert.throws(() => supervisor.sendRemoteCommEvent(type as never, data as never), {
        name: "TypeError",
        message,
      });
    assert.deepEqual(heard, []);
  });

  it("of the caller's own is told to all, during a shutdown too", async () => {
    const stage = new Stage({ programs: {} });
    const heard: SupervisorEvent[] = [];
    stage.supervisor.on("REMOTE_COMMUNICATION", (event) => heard.push(event));
    await stage.supervisor.shutdown();
    stage.supervisor.sendRemoteCommEvent("deploy", "v2");
    const [{ at: _at, ...rest } = {} as SupervisorEvent] = heard;
    assert.deepEqual(rest, { type: "REMOTE_COMMUNICATION", comm_type: "deploy", data: "v2" });
  });

  it("is one frozen object of values alone", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const heard: SupervisorEvent[] = [];
    for (const name of ["PROCESS_STATE_STARTING", "PROCESS_STATE", "EVENT"] as const)
      stage.supervisor.on(name, (event) => heard.push(event));
    void stage.supervisor.start();
    const first = heard.find(({ type }) => type === "PROCESS_STATE_STARTING");
    assert.ok(first && Object.isFrozen(first));
    assert.ok(heard.every((event) => event.type !== first.type || event === first));
    assert.deepEqual(structuredClone(first), first);
    await stage.pass(1000);
  });

  it("carries supervisord's words", async () => {
    const stage = new Stage({
      programs: { a: { command: "a", startretries: 1, autorestart: true } },
      groups: { g: { programs: ["a"] } },
    });
    const base = { processname: "a", groupname: "g", namespec: "g:a", restarts: 0, at };
    const take = () => stage.events.splice(0);
    const start = stage.supervisor.start().catch(() => {});
    assert.deepEqual(take(), [
      { type: "PROCESS_GROUP_ADDED", groupname: "g", at },
      { type: "SUPERVISOR_STATE_CHANGE_RUNNING", at },
      { type: "PROCESS_STATE_STARTING", ...base, from_state: "STOPPED", tries: 0 },
    ]);
    stage.spawner.last.exit(3);
    const spawnerr = "Exited too quickly (process log may have details)";
    assert.deepEqual(take(), [
      {
        type: "PROCESS_STATE_BACKOFF",
        ...base,
        from_state: "STARTING",
        tries: 1,
        spawnerr,
        exitstatus: 3,
        signal: null,
      },
    ]);
    stage.clock.advance(1000);
    base.at += 1000;
    base.restarts++;
    assert.deepEqual(take(), [
      { type: "PROCESS_STATE_STARTING", ...base, from_state: "BACKOFF", tries: 1 },
    ]);
    stage.spawner.last.exit(null, "SIGSEGV");
    stage.clock.advance(0);
    const ending = { exitstatus: null, signal: "SIGSEGV" };
    assert.deepEqual(take(), [
      {
        type: "PROCESS_STATE_BACKOFF",
        ...base,
        from_state: "STARTING",
        tries: 2,
        spawnerr,
        ...ending,
      },
      { type: "PROCESS_STATE_FATAL", ...base, from_state: "BACKOFF", spawnerr, ...ending },
    ]);
    await start;
    const again = stage.supervisor.start();
    stage.clock.advance(1000);
    await again;
    take();
    base.at += 1000;
    stage.spawner.last.exit(null, "SIGKILL");
    assert.deepEqual(take(), [
      {
        type: "PROCESS_STATE_EXITED",
        ...base,
        from_state: "RUNNING",
        expected: false,
        pid: 103,
        exitstatus: null,
        signal: "SIGKILL",
      },
    ]);
    stage.clock.advance(0);
    base.restarts++;
    take();
    stage.spawner.last.refuses = "EPERM";
    stage.spawner.last.kill = () => {
      throw new Error("EPERM");
    };
    await assert.rejects(stage.supervisor.stop(), fault("FAILED"));
    stage.spawner.last.exit(0);
    assert.deepEqual(take(), [
      { type: "PROCESS_STATE_STOPPING", ...base, from_state: "STARTING", pid: 104 },
      { type: "PROCESS_STATE_UNKNOWN", ...base, from_state: "STOPPING", spawnerr: "EPERM" },
      {
        type: "PROCESS_STATE_STOPPED",
        ...base,
        from_state: "UNKNOWN",
        pid: 104,
        exitstatus: 0,
        signal: null,
      },
    ]);
    await stage.supervisor.shutdown();
    assert.deepEqual(take(), [{ type: "SUPERVISOR_STATE_CHANGE_STOPPING", at: base.at }]);
  });

  it("of a stop in BACKOFF has pid 0 and no ending", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    stage.supervisor.start().catch(() => {});
    stage.spawner.last.exit(1);
    stage.events.length = 0;
    await stage.supervisor.stop();
    assert.deepEqual(stage.events, [
      {
        type: "PROCESS_STATE_STOPPED",
        processname: "a",
        groupname: "a",
        namespec: "a",
        restarts: 0,
        at,
        from_state: "BACKOFF",
        pid: 0,
      },
    ]);
  });

  it("of the output has the names of the process", () => {
    const stage = new Stage({
      programs: {
        a: { command: "a", stdout_events_enabled: true, stdout_capture_maxbytes: 100 },
      },
      groups: { g: { programs: ["a"] } },
    });
    const heard: unknown[] = [];
    for (const name of ["PROCESS_LOG", "PROCESS_COMMUNICATION"] as const)
      stage.supervisor.on(name, ({ type, processname, groupname, namespec }) =>
        heard.push([type, processname, groupname, namespec]),
      );
    void stage.supervisor.start();
    stage.spawner.last.print("<!--XSUPERVISOR:BEGIN-->b<!--XSUPERVISOR:END-->a");
    stage.clock.advance(1000);
    assert.deepEqual(heard, [
      ["PROCESS_COMMUNICATION_STDOUT", "a", "g", "g:a"],
      ["PROCESS_LOG_STDOUT", "a", "g", "g:a"],
    ]);
  });

  it("is expected when the exit code is listed", async () => {
    const stage = new Stage({ programs: { a: { command: "a", exitcodes: [0, 7] } } });
    for (const [code, expected] of [
      [7, true],
      [0, true],
    ] as const) {
      await stage.up("a");
      stage.spawner.last.exit(code);
      const [event] = stage.events.splice(0);
      assert.ok(event?.type === "PROCESS_STATE_EXITED");
      assert.deepEqual([event.expected, event.exitstatus], [expected, code]);
    }
  });
});

describe("a beginning", () => {
  it("is told once, the groups by priority first", async () => {
    const stage = new Stage({
      programs: { z: { command: "z" }, b: { command: "b" }, a: { command: "a", priority: 1000 } },
      groups: { g: { priority: 5 } },
    });
    void stage.supervisor.start("z");
    assert.deepEqual(stage.groups(), ["g ADDED", "b ADDED", "z ADDED", "a ADDED"]);
    void stage.supervisor.start();
    const begun = stage.events.filter(({ type }) => type === "SUPERVISOR_STATE_CHANGE_RUNNING");
    assert.equal(begun.length, 1);
    await stage.pass(1000);
  });
});

describe("a listener", () => {
  it("is taken back by off, also when it was given to once", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    let calls = 0;
    const listener = () => {
      calls++;
    };
    stage.supervisor.on("PROCESS_STATE", listener);
    stage.supervisor.off("PROCESS_STATE", listener);
    stage.supervisor.addListener("PROCESS_STATE", listener);
    stage.supervisor.removeListener("PROCESS_STATE", listener);
    stage.supervisor.once("PROCESS_STATE", listener);
    await stage.up();
    assert.equal(calls, 1);
    stage.supervisor.on("PROCESS_STATE", listener);
    stage.supervisor.removeAllListeners();
    await stage.supervisor.stop();
    assert.equal(calls, 1);
  });

  it("to an event that there is not is an error, with the name that was meant", () => {
    const { supervisor } = new Stage({});
    const listener = () => {};
    for (const [name, hint] of [
      ["PROCESS_STATE_RUNING", `"PROCESS_STATE_RUNING"; did you mean "PROCESS_STATE_RUNNING"?`],
      ["process_state_exited", `"process_state_exited"; did you mean "PROCESS_STATE_EXITED"?`],
      ["RUNNING", `"RUNNING"; did you mean "PROCESS_STATE_RUNNING"?`],
      ["exit", `"exit"`],
      ["", `""`],
      ["constructor", `"constructor"`],
      [Symbol("x"), "Symbol(x)"],
      [5, "5"],
    ] as const) {
      const event = name as "EVENT";
      const error = { name: "TypeError", message: `There is no event ${hint}` };
      assert.throws(() => supervisor.on(event, listener), error);
      assert.throws(() => supervisor.once(event, listener), error);
      assert.throws(() => supervisor.addListener(event, listener), error);
      assert.throws(() => supervisor.observe(event, listener), error);
      supervisor.off(event, listener).removeListener(event, listener);
    }
    assert.deepEqual(
      supervisor.eventNames().toSorted(),
      ["PROCESS_GROUP", "PROCESS_STATE", "SUPERVISOR_STATE_CHANGE"], // those of the stage
    );
  });

  it("of node:events works, which listens to errors, too", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const emitter = stage.supervisor as unknown as EventEmitter;
    const running = once(emitter, "PROCESS_STATE_RUNNING");
    const iterator = on(emitter, "PROCESS_STATE_STARTING");
    await stage.up();
    const [event] = (await running) as [SupervisorEvent];
    assert.equal(event.type, "PROCESS_STATE_RUNNING");
    const { value } = (await iterator.next()) as { readonly value: [SupervisorEvent] };
    assert.equal(value[0].type, "PROCESS_STATE_STARTING");
    await iterator.return?.();
    assert.equal(stage.supervisor.listenerCount("PROCESS_STATE_STARTING"), 0);
  });

  it("of the package itself is none of those that removeAllListeners takes back", async () => {
    const stage = new Stage({ programs: { a: { command: "a", startsecs: 0 } } });
    const { supervisor } = stage;
    const heard: string[] = [];
    const end = supervisor.observe("PROCESS_STATE_RUNNING", ({ type }) => heard.push(type));
    supervisor.on("PROCESS_STATE_RUNNING", ({ type }) => heard.push(`${type} as well`));
    assert.equal(supervisor.listenerCount("PROCESS_STATE_RUNNING"), 2);
    supervisor.removeAllListeners("PROCESS_STATE_RUNNING");
    supervisor.off("PROCESS_STATE_RUNNING");
    supervisor.removeAllListeners();
    assert.equal(supervisor.listenerCount("PROCESS_STATE_RUNNING"), 1);
    await stage.up();
    assert.deepEqual(heard, ["PROCESS_STATE_RUNNING"]);
    end();
    assert.equal(supervisor.listenerCount("PROCESS_STATE_RUNNING"), 0);
    await supervisor.shutdown();
  });

  it("that gives orders inside an event has them carried out after it, in order", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    const { supervisor } = stage;
    const heard: string[] = [];
    supervisor.on("PROCESS_STATE", (event) =>
      heard.push(`${event.processname} ${event.type.slice(14)}`),
    );
    supervisor.once("PROCESS_STATE_RUNNING", ({ processname }) => {
      void supervisor.stop(processname);
      void supervisor.start(processname).catch(() => {});
      heard.push("ordered");
    });
    void supervisor.start("a");
    await stage.pass(1000);
    await stage.pass(1000);
    assert.deepEqual(heard.slice(0, 7), [
      "a STARTING",
      "ordered",
      "a RUNNING",
      "a STOPPING",
      "a STOPPED",
      "a STARTING",
      "a RUNNING",
    ]);
  });

  it("that throws disturbs nobody, and is an uncaught exception of the host", () => {
    const url = (file: string) =>
      JSON.stringify(pathToFileURL(path.resolve(import.meta.dirname, "../../src", file)).href);
    const script = `
      import { Supervisor } from ${url("index.js")};
      import { FakeClock, FakeSpawner } from ${url("testing/index.js")};
      const clock = new FakeClock();
      const supervisor = new Supervisor(
        { programs: { a: { command: "a" } } },
        { clock, spawner: new FakeSpawner() },
      );
      process.on("uncaughtException", (error) => console.log("uncaught", error.message));
      supervisor.on("PROCESS_STATE_STARTING", () => { throw new Error("mine"); });
      supervisor.on("PROCESS_STATE_STARTING", () => console.log("second"));
      supervisor.on("PROCESS_STATE", () => console.log("parent"));
      const started = supervisor.start();
      console.log(supervisor.process("a").state);
      setImmediate(() => {
        clock.advance(1000);
        started.then(() => console.log("done"));
      });`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trim().split("\n"), [
      "second",
      "parent",
      "STARTING",
      "uncaught mine",
      "parent",
      "done",
    ]);
  });
});

describe("events()", () => {
  const make = () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    return { stage, supervisor: stage.supervisor };
  };

  it("gives all events from now on, and ends with the shutdown", async () => {
    const { stage, supervisor } = make();
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of supervisor.events()) types.push(type);
    })();
    await stage.up();
    await supervisor.shutdown();
    await reading;
    assert.deepEqual(types, [
      "PROCESS_GROUP_ADDED",
      "SUPERVISOR_STATE_CHANGE_RUNNING",
      "PROCESS_STATE_STARTING",
      "PROCESS_STATE_RUNNING",
      "SUPERVISOR_STATE_CHANGE_STOPPING",
      "PROCESS_STATE_STOPPING",
      "PROCESS_STATE_STOPPED",
    ]);
    assert.equal(stage.clock.pending, 0);
    for await (const event of supervisor.events()) assert.fail(event.type);
  });

  it("ends, after what has come, when all listeners are removed", async () => {
    for (const name of [undefined, "EVENT"] as const) {
      const { stage, supervisor } = make();
      const [events, idle] = [supervisor.events(), supervisor.events()];
      const waiting = idle.next();
      supervisor.removeAllListeners("PROCESS_STATE");
      await stage.up();
      assert.equal((await waiting).value?.type, "PROCESS_GROUP_ADDED");
      if (name) supervisor.off(name);
      else supervisor.removeAllListeners();
      await supervisor.shutdown();
      const types: string[] = [];
      for await (const { type } of events) types.push(type);
      assert.equal(types.at(-1), "PROCESS_STATE_RUNNING");
      assert.equal(supervisor.listenerCount("EVENT"), 0);
      assert.equal(stage.clock.pending, 0);
    }
    const { supervisor } = make();
    const pending = supervisor.events().next();
    supervisor.removeAllListeners();
    assert.deepEqual(await pending, { done: true, value: undefined });
  });

  it("listens to nothing when its signal was aborted before", () => {
    const { supervisor } = make();
    assert.throws(() => supervisor.events({ signal: AbortSignal.abort() }), { name: "AbortError" });
    assert.equal(supervisor.listenerCount("EVENT"), 0);
  });

  it("ends with the signal's error", async () => {
    const { stage, supervisor } = make();
    const abort = new AbortController();
    const iterator = supervisor.events({ signal: abort.signal });
    void supervisor.start();
    assert.equal((await iterator.next()).done, false);
    const rest = (async () => {
      for await (const event of iterator) assert.ok(event.type);
    })();
    await turn();
    abort.abort(new Error("enough"));
    await assert.rejects(rest, { name: "AbortError", cause: new Error("enough") });
    await stage.pass(1000);
    assert.equal(supervisor.listenerCount("EVENT"), 0);
  });

  it("listens no more when its reader leaves", async () => {
    const { stage, supervisor } = make();
    void supervisor.start();
    const reading = (async () => {
      for await (const event of supervisor.events()) return event.type;
      return undefined;
    })();
    assert.equal(supervisor.listenerCount("EVENT"), 1);
    await stage.pass(1000);
    assert.equal(await reading, "PROCESS_STATE_RUNNING");
    assert.equal(supervisor.listenerCount("EVENT"), 0);
    assert.equal(stage.clock.pending, 0);
  });
});
