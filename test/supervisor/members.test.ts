import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SettingsError } from "../../src/index.ts";
import { fault, Stage } from "../support/helpers.ts";

describe("add", () => {
  it("holds a program, and starts it if the supervisor has begun", async () => {
    const stage = new Stage();
    const before = stage.supervisor.add("a", { command: "a" });
    assert.equal(stage.supervisor.programs.get("a"), before);
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { a: "STOPPED" });
    await stage.up();
    stage.supervisor.add("b", { command: "b" });
    stage.supervisor.add("c", { command: "c", autostart: false });
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "RUNNING", c: "STOPPED" });
    assert.deepEqual(stage.groups(), ["b ADDED", "c ADDED"]);
  });

  it("refuses a name that is taken, and settings that are wrong", () => {
    const stage = new Stage({
      programs: { a: { command: "a" } },
      groups: { g: { programs: ["a"] } },
    });
    const add = (name: string, command: string) => () => stage.supervisor.add(name, { command });
    assert.throws(add("a", "x"), fault("ALREADY_ADDED", `Cannot add "a": there is one already`));
    assert.throws(add("g", "x"), fault("ALREADY_ADDED"));
    assert.throws(add("x y", "x"), SettingsError);
    assert.throws(add("b", ""), SettingsError);
    assert.deepEqual([...stage.supervisor.programs.keys()], ["a"]);
  });

  it("uses the supervisor's environment", async () => {
    const stage = new Stage({ environment: { A: "1" } });
    await stage.supervisor.start();
    stage.supervisor.add("a", { command: "a %(ENV_A)s" });
    assert.deepEqual(stage.spawner.last.command.argv, ["a", "1"]);
    assert.equal(stage.spawner.last.command.environment["A"], "1");
  });
});

describe("remove", () => {
  it("stops a program and forgets it", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    await stage.up();
    await stage.supervisor.remove("a");
    assert.deepEqual(stage.groups(), ["a REMOVED"]);
    assert.deepEqual(stage.states(), { b: "RUNNING" });
    assert.deepEqual([...stage.supervisor.programs.keys()], ["b"]);
    await assert.rejects(stage.supervisor.remove("a"), fault("BAD_NAME"));
    stage.supervisor.add("a", { command: "a" });
  });

  it("removes a group with all of its programs", async () => {
    const stage = new Stage({
      programs: { a: { command: "a" }, b: { command: "b" }, c: { command: "c" } },
      groups: { g: { programs: ["a", "b"] } },
    });
    await stage.up();
    await stage.supervisor.remove("g");
    assert.deepEqual(stage.states(), { c: "RUNNING" });
    await assert.rejects(stage.supervisor.start("g"), fault("BAD_NAME"));
  });

  it("removes programs and groups without processes", async () => {
    const stage = new Stage({ programs: { a: { command: "a", numprocs: 0 } }, groups: { g: {} } });
    await stage.supervisor.remove("a");
    await stage.supervisor.remove("g");
    assert.equal(stage.supervisor.programs.size, 0);
    assert.throws(() => stage.supervisor.status("g"), fault("BAD_NAME"));
  });

  it("refuses a name that is neither a program nor a group, and removes nothing", async () => {
    const numbered = { command: "a", numprocs: 2, process_name: "%(process_num)d" };
    const stage = new Stage({ programs: { web: numbered } });
    await stage.up();
    for (const name of ["web:*", "web:", "web:0", "all"]) {
      const hint = name === "web:0" ? '; did you mean "web"?' : "";
      const message = `${JSON.stringify(name)} is neither a program nor a group${hint}`;
      await assert.rejects(stage.supervisor.remove(name), fault("BAD_NAME", message));
    }
    assert.deepEqual(stage.groups(), []);
    assert.deepEqual(stage.states(), { "web:0": "RUNNING", "web:1": "RUNNING" });
  });

  it("removes nothing that will not stop", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    stage.spawner.last.kill = () => {
      throw new Error("EPERM");
    };
    await assert.rejects(stage.supervisor.remove("a"), fault("FAILED"));
    assert.deepEqual(stage.states(), { a: "UNKNOWN" });
  });
});
