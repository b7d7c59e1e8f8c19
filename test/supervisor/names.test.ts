import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fault, Stage } from "../support/helpers.ts";

const settings = {
  programs: {
    web: { command: "w" },
    worker: { command: "k", numprocs: 2, process_name: "%(program_name)s_%(process_num)02d" },
    cat: { command: "c" },
    bird: { command: "b" },
    none: { command: "n", numprocs: 0 },
  },
  groups: { zoo: { programs: ["cat", "bird"] }, empty: {} },
};

function namesOf(stage: Stage, name?: string): string[] {
  return stage.supervisor
    .status(name)
    .map((info) => (info.group === info.name ? info.name : `${info.group}:${info.name}`));
}

describe("a name", () => {
  const stage = new Stage(settings);
  const cases: readonly [name: string, means: readonly string[]][] = [
    ["web", ["web"]],
    ["web:web", ["web"]],
    ["web:*", ["web"]],
    ["web:", ["web"]],
    ["worker", ["worker:worker_00", "worker:worker_01"]],
    ["worker:*", ["worker:worker_00", "worker:worker_01"]],
    ["worker:worker_01", ["worker:worker_01"]],
    ["zoo", ["zoo:bird", "zoo:cat"]],
    ["zoo:*", ["zoo:bird", "zoo:cat"]],
    ["zoo:cat", ["zoo:cat"]],
    ["cat", ["zoo:cat"]],
    ["none", []],
    ["empty", []],
    ["all", ["web", "worker:worker_00", "worker:worker_01", "zoo:bird", "zoo:cat"]],
  ];
  for (const [name, means] of cases) {
    it(`${JSON.stringify(name)} means ${means.join(", ") || "nobody"}`, () => {
      assert.deepEqual(namesOf(stage, name), means);
    });
  }

  it("means all when it is not given", () => {
    assert.deepEqual(namesOf(stage), namesOf(stage, "all"));
  });

  const wrong: readonly [name: string, message: string][] = [
    ["wbe", `There is no "wbe"; did you mean "web"?`],
    ["wxy", `There is no "wxy"`],
    ["wep", `There is no "wep"; did you mean "web"?`],
    ["workers", `There is no "workers"; did you mean "worker"?`],
    ["worker:worker_02", `There is no "worker:worker_02"; did you mean "worker:worker_00"?`],
    ["worker_01", `There is no "worker_01"; did you mean "worker:worker_01"?`],
    ["worker_02", `There is no "worker_02"; did you mean "worker:worker_00"?`],
    ["other:worker_01", `There is no "other:worker_01"; did you mean "worker:worker_01"?`],
    ["cat:cat", `There is no "cat:cat"; did you mean "zoo:cat"?`],
    ["cat:*", `There is no "cat:*"`],
    ["", `There is no ""`],
    [":", `There is no ":"`],
    ["__proto__", `There is no "__proto__"`],
    ["*", `There is no "*"`],
  ];
  for (const [name, message] of wrong) {
    it(`${JSON.stringify(name)} is BAD_NAME`, async () => {
      const { supervisor } = stage;
      assert.throws(() => supervisor.status(name), fault("BAD_NAME", message));
      for (const verb of ["start", "stop", "restart", "tail", "remove"] as const)
        await assert.rejects(supervisor[verb](name), fault("BAD_NAME", message));
      await assert.rejects(supervisor.signal(name, "HUP"), fault("BAD_NAME", message));
      assert.throws(() => supervisor.select("web", name), fault("BAD_NAME", message));
      assert.throws(() => supervisor.follow(name), fault("BAD_NAME", message));
      await assert.rejects(supervisor.send(name, "x"), fault("BAD_NAME", message));
    });
  }

  it("of a process of several groups hints at the first", () => {
    const { supervisor } = new Stage({
      programs: { cat: { command: "c" } },
      groups: { zoo: { programs: ["cat"] }, home: { programs: ["cat"] } },
    });
    const message = `There is no "cats"; did you mean "cat"?`;
    assert.throws(() => supervisor.select("cats"), fault("BAD_NAME", message));
    const first = `There is no "inn:cat"; did you mean "zoo:cat"?`;
    assert.throws(() => supervisor.select("inn:cat"), fault("BAD_NAME", first));
  });

  it("of a process cannot be removed, but its program", async () => {
    const message = `"worker:worker_00" is neither a program nor a group; did you mean "worker"?`;
    await assert.rejects(stage.supervisor.remove("worker:worker_00"), fault("BAD_NAME", message));
  });

  it("that is wrong does not begin anything", () => {
    assert.deepEqual(stage.events, []);
  });

  it("finds one process by its full name", () => {
    const { supervisor } = stage;
    assert.equal(supervisor.process("web"), supervisor.programs.get("web")?.processes[0]);
    assert.equal(supervisor.process("zoo:cat")?.name, "cat");
    assert.equal(supervisor.process("zoo:cat")?.group, "zoo");
    assert.equal(supervisor.process("cat"), undefined);
    assert.equal(supervisor.process("worker"), undefined);
  });
});

describe("a program", () => {
  it("has the verbs over all of its processes", async () => {
    const stage = new Stage(settings);
    const worker = stage.supervisor.programs.get("worker");
    assert.ok(worker);
    const start = worker.start();
    await stage.pass(1000);
    await start;
    assert.deepEqual(
      worker.info().map(({ name, state }) => [name, state]),
      [
        ["worker_00", "RUNNING"],
        ["worker_01", "RUNNING"],
      ],
    );
    await worker.signal("HUP");
    await worker.send("x");
    for (const child of stage.spawner.children)
      assert.deepEqual([child.signals, child.written], [["SIGHUP"], ["x"]]);
    await assert.rejects(
      worker.tail(),
      fault("BAD_NAME", /^"worker" is not one process but 2: worker:worker_00, worker:worker_01$/),
    );
    const restart = worker.restart();
    await stage.pass(1000);
    await restart;
    assert.equal(stage.spawner.children.length, 4);
    await worker.stop();
    assert.deepEqual(stage.states(), {
      web: "STOPPED",
      "worker:worker_00": "STOPPED",
      "worker:worker_01": "STOPPED",
      "zoo:bird": "STOPPED",
      "zoo:cat": "STOPPED",
    });
  });

  it("is found by its name, or the error says what the name is", () => {
    const { supervisor } = new Stage(settings);
    assert.equal(supervisor.program("worker"), supervisor.programs.get("worker"));
    for (const [name, message] of [
      ["wroker", `There is no program "wroker"; did you mean "worker"?`],
      ["colour", `There is no program "colour"`],
      [
        "worker:worker_00",
        `There is no program "worker:worker_00"; for the process, call process("worker:worker_00")`,
      ],
      [
        "worker_00",
        `There is no program "worker_00"; for the process, call process("worker:worker_00")`,
      ],
      ["web:web", `There is no program "web:web"; for the process, call process("web")`],
      ["zoo", `There is no program "zoo"; for the group, call select("zoo")`],
      ["all", `There is no program "all"`],
      ["constructor", `There is no program "constructor"`],
      [undefined, "Expected a name, got nothing"],
    ] as const)
      assert.throws(() => supervisor.program(name as string), fault("BAD_NAME", message));
  });

  it("knows its settings, with all defaults", () => {
    const stage = new Stage({ programs: { web: { command: "w", startsecs: 3 } } });
    const program = stage.supervisor.programs.get("web");
    assert.equal(program?.name, "web");
    assert.equal(program.settings.startsecs, 3);
    assert.equal(program.settings.stopwaitsecs, 10);
    assert.equal(program.settings.stopsignal, "SIGTERM");
  });

  it("gives its children the environment that supervisord gives", async (t) => {
    process.env["A_HOST"] = "from the host";
    t.after(() => delete process.env["A_HOST"]);
    const stage = new Stage({
      environment: { A: "outer", B: "%(ENV_A_HOST)s" },
      programs: {
        cat: { command: "c %(ENV_C)s", environment: { A: "inner", C: "%(group_name)s" } },
      },
      groups: { zoo: { programs: ["cat"] } },
    });
    await stage.up();
    assert.deepEqual(stage.spawner.last.command, {
      name: "zoo:cat",
      argv: ["c", "zoo"],
      environment: {
        SUPERVISOR_ENABLED: "1",
        SUPERVISOR_PROCESS_NAME: "cat",
        SUPERVISOR_GROUP_NAME: "zoo",
        A: "inner",
        B: "from the host",
        C: "zoo",
      },
      sweep: true,
      cgroup: false,
      stopstdin: false,
      stopsignal: "SIGTERM",
    });
  });
});

it("names that every object has are names like others", () => {
  const programs = { constructor: { command: "c" }, toString: { command: "t" } };
  assert.deepEqual(namesOf(new Stage({ programs })), ["constructor", "toString"]);
});
