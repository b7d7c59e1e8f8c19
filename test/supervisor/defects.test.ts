import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expand } from "../../src/schema/expand.ts";
import { NEVER } from "../../src/lifecycle/state.ts";
import { SettingsError } from "../../src/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { fault, Stage, turn, watch } from "../support/helpers.ts";

const web = { programs: { web: { command: "w" } } };
const two = { programs: { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } } };
const message = (settings: unknown) => {
  try {
    resolveSettings(settings);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message;
  }
  return "accepted";
};

describe("defects that were seen", () => {
  it("expand: # with 0 pads before the prefix", () => {
    assert.deepEqual(
      expand("%(process_num)0#8x", () => 255),
      { text: "0x0000ff" },
    );
  });

  it("a stop of BACKOFF that is not swept hangs when a start follows", async () => {
    const stage = new Stage(web);
    stage.supervisor.start().catch(() => {});
    stage.spawner.last.leaves = [900];
    stage.spawner.last.exit(1);
    const stop = watch(stage.supervisor.stop());
    const start = watch(stage.supervisor.start("web"));
    stage.spawner.last.vanish();
    await stage.pass(5000);
    assert.deepEqual([stop.outcome, start.outcome], ["done", "done"]);
  });

  it("two restarts share their outcome", async () => {
    const stage = new Stage(web);
    await stage.up();
    const first = watch(stage.supervisor.restart("web"));
    const second = watch(stage.supervisor.restart("web"));
    await stage.pass(2000);
    assert.deepEqual([first.outcome, second.outcome], ["done", "done"]);
  });

  it("D4a the state is SHUTDOWN when the shutdown is announced", async () => {
    const stage = new Stage(web);
    await stage.up();
    let state = "";
    stage.supervisor.once("SUPERVISOR_STATE_CHANGE_STOPPING", () => {
      state = stage.supervisor.state;
    });
    await stage.supervisor.shutdown();
    assert.equal(state, "SHUTDOWN");
  });

  it("D4b a listener of the announcement may call shutdown", async () => {
    const stage = new Stage(web);
    await stage.up();
    let calls = 0;
    stage.supervisor.on("SUPERVISOR_STATE_CHANGE_STOPPING", () => {
      if (++calls < 5) void stage.supervisor.shutdown();
    });
    await stage.supervisor.shutdown();
    assert.equal(calls, 1);
  });

  it("D4c a listener cannot start anything once the shutdown has begun", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.supervisor.on("PROCESS_STATE_STOPPING", ({ processname }) => {
      stage.supervisor.start(processname).catch(() => {});
    });
    await stage.supervisor.shutdown();
    await stage.pass(5000);
    assert.deepEqual(stage.states(), { web: "STOPPED" });
    assert.equal(stage.spawner.children.length, 1);
  });

  it("D5a an add during an update loses no process", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.stubborn.add("web");
    const update = stage.supervisor.update({ programs: { web: { command: "w2" } } });
    await turn();
    stage.supervisor.add("fresh", { command: "f" });
    await stage.pass(1000);
    stage.spawner.of("web").exit(0);
    await update;
    await stage.pass(1000);
    const { kills } = stage.spawner.of("fresh");
    assert.ok(kills.length > 0 || stage.supervisor.process("fresh"), "it runs, and nobody knows");
  });

  it("D5b an add during a remove loses no process", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.stubborn.add("web");
    const remove = stage.supervisor.remove("web");
    await turn();
    stage.supervisor.add("fresh", { command: "f" });
    stage.spawner.of("web").exit(0);
    await remove;
    assert.deepEqual(stage.states(), { fresh: "STARTING" });
  });

  it("a group added before the first start is announced once", async () => {
    const stage = new Stage();
    stage.supervisor.add("a", { command: "a" });
    void stage.supervisor.start();
    assert.deepEqual(stage.groups(), ["a ADDED"]);
    await stage.pass(1000);
  });

  it("a restart of several starts those that did stop", async () => {
    const stage = new Stage(two);
    await stage.up();
    stage.spawner.of("b").kill = () => {
      throw new Error("EPERM");
    };
    const restart = watch(stage.supervisor.restart());
    await stage.pass(1000);
    await stage.pass(1000);
    assert.equal(restart.outcome, "FAILED");
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "UNKNOWN" });
  });

  it("an update that is aborted leaves nobody down", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.stubborn.add("web");
    const abort = new AbortController();
    const update = stage.supervisor.update({}, { signal: abort.signal });
    await turn();
    abort.abort(new Error("enough"));
    await assert.rejects(update, new Error("enough"));
    stage.spawner.last.exit(0);
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { web: "RUNNING" });
  });

  it("D9a a stop in a STOPPING listener wins over the restart of one", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.supervisor.once("PROCESS_STATE_STOPPING", () => void stage.supervisor.stop("web"));
    const restart = watch(stage.supervisor.restart("web"));
    await stage.pass(2000);
    assert.deepEqual(
      [restart.outcome, stage.states()],
      ["ABNORMAL_TERMINATION", { web: "STOPPED" }],
    );
  });

  it("D9b a stop in a STOPPING listener wins over the restart of several", async () => {
    const stage = new Stage(two);
    await stage.up();
    stage.supervisor.once("PROCESS_STATE_STOPPING", () => void stage.supervisor.stop("b"));
    stage.supervisor.restart().catch(() => {});
    await stage.pass(2000);
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "STOPPED" });
  });

  it("a stop whose signal is aborted already counts for nothing", async () => {
    const stage = new Stage(two);
    await stage.up();
    stage.spawner.stubborn.add("a");
    const restart = watch(stage.supervisor.restart());
    await turn();
    await assert.rejects(stage.supervisor.stop("b", { signal: AbortSignal.abort(new Error("x")) }));
    stage.spawner.of("a").exit(0);
    await stage.pass(2000);
    assert.equal(restart.outcome, "done");
  });

  it("a name with two colons is no name", () => {
    const stage = new Stage(web);
    assert.throws(() => stage.supervisor.status("web:web:x"), fault("BAD_NAME"));
  });

  it("D12a a stop of BACKOFF names what would not go", async () => {
    const stage = new Stage(web);
    stage.supervisor.start().catch(() => {});
    stage.spawner.last.leaves = [900];
    stage.spawner.last.exit(1);
    const stop = watch(stage.supervisor.stop());
    stage.spawner.last.vanish([900]);
    await turn();
    assert.equal(stop.outcome, "STILL_RUNNING");
  });

  it("D12b a shutdown names what an EXITED process left and would not go", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.last.leaves = [900];
    stage.spawner.last.exit(0);
    stage.spawner.last.vanish([900]);
    assert.equal((await stage.supervisor.shutdown()).length, 1);
  });

  it("remove of one process does not remove the others of its program", async () => {
    const stage = new Stage({
      programs: { w: { command: "w", numprocs: 2, process_name: "%(process_num)d" } },
    });
    await stage.up();
    await stage.supervisor.remove("w:1").catch(() => {});
    assert.ok(stage.supervisor.process("w:0"));
  });

  it("programs that are no object do not make the groups wrong", () => {
    assert.doesNotMatch(message({ programs: 5, groups: { g: { programs: ["a"] } } }), /no program/);
  });

  it("an aborted restart of several takes nothing back", async () => {
    const stage = new Stage(two);
    await stage.up();
    stage.spawner.stubborn.add("b");
    const abort = new AbortController();
    const restart = stage.supervisor.restart("all", { signal: abort.signal });
    await turn();
    abort.abort(new Error("enough"));
    await assert.rejects(restart, new Error("enough"));
    stage.spawner.of("b").exit(0);
    await stage.pass(2000);
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "RUNNING" });
  });

  for (const [option, value] of [
    ["user", -1],
    ["umask", "9"],
    ["umask", 512],
    ["command", []],
  ] as const) {
    it(`${option} ${String(value)} is refused in our words`, () => {
      assert.match(
        message({ programs: { web: { command: "w", [option]: value } } }),
        /expected.*got/,
      );
    });
  }

  it("a program named twice in a group is told once", () => {
    const settings = { programs: { a: { command: "a" } }, groups: { g: { programs: ["a", "a"] } } };
    assert.equal(message(settings).split("✖").length, 2);
  });

  it("a restart begins the supervisor as a start does", async () => {
    const stage = new Stage(web);
    const restart = stage.supervisor.restart();
    await stage.pass(1000);
    await restart;
    assert.ok(stage.events.some(({ type }) => type === "SUPERVISOR_STATE_CHANGE_RUNNING"));
    assert.equal(NEVER, Infinity);
  });

  it("a stream or a name that is none is refused by name", async () => {
    const { supervisor } = new Stage(web);
    const loose = supervisor as unknown as Record<string, (...words: unknown[]) => unknown>;
    const call = async (verb: string, ...words: unknown[]) => loose[verb]?.apply(supervisor, words);
    await assert.rejects(call("follow", "web", "both"), {
      code: "BAD_ARGUMENTS",
      message: 'Cannot read the log of "web": expected "stdout" or "stderr", got "both"',
    });
    await assert.rejects(call("tail", "web", 7), { code: "BAD_ARGUMENTS" });
    await assert.rejects(call("stop", ["web"]), {
      code: "BAD_NAME",
      message: "Expected a name, got [ 'web' ]",
    });
  });

  it("Node's words for settings lead to supervisord's", () => {
    assert.match(message({ programs: { web: { command: "w", cwd: "/" } } }), /mean "directory"/);
    assert.match(message({ programs: { web: { command: "w", env: {} } } }), /mean "environment"/);
  });
});
