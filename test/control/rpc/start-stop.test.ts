import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it } from "node:test";
import type { ProgramSettings, SupervisorSettings } from "../../../src/index.ts";
import { call } from "../../../src/control/rpc/dispatch.ts";
import { Fault } from "../../../src/control/rpc/faults.ts";
import { serverStateOf } from "../../../src/control/rpc/server-state.ts";
import type { ServeOptions } from "../../../src/control/options.ts";
import type { RpcValue } from "../../../src/control/rpc/codec.ts";
import { Stage } from "../../support/helpers.ts";

const command = process.execPath; // which is there to be executed, and never is
const manual = (rest: Partial<ProgramSettings> = {}): ProgramSettings => ({
  command,
  autostart: false,
  ...rest,
});

class Desk {
  readonly stage: Stage;
  readonly gone = new AbortController();
  readonly #options: ServeOptions;

  constructor(settings: SupervisorSettings, options: ServeOptions = {}) {
    this.stage = new Stage(settings);
    this.#options = options;
    serverStateOf(this.stage.supervisor);
  }

  /** What a call comes to: its answer, or its fault as supervisord words it. */
  async call(method: string, ...params: readonly RpcValue[]): Promise<RpcValue> {
    const scope = {
      supervisor: this.stage.supervisor,
      options: this.#options,
      signal: this.gone.signal,
    };
    try {
      return await call(scope, method.includes(".") ? method : `supervisor.${method}`, params);
    } catch (error) {
      if (error instanceof Fault) return `${error.faultCode} ${error.faultString}`;
      throw error;
    }
  }

  /** The same, and what it has come to by now. */
  begin(method: string, ...params: readonly RpcValue[]): () => unknown {
    let outcome: unknown = "waits";
    void this.call(method, ...params).then((value) => {
      outcome = value;
    });
    return () => outcome;
  }

  async state(name: string): Promise<RpcValue | undefined> {
    const info = (await this.call("getProcessInfo", name)) as Record<string, RpcValue>;
    return info["statename"];
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

function text(value: unknown): string {
  assert.equal(typeof value, "string");
  return value as string;
}

const ok = (name: string, group = name) => ({ name, group, status: 80, description: "OK" });

describe("startProcess", () => {
  it("with wait: answers when it is RUNNING, and not before", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 3 }) } });
    const answer = desk.begin("startProcess", "p");
    await settle();
    desk.stage.clock.advance(2999);
    await settle();
    assert.equal(answer(), "waits");
    desk.stage.clock.advance(1);
    await settle();
    assert.equal(answer(), true);
    assert.equal(await desk.call("startProcess", "p"), "60 ALREADY_STARTED: p");
  });

  it("with wait: answers at the first failure, although attempts follow", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 3, startretries: 2 }) } });
    const answer = desk.begin("startProcess", "p", true);
    await settle();
    desk.stage.spawner.children.at(-1)?.exit(1);
    await settle();
    assert.equal(answer(), "50 SPAWN_ERROR: p");
    assert.equal(await desk.state("p"), "BACKOFF");
    assert.equal(await desk.call("startProcess", "p", false), "60 ALREADY_STARTED: p");
    desk.stage.clock.advance(1000);
    await settle();
    assert.equal(await desk.state("p"), "STARTING");
  });

  it("with wait: is told when somebody stops it meanwhile", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 30 }) } });
    const answer = desk.begin("startProcess", "p");
    await settle();
    assert.equal(await desk.call("stopProcess", "p"), true);
    await settle();
    assert.equal(answer(), "40 ABNORMAL_TERMINATION: p");
  });

  it("with wait: ends when the caller has gone, and the process starts on", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 30 }) } });
    const answer = desk.begin("startProcess", "p");
    await settle();
    const listening = desk.stage.supervisor.listenerCount("PROCESS_STATE");
    desk.gone.abort();
    await settle();
    assert.match(text(answer()), /^30 FAILED: /);
    assert.equal(await desk.state("p"), "STARTING");
    assert.equal(desk.stage.supervisor.listenerCount("PROCESS_STATE"), listening - 1);
  });

  it("with startsecs 0: answers at once, also for a process that ends at once", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0 }) } });
    assert.equal(await desk.call("startProcess", "p"), true);
    desk.stage.spawner.children.at(-1)?.exit(0);
    await settle();
    assert.equal(await desk.call("stopProcess", "p"), "70 NOT_RUNNING: p");
  });

  it("without wait: answers at once, whatever comes of it", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 30 }) } });
    for (const wait of [false, 0, "", []]) {
      assert.equal(await desk.call("startProcess", "p", wait), true);
      assert.equal(await desk.state("p"), "STARTING");
      await desk.call("stopProcess", "p");
    }
  });

  it("of a process that is being stopped: refused when one waits, done afterwards when not", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0 }) } });
    desk.stage.spawner.stubborn.add("p");
    await desk.call("startProcess", "p");
    assert.equal(await desk.call("stopProcess", "p", false), true);
    assert.equal(await desk.state("p"), "STOPPING");
    assert.equal(await desk.call("startProcess", "p"), "40 ABNORMAL_TERMINATION: p");
    assert.equal(await desk.call("startProcess", "p", false), true);
    desk.stage.clock.advance(10_000);
    await settle();
    desk.stage.clock.advance(0); // it is gone, and due
    await settle();
    assert.equal(await desk.state("p"), "RUNNING");
  });

  it("looks at the command first, even of a process that runs", async () => {
    const programs = { p: manual({ command: "/nonexistent/x" }), q: manual({ command: "/etc" }) };
    const desk = new Desk({ programs });
    const missing = "20 NO_FILE: can't find command '/nonexistent/x'";
    assert.equal(await desk.call("startProcess", "p"), missing);
    assert.match(text(await desk.call("startProcess", "q")), /^21 NOT_EXECUTABLE: /);
    assert.equal(await desk.state("p"), "STOPPED");
  });

  it("a name that does not mean one process, or a group as a whole, is BAD_NAME", async () => {
    const programs = { p: manual(), a: manual({ startsecs: 0 }), b: manual({ startsecs: 0 }) };
    const groups = { g: { programs: ["a", "b"] } };
    const desk = new Desk({ programs, groups });
    for (const name of ["nope", "nope:*", "p:q", "g", "a", "p:p:p", "", ":", "g:a:", "all"])
      assert.equal(await desk.call("startProcess", name), `10 BAD_NAME: ${name}`);
    assert.deepEqual(await desk.call("startProcess", "g:*"), [ok("a", "g"), ok("b", "g")]);
    assert.deepEqual(await desk.call("stopProcess", "g:"), [ok("a", "g"), ok("b", "g")]);
  });
});

describe("stopProcess", () => {
  it("with wait: answers when it is gone", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0, stopwaitsecs: 2 }) } });
    desk.stage.spawner.stubborn.add("p");
    await desk.call("startProcess", "p");
    const answer = desk.begin("stopProcess", "p");
    await settle();
    assert.equal(answer(), "waits");
    assert.equal(await desk.call("stopProcess", "p"), "70 NOT_RUNNING: p"); // as there
    desk.stage.clock.advance(2000);
    await settle();
    assert.equal(answer(), true);
  });

  it("with wait: ends when the caller has gone", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0 }) } });
    desk.stage.spawner.stubborn.add("p");
    await desk.call("startProcess", "p");
    const answer = desk.begin("stopProcess", "p");
    desk.gone.abort();
    await settle();
    assert.match(text(answer()), /^30 FAILED: /);
    assert.equal(await desk.state("p"), "STOPPING");
  });

  it("of a process in BACKOFF: ends the attempts", async () => {
    const desk = new Desk({ programs: { p: manual() } });
    await Promise.all([
      desk.call("startProcess", "p"),
      settle().then(() => desk.stage.spawner.children.at(-1)?.exit(1)),
    ]);
    assert.equal(await desk.state("p"), "BACKOFF");
    assert.equal(await desk.call("stopProcess", "p"), true);
    assert.equal(await desk.state("p"), "STOPPED");
  });
});

describe("groups and all", () => {
  it("are told by priority, up, in one go; the answers come as they are had", async () => {
    const programs = {
      a: manual({ startsecs: 0, priority: 30 }),
      b: manual({ startsecs: 1, priority: 10 }),
      c: manual({ startsecs: 0, priority: 20 }),
      d: manual({ command: "/nonexistent/x", priority: 1 }),
    };
    const desk = new Desk({ programs });
    const answer = desk.begin("startAllProcesses");
    await settle();
    const names = desk.stage.spawner.children.map(({ command: { name } }) => name);
    assert.deepEqual(names, ["b", "c", "a"]);
    assert.equal(answer(), "waits");
    desk.stage.clock.advance(1000);
    await settle();
    const missing = { name: "d", group: "d", status: 20 };
    const description = "NO_FILE: can't find command '/nonexistent/x'";
    assert.deepEqual(answer(), [{ ...missing, description }, ok("c"), ok("a"), ok("b")]);
    assert.deepEqual(await desk.call("stopAllProcesses"), [ok("b"), ok("c"), ok("a")]);
    assert.deepEqual(await desk.call("stopAllProcesses"), []);
  });

  it("a signal goes to those who are there; a bad one is a fault of each", async () => {
    const programs = { p: manual({ startsecs: 0 }), q: manual() };
    const desk = new Desk({ programs });
    await desk.call("startProcess", "p");
    assert.deepEqual(await desk.call("signalAllProcesses", "HUP"), [ok("p")]);
    assert.deepEqual(await desk.call("signalProcessGroup", "p", 1), [ok("p")]);
    assert.deepEqual(await desk.call("signalAllProcesses", "FOO"), [
      { ...ok("p"), status: 11, description: "BAD_SIGNAL: FOO" },
    ]);
    assert.equal(await desk.call("signalProcess", "p", "FOO"), "11 BAD_SIGNAL: FOO");
    assert.equal(await desk.call("signalProcess", "q", "HUP"), "70 NOT_RUNNING: q");
    assert.equal(await desk.call("signalProcess", "p", 99), "11 BAD_SIGNAL: 99");
  });
});

describe("the whole", () => {
  it("while it shuts down everything is SHUTDOWN_STATE, but for what needs no state", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0 }) } });
    await desk.call("startProcess", "p");
    assert.equal(await desk.call("shutdown"), true);
    for (const method of ["getState", "getVersion", "shutdown", "restart", "getAllProcessInfo"])
      assert.equal(await desk.call(method), "6 SHUTDOWN_STATE", method);
    assert.equal(await desk.call("startProcess", "p"), "6 SHUTDOWN_STATE");
    assert.equal(await desk.call("startProcess"), "2 INCORRECT_PARAMETERS");
    assert.equal(await desk.call("nope"), "1 UNKNOWN_METHOD");
    assert.equal(await desk.call("sendRemoteCommEvent", "a", "b"), true);
    assert.ok(Array.isArray(await desk.call("system.listMethods")));
    await settle();
    assert.equal(desk.stage.supervisor.state, "SHUTDOWN");
    assert.equal(await desk.call("getState"), "6 SHUTDOWN_STATE");
  });

  it("restart: stops all, starts what has autostart, and is SHUTDOWN_STATE in between", async () => {
    const programs = { p: { command, startsecs: 0 }, q: manual({ startsecs: 0 }) };
    const desk = new Desk({ programs });
    desk.stage.spawner.stubborn.add("q");
    void desk.stage.supervisor.start();
    await desk.call("startProcess", "q");
    assert.equal(await desk.call("restart"), true);
    await settle();
    assert.equal(await desk.call("getState"), "6 SHUTDOWN_STATE");
    desk.stage.clock.advance(10_000);
    await settle();
    assert.deepEqual(await desk.call("getState"), { statecode: 1, statename: "RUNNING" });
    assert.equal(await desk.state("p"), "RUNNING");
    assert.equal(await desk.state("q"), "STOPPED");
  });

  it("restart: one that would not go does not keep the others down", async (t) => {
    const warned: unknown[] = [];
    const warn = (warning: Error) => warned.push(warning.message);
    process.on("warning", warn);
    t.after(() => process.off("warning", warn));
    const desk = new Desk({ programs: { p: { command }, q: { command } } });
    await desk.stage.up();
    desk.stage.spawner.of("q").kill = () => {
      throw new Error("kill EPERM");
    };
    assert.equal(await desk.call("restart"), true);
    await desk.stage.pass(1000);
    assert.equal(await desk.state("p"), "RUNNING");
    assert.equal(await desk.state("q"), "UNKNOWN");
    assert.match(String(warned), /Cannot stop "q": the system refused to signal it/);
  });

  it("shutdown and restart: what the host has given is called instead", async () => {
    const called: string[] = [];
    const desk = new Desk(
      {},
      { shutdown: () => called.push("shutdown"), restart: () => called.push("restart") },
    );
    assert.equal(await desk.call("restart"), true);
    assert.deepEqual(called, []);
    await settle();
    assert.equal(await desk.call("shutdown"), true);
    await settle();
    assert.deepEqual(called, ["restart", "shutdown"]);
    assert.equal(desk.stage.supervisor.state, "RUNNING");
  });

  it("a shutdown that fails is a warning of Node, and the supervisor answers again", async (t) => {
    const warned: unknown[] = [];
    const warn = (warning: Error) => warned.push(warning.message);
    process.on("warning", warn);
    t.after(() => process.off("warning", warn));
    const desk = new Desk({}, { shutdown: async () => Promise.reject(new Error("cannot")) });
    assert.equal(await desk.call("shutdown"), true);
    await settle();
    assert.deepEqual(warned, ["cannot"]);
    assert.deepEqual(await desk.call("getState"), { statecode: 1, statename: "RUNNING" });
  });

  it("a remote event reaches the listeners", async () => {
    const desk = new Desk({});
    const heard: unknown[] = [];
    desk.stage.supervisor.on("REMOTE_COMMUNICATION", ({ comm_type, data }) =>
      heard.push([comm_type, data]),
    );
    await desk.call("sendRemoteCommEvent", "type", "some\ndata");
    assert.deepEqual(heard, [["type", "some\ndata"]]);
  });
});

describe("sendProcessStdin", () => {
  it("a process that does not read is waited for by nobody, and there is a bound", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0 }) } });
    assert.equal(await desk.call("sendProcessStdin", "p", "x"), "70 NOT_RUNNING: p");
    assert.equal(await desk.call("sendProcessStdin", "nope", "x"), "10 BAD_NAME: nope");
    assert.equal(await desk.call("sendProcessStdin", "nope", [1]), "2 INCORRECT_PARAMETERS");
    await desk.call("startProcess", "p");
    const child = desk.stage.spawner.children.at(-1);
    assert.ok(child);
    let written = 0;
    child.write = (chunk) => {
      written += chunk.length; // and nobody takes it
    };
    const half = "x".repeat(600_000);
    assert.equal(await desk.call("sendProcessStdin", "p", half), true);
    assert.match(
      text(await desk.call("sendProcessStdin", "p", half)),
      /^30 FAILED: p has not read/,
    );
    assert.equal(await desk.call("sendProcessStdin", "p", "é"), true);
    assert.equal(written, 600_002);
  });

  it("a process that has closed it is told from one that has not", async () => {
    const desk = new Desk({ programs: { p: manual({ startsecs: 0 }) } });
    await desk.call("startProcess", "p");
    const child = desk.stage.spawner.children.at(-1);
    assert.ok(child);
    child.write = (_chunk, done) => done(new Error("write EPIPE"));
    assert.equal(await desk.call("sendProcessStdin", "p", "x"), "20 NO_FILE: p");
  });
});

describe("readProcessStdoutLog and tailProcessStdoutLog", () => {
  it("a log file that is named and not there is NO_FILE, and what is kept in memory is read", async () => {
    const file = path.join(tmpdir(), `${randomUUID()}.log`);
    const desk = new Desk({
      programs: { p: manual({ stdout_logfile: file }), q: manual({ startsecs: 0 }) },
    });
    assert.equal(await desk.call("readProcessStdoutLog", "p", 0, 0), `20 NO_FILE: ${file}`);
    assert.deepEqual(await desk.call("tailProcessStdoutLog", "p", 3, 5), ["", 0, false]);
    await desk.call("startProcess", "q");
    desk.stage.spawner.last.print("said");
    assert.equal(await desk.call("readProcessStdoutLog", "q", 0, 0), "said");
  });
});

describe("groups that come and go", () => {
  const sleep = (rest: Partial<ProgramSettings> = {}) => manual({ startsecs: 0, ...rest });

  it("reloadConfig tells, and addProcessGroup and removeProcessGroup do", async () => {
    let file: SupervisorSettings = { programs: { a: sleep() } };
    const desk = new Desk(file, { config: async () => file });
    const names = async () => {
      const all = (await desk.call("getAllProcessInfo")) as Record<string, RpcValue>[];
      return all.map(({ group, name }) => `${text(group)}:${text(name)}`);
    };
    assert.equal(await desk.call("addProcessGroup", "a"), "90 ALREADY_ADDED: a");
    assert.equal(await desk.call("addProcessGroup", "new"), "10 BAD_NAME: new");
    file = {
      programs: {
        new: sleep(),
        x: sleep(),
        y: sleep({ numprocs: 2, process_name: "y%(process_num)d" }),
      },
      groups: { g: { programs: ["x", "y"], priority: 5 } },
    };
    assert.equal(await desk.call("addProcessGroup", "new"), "10 BAD_NAME: new");
    assert.deepEqual(await desk.call("reloadConfig"), [[["g", "new"], [], ["a"]]]);
    assert.deepEqual(await names(), ["a:a"]);
    assert.equal(await desk.call("addProcessGroup", "x"), "10 BAD_NAME: x"); // it is in a group
    assert.equal(await desk.call("addProcessGroup", "new"), true);
    assert.equal(await desk.call("addProcessGroup", "g"), true);
    assert.deepEqual(await names(), ["a:a", "g:x", "g:y0", "g:y1", "new:new"]);
    await desk.call("startProcess", "a");
    assert.equal(await desk.call("removeProcessGroup", "a"), "91 STILL_RUNNING: a");
    await desk.call("stopProcess", "a");
    assert.equal(await desk.call("removeProcessGroup", "a"), true);
    assert.equal(await desk.call("removeProcessGroup", "a"), "10 BAD_NAME: a");
    assert.equal(await desk.call("addProcessGroup", "a"), "10 BAD_NAME: a");
    assert.deepEqual(await desk.call("reloadConfig"), [[[], [], []]]);
    assert.equal(await desk.call("removeProcessGroup", "g"), true);
    assert.deepEqual(await names(), ["new:new"]);
    assert.deepEqual(await desk.call("reloadConfig"), [[["g"], [], []]]);
  });

  it("one group takes what the whole file says with it, and leaves the others as they are", async () => {
    const before = { environment: { A: "old" }, programs: { a: sleep({ autostart: true }) } };
    const after = {
      environment: { A: "new", B: "%%(program_name)s" },
      programs: { a: sleep(), b: sleep({ autostart: true, environment: { C: "own" } }) },
    };
    const desk = new Desk(before, { config: () => after });
    void desk.stage.supervisor.start();
    await settle();
    assert.deepEqual(await desk.call("reloadConfig"), [[["b"], ["a"], []]]);
    assert.equal(await desk.call("addProcessGroup", "b"), true);
    await settle();
    const environments = desk.stage.spawner.children.map(({ command: { name, environment } }) => {
      const { A, B, C } = environment;
      return [name, A, B, C];
    });
    assert.deepEqual(environments, [
      ["a", "old", undefined, undefined],
      ["b", "new", "%(program_name)s", "own"],
    ]);
    assert.equal(await desk.state("a"), "RUNNING");
  });

  it("what cannot be read is CANT_REREAD, and nothing is remembered of it", async () => {
    const desk = new Desk({});
    assert.match(text(await desk.call("reloadConfig")), /^92 CANT_REREAD: .*no configuration file/);
    const broken = new Desk(
      { programs: { a: sleep() } },
      { config: () => ({ programs: { b: { command: "" } } }) },
    );
    const fault = text(await broken.call("reloadConfig"));
    assert.match(fault, /^92 CANT_REREAD: .*command/);
    assert.equal(fault.includes("\n"), false);
    assert.equal(await broken.call("addProcessGroup", "b"), "10 BAD_NAME: b");
    const worded = Object.assign(new Error("long"), { issues: [{ supervisord: "no command" }] });
    const conf = new Desk({}, { config: async () => Promise.reject(worded) });
    assert.equal(await conf.call("reloadConfig"), "92 CANT_REREAD: no command");
  });

  it("getAllConfigInfo tells what was read, in use or not", async () => {
    const file = {
      programs: {
        w: sleep({
          command: "sh -c 'echo %(process_num)02d of %(numprocs)d'",
          process_name: "%(program_name)s_%(process_num)d",
          numprocs: 2,
          numprocs_start: 7,
          stopsignal: "INT",
          priority: 3,
        }),
        a: sleep({ command: ["sleep", "300"], stopasgroup: true }),
      },
    };
    const desk = new Desk({ programs: { a: sleep() } }, { config: () => file });
    await desk.call("reloadConfig");
    const all = (await desk.call("getAllConfigInfo")) as Record<string, RpcValue>[];
    assert.deepEqual(
      all.map(({ name, group, inuse, command: line, stopsignal, group_prio, killasgroup }) => [
        name,
        group,
        inuse,
        line,
        stopsignal,
        group_prio,
        killasgroup,
      ]),
      [
        ["a", "a", true, "sleep 300", 15, 999, true],
        ["w_7", "w", false, "sh -c 'echo 07 of 2'", 2, 3, false],
        ["w_8", "w", false, "sh -c 'echo 08 of 2'", 2, 3, false],
      ],
    );
  });
});

it("a pid that is known only after the start is told as soon as it is", async () => {
  const desk = new Desk({ programs: { web: manual() } });
  const { spawner } = desk.stage;
  spawner.slow = true;
  await desk.call("startProcess", "web", false);
  const pidOf = async () => {
    const [info] = (await desk.call("getAllProcessInfo")) as Record<string, RpcValue>[];
    return info?.["pid"];
  };
  assert.equal(await pidOf(), 0);
  spawner.of("web").begin();
  assert.equal(await pidOf(), 101);
});
