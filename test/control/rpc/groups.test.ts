import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { serve } from "../../../src/control/index.ts";
import type { SupervisorSettings } from "../../../src/index.ts";
import type { RpcValue } from "../../../src/control/rpc/codec.ts";
import { Stage } from "../../support/helpers.ts";
import { scratch } from "../../support/processes.ts";
import { rpc } from "../client.ts";
import { inTime } from "../helpers.ts";

const program = (name: string) => ({ command: `sleep ${name.length}` });

async function stageFor(t: TestContext, settings: SupervisorSettings, read?: SupervisorSettings) {
  const stage = new Stage(settings);
  const options = read ? { config: () => read } : {};
  const server = await serve(stage.supervisor, { file: `${scratch(t)}/s` }, options);
  t.after(() => server.close());
  await stage.up();
  const call = async (method: string, ...params: (string | number)[]) =>
    rpc(server, `supervisor.${method}`, params);
  return { stage, server, call, names: () => [...stage.supervisor.programs.keys()].toSorted() };
}

async function available(call: (method: string) => Promise<unknown>): Promise<string[]> {
  const { value } = (await call("getAllConfigInfo")) as {
    value: { name: string; inuse: boolean }[];
  };
  return value.map(({ name, inuse }) => `${name} ${inuse ? "in use" : "avail"}`);
}

describe("groups, of a supervisor that its host changes, too", () => {
  it("adding and removing one takes nothing back that was changed meanwhile", async (t) => {
    const read = { programs: { a: program("a"), b: program("b") } };
    const settings = { programs: { slow: program("slow"), old: program("old") } };
    const { stage, call, names } = await stageFor(t, settings, read);
    stage.spawner.stubborn.add("slow");
    await call("reloadConfig");
    await call("stopProcess", "old");
    const removal = stage.supervisor.remove("slow"); // takes its ten seconds
    const orders = Promise.all([
      call("addProcessGroup", "a"),
      call("removeProcessGroup", "old"),
      call("addProcessGroup", "b"),
      call("addProcessGroup", "b"),
    ]);
    for (let i = 0; i < 5; i++) await call("getState"); // they have come
    stage.supervisor.add("late", program("late"));
    const answers = await inTime(stage, orders);
    await removal;
    const yes = { value: true };
    assert.deepEqual(answers.slice(0, 3), [yes, yes, yes]);
    assert.deepEqual(answers[3], { fault: [90, "ALREADY_ADDED: b"] });
    assert.deepEqual(names(), ["a", "b", "late"]);
  });

  it("what the host has added can be removed and added again", async (t) => {
    const { stage, call, names } = await stageFor(t, {});
    stage.supervisor.add("web", program("web"));
    await stage.pass(1000);
    assert.deepEqual(await available(call), ["web in use"]);
    await call("stopProcess", "web");
    assert.deepEqual(await call("removeProcessGroup", "web"), { value: true });
    assert.deepEqual(names(), []);
    assert.deepEqual(await available(call), ["web avail"]);
    assert.deepEqual(await call("addProcessGroup", "web"), { value: true });
    assert.deepEqual(names(), ["web"]);
    assert.deepEqual(await available(call), ["web in use"]);
  });

  it("a removed group whose name is another's by now is not in its way", async (t) => {
    const groups = { app: { programs: ["web"] } };
    const { stage, call } = await stageFor(t, { programs: { web: program("web") }, groups });
    await call("stopProcess", "app:web");
    await call("removeProcessGroup", "app");
    stage.supervisor.add("app", program("app"));
    assert.deepEqual(await available(call), ["app in use"]);
    assert.deepEqual(await call("addProcessGroup", "app"), { fault: [90, "ALREADY_ADDED: app"] });
  });

  it("a group that nobody is in can be stopped, removed and added", async (t) => {
    const none = { ...program("none"), numprocs: 0, process_name: "%(process_num)d" };
    const { call, names } = await stageFor(t, { programs: { none } });
    assert.deepEqual(await call("addProcessGroup", "none"), { fault: [90, "ALREADY_ADDED: none"] });
    assert.deepEqual(await call("stopProcessGroup", "none"), { value: [] });
    assert.deepEqual(await call("removeProcessGroup", "none"), { value: true });
    assert.deepEqual(names(), []);
    assert.deepEqual(await call("addProcessGroup", "none"), { value: true });
    assert.deepEqual(names(), ["none"]);
  });

  it("servers that are closed leave no listeners on the supervisor", async (t) => {
    const { stage, server, call } = await stageFor(t, { programs: { web: program("web") } });
    const other = await serve(stage.supervisor, { port: 0 });
    await call("getAllProcessInfo");
    await other.close();
    await server.close();
    const fresh = new Stage().supervisor;
    for (const name of ["PROCESS_STATE", "PROCESS_GROUP", "EVENT"] as const)
      assert.equal(stage.supervisor.listenerCount(name), fresh.listenerCount(name), name);
  });

  it("all of many are waited for, and there is no warning", async (t) => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    t.after(() => process.off("warning", note));
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const programs = names.map((name) => [name, { ...program(name), autostart: false }]);
    const { stage, call } = await stageFor(t, { programs: Object.fromEntries(programs) });
    const { value } = (await inTime(stage, call("startAllProcesses"))) as { value: RpcValue[] };
    assert.equal(value.length, 20);
    await call("stopAllProcesses");
    assert.deepEqual(warnings, []);
  });
});
