import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Selection } from "../../src/index.ts";
import { fault, Stage } from "../support/helpers.ts";

const programs = {
  cat: { command: "cat" },
  web: { command: "web", numprocs: 2, process_name: "w%(process_num)d" },
  worker: { command: "work" },
};
const groups = { site: { programs: ["web", "worker"] } };

const namesOf = ({ processes }: Selection) => processes.map(({ namespec }) => namespec);

describe("a selection", () => {
  it("is what its names mean, each process once", () => {
    const { supervisor } = new Stage({ programs, groups });
    const site = ["site:w0", "site:w1", "site:worker"];
    assert.deepEqual(namesOf(supervisor.select("site:*")), site);
    assert.deepEqual(namesOf(supervisor.select("web")), ["site:w0", "site:w1"]);
    assert.deepEqual(namesOf(supervisor.select("cat", "site:w1", "web")), [
      "cat",
      "site:w1",
      "site:w0",
    ]);
    const all = supervisor.select("all");
    assert.deepEqual(namesOf(all), ["cat", ...site]);
    assert.equal(all.processes[0], supervisor.process("cat"));
    assert.deepEqual(all.info(), supervisor.status());
  });

  it("names that mean nothing: BAD_NAME", () => {
    const { supervisor } = new Stage({ programs });
    assert.throws(() => supervisor.select("cats"), fault("BAD_NAME", /^There is no "cats"/));
    assert.throws(() => supervisor.select("cat", "nothing"), fault("BAD_NAME"));
  });

  it("starts, restarts, signals and stops its processes, and no other", async () => {
    const stage = new Stage({ programs, groups });
    const some = stage.supervisor.select("cat", "site:w0");
    const run = async (verb: Promise<void>) => {
      await stage.pass(0);
      await stage.pass(1000);
      await verb;
      return stage.seen();
    };
    const up = ["STARTING", "RUNNING"];
    const told = (states: readonly string[]) =>
      states.flatMap((state) => [`cat ${state}`, `site:w0 ${state}`]);
    assert.deepEqual(await run(some.start()), told(up));
    assert.deepEqual(stage.groups().length, 0);
    await some.signal("HUP");
    assert.deepEqual(stage.spawner.of("site:w0").signals, ["SIGHUP"]);
    await some.send("hello");
    assert.deepEqual(stage.spawner.of("cat").written, ["hello"]);
    const restarted = await run(some.restart());
    assert.deepEqual(restarted.toSorted(), told(["STOPPING", "STOPPED", ...up]).toSorted());
    const stopped = await run(some.stop());
    assert.deepEqual(stopped.toSorted(), told(["STOPPING", "STOPPED"]).toSorted());
    assert.equal(stage.states()["site:w1"], "STOPPED");
  });

  it("begins the supervisor with its first start, as `start()` does", async () => {
    const stage = new Stage({ programs: { cat: { command: "cat" } } });
    const started = stage.supervisor.select("cat").start();
    assert.deepEqual(stage.groups(), ["cat ADDED"]);
    await stage.pass(1000);
    await started;
    await stage.supervisor.shutdown();
    const late = stage.supervisor.select("cat").start();
    await assert.rejects(late, fault("SHUTDOWN_STATE"));
  });

  it("reads the log of one process alone", async () => {
    const stage = new Stage({ programs, groups });
    await stage.up();
    stage.spawner.of("cat").print("meow");
    const cat = stage.supervisor.select("cat");
    assert.equal(String(await cat.tail()), "meow");
    assert.equal(String(await cat.read("stdout", 1, 2)), "eo");
    await cat.clear();
    assert.equal(String(await cat.tail()), "");
    const two = stage.supervisor.select("web");
    await assert.rejects(two.tail(), fault("BAD_NAME", /^"web" is not one process but 2: /));
    assert.throws(() => two.follow(), fault("BAD_NAME"));
  });

  it("keeps to its names over an update", async () => {
    const stage = new Stage({ programs, groups });
    const [web, worker] = [stage.supervisor.select("web"), stage.supervisor.select("worker")];
    const { processes } = web;
    const { worker: _, ...kept } = programs;
    await stage.supervisor.update({ programs: { ...kept, web: { ...kept.web, numprocs: 3 } } });
    assert.deepEqual(namesOf(web), ["web:w0", "web:w1", "web:w2"]);
    assert.equal(processes.length, 2);
    assert.throws(() => worker.processes, fault("BAD_NAME"));
    await assert.rejects(worker.stop(), fault("BAD_NAME"));
  });

  it("lets the host exit, and keeps it", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    const cat = stage.supervisor.select("cat");
    assert.equal(cat.unref(), cat);
    assert.equal(stage.spawner.of("cat").ref, false);
    assert.equal(stage.spawner.of("worker").ref, true);
    assert.equal(cat.ref().info().length, 1);
    assert.equal(stage.spawner.of("cat").ref, true);
  });
});
