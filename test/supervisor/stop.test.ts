import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fault, Stage, turn, watch } from "../support/helpers.ts";

const web = { programs: { web: { command: "web" } } };

describe("stop", () => {
  it("settles when the process is gone; at once when there is none", async () => {
    const stage = new Stage(web);
    await stage.supervisor.stop();
    await stage.up();
    stage.spawner.stubborn.add("web");
    const stop = watch(stage.supervisor.stop("web"));
    await stage.pass(9999);
    assert.equal(stop.outcome, "pending");
    await stage.pass(1);
    assert.equal(stop.outcome, "done");
    assert.deepEqual(stage.spawner.last.kills, ["SIGTERM", "SIGKILL"]);
    await stage.supervisor.stop("web");
    assert.deepEqual(stage.seen(), ["web STOPPING", "web STOPPED"]);
    assert.equal(stage.clock.pending, 0);
  });

  it("waits for what the process left", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.last.leaves = [900];
    const stop = watch(stage.supervisor.stop());
    await stage.pass(60_000);
    assert.equal(stop.outcome, "pending");
    stage.spawner.last.vanish();
    await turn();
    assert.equal(stop.outcome, "done");
  });

  it("names those that would not go", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.last.leaves = [900, 901];
    const stop = stage.supervisor.stop();
    await turn();
    stage.spawner.last.vanish([900, 901]);
    await assert.rejects(
      stop,
      fault(
        "STILL_RUNNING",
        `Cannot stop "web": it is gone, but left behind pid 900 (fake), pid 901 (fake), which did not exit`,
      ),
    );
  });

  it("names a process that SIGKILL does not end, and says STOPPED when it goes after all", async () => {
    const stage = new Stage(web);
    await stage.up();
    const { last } = stage.spawner;
    last.kill = (signal) => void last.kills.push(String(signal));
    const stop = stage.supervisor.stop();
    const shutdown = watch(stage.supervisor.shutdown());
    const refused = assert.rejects(
      stop,
      fault("STILL_RUNNING", `Cannot stop "web": pid 101 does not end, though it was sent SIGKILL`),
    );
    await stage.pass(10_000);
    assert.deepEqual(last.kills, ["SIGTERM", "SIGKILL"]);
    await stage.pass(4999);
    assert.equal(shutdown.outcome, "pending");
    await stage.pass(1); // five seconds after SIGKILL, however long stopwaitsecs is
    await refused;
    await turn();
    assert.equal(shutdown.outcome, "done");
    assert.deepEqual(stage.states(), { web: "STOPPING" });
    last.exit(null, "SIGKILL");
    assert.deepEqual(stage.states(), { web: "STOPPED" });
  });

  it("is rejected when the system refuses, and can be tried again", async () => {
    const stage = new Stage(web);
    await stage.up();
    const { last } = stage.spawner;
    last.kill = () => {
      throw new Error("kill EPERM");
    };
    await assert.rejects(
      stage.supervisor.stop(),
      fault(
        "FAILED",
        `Cannot stop "web": the system refused to signal it (UNKNOWN, pid 101): kill EPERM`,
      ),
    );
    await assert.rejects(stage.supervisor.start("web"), fault("FAILED", /^Cannot start "web"/));
    last.kill = () => last.exit(0);
    await stage.supervisor.stop();
    assert.deepEqual(stage.states(), { web: "STOPPED" });
  });

  it("in BACKOFF ends the waiting at once", async () => {
    const stage = new Stage(web);
    const start = watch(stage.supervisor.start());
    stage.spawner.last.exit(1);
    await stage.supervisor.stop();
    await turn();
    assert.equal(start.outcome, "ABNORMAL_TERMINATION");
    assert.equal(stage.clock.pending, 0);
  });

  it("in an EXITED listener prevents the restart", async () => {
    const stage = new Stage({ programs: { web: { command: "w", autorestart: true } } });
    await stage.up();
    let stop: Promise<void> | undefined;
    stage.supervisor.once("PROCESS_STATE_EXITED", () => {
      stop = stage.supervisor.stop("web");
    });
    stage.spawner.last.exit(1);
    await stop;
    await stage.pass(60_000);
    assert.deepEqual(stage.seen(), ["web EXITED"]);
    assert.equal(stage.clock.pending, 0);
  });
});

describe("restart", () => {
  it("is a stop, then a start; settles at RUNNING", async () => {
    const stage = new Stage(web);
    await stage.up();
    const restart = watch(stage.supervisor.restart("web"));
    await stage.pass(999);
    assert.equal(restart.outcome, "pending");
    await stage.pass(1);
    assert.equal(restart.outcome, "done");
    assert.deepEqual(stage.seen(), ["web STOPPING", "web STOPPED", "web STARTING", "web RUNNING"]);
  });

  it("of what is not running is a start", async () => {
    const stage = new Stage(web);
    const restart = watch(stage.supervisor.restart("web"));
    await stage.pass(1000);
    assert.equal(restart.outcome, "done");
    assert.deepEqual(stage.seen(), ["web STARTING", "web RUNNING"]);
  });

  it("in BACKOFF starts at once", async () => {
    const stage = new Stage(web);
    stage.supervisor.start().catch(() => {});
    stage.spawner.last.exit(1);
    const restart = watch(stage.supervisor.restart("web"));
    await stage.pass(0);
    assert.equal(stage.spawner.children.length, 2);
    await stage.pass(1000);
    assert.equal(restart.outcome, "done");
  });

  it("that waits loses against a stop", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.stubborn.add("web");
    const restart = watch(stage.supervisor.restart("web"));
    const stop = watch(stage.supervisor.stop("web"));
    await turn();
    assert.equal(restart.outcome, "ABNORMAL_TERMINATION");
    stage.spawner.last.exit(0);
    await stage.pass(60_000);
    assert.equal(stop.outcome, "done");
    assert.equal(stage.spawner.children.length, 1);
  });

  it("of several stops them all before it starts the first", async () => {
    const stage = new Stage({
      programs: { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } },
    });
    await stage.up();
    const restart = watch(stage.supervisor.restart());
    await stage.pass(1000);
    assert.equal(restart.outcome, "done");
    const seen = stage.seen();
    assert.deepEqual(seen.slice(0, 6), [
      "b STOPPING",
      "b STOPPED",
      "a STOPPING",
      "a STOPPED",
      "a STARTING",
      "b STARTING",
    ]);
  });

  it("of several does not start one that was stopped meanwhile", async () => {
    const stage = new Stage({
      programs: { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } },
    });
    await stage.up();
    stage.spawner.stubborn.add("a");
    const restart = stage.supervisor.restart();
    await turn();
    await stage.supervisor.stop("b");
    stage.spawner.of("a").exit(0);
    const check = assert.rejects(
      restart,
      fault("ABNORMAL_TERMINATION", `Cannot restart "b": it was stopped meanwhile`),
    );
    await stage.pass(1000);
    await check;
    assert.deepEqual(stage.states(), { a: "RUNNING", b: "STOPPED" });
  });
});

describe("an AbortSignal", () => {
  it("that is aborted already takes no order", async () => {
    const stage = new Stage(web);
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    await assert.rejects(stage.supervisor.start("web", options), reason);
    await assert.rejects(stage.supervisor.restart("web", options), reason);
    assert.equal(stage.spawner.children.length, 0);
    await stage.up();
    await assert.rejects(stage.supervisor.stop("web", options), reason);
    await assert.rejects(stage.supervisor.send("web", "x", options), reason);
    await assert.rejects(stage.supervisor.shutdown(options), reason);
    assert.deepEqual(stage.states(), { web: "RUNNING" });
    assert.equal(stage.supervisor.state, "RUNNING");
  });

  it("ends the waiting, and takes nothing back", async () => {
    const stage = new Stage(web);
    for (const verb of ["start", "restart", "stop"] as const) {
      const abort = new AbortController();
      stage.spawner.stubborn.add("web");
      const waiting = stage.supervisor[verb]("web", { signal: abort.signal });
      abort.abort(new Error(verb));
      await assert.rejects(waiting, new Error(verb));
      stage.spawner.last.exit(0);
      await stage.pass(5000);
      assert.deepEqual(stage.states(), { web: verb === "stop" ? "STOPPED" : "RUNNING" });
    }
  });

  it("ends the waiting for a write and for a shutdown", async () => {
    const stage = new Stage(web);
    await stage.up();
    stage.spawner.last.write = () => {};
    stage.spawner.stubborn.add("web");
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const waiting = [
      stage.supervisor.send("web", "x", options),
      stage.supervisor.shutdown(options),
    ];
    abort.abort(new Error("enough"));
    for (const promise of waiting) await assert.rejects(promise, new Error("enough"));
    stage.spawner.last.exit(0);
    assert.deepEqual(await stage.supervisor.shutdown(), []);
  });
});
