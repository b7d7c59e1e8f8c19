import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { turn } from "../support/helpers.ts";
import {
  clock,
  listen,
  make,
  nameOf,
  running,
  seen,
  spawner,
  started,
} from "../support/runner-stage.ts";

describe("a start", () => {
  it("is STARTING at once and RUNNING after startsecs", () => {
    const runner = started({ startsecs: 1 });
    assert.equal(clock.pending, 1);
    clock.advance(999);
    assert.deepEqual(seen, ["STARTING"]);
    clock.advance(1);
    assert.deepEqual(seen, ["STARTING", "RUNNING"]);
    assert.equal(runner.state.name === "RUNNING" && runner.state.pid, 101);
    assert.equal(clock.pending, 0);
  });

  it("waits 1, 2, 3 s in BACKOFF, and the fourth failure is FATAL", () => {
    const runner = started({ startretries: 3 });
    for (const seconds of [1, 2, 3]) {
      spawner.last.exit(1);
      clock.advance(seconds * 1000 - 1);
      assert.equal(runner.state.name, "BACKOFF");
      clock.advance(1);
      assert.equal(nameOf(runner), "STARTING");
    }
    spawner.last.exit(1);
    clock.advance(0);
    assert.equal(runner.state.name, "FATAL");
    assert.equal(spawner.children.length, 4);
    assert.equal(clock.pending, 0);
  });

  it("that fails during spawn() is heard after STARTING was told", () => {
    spawner.broken = "can't find command 'x'";
    const runner = started({ startretries: 0 });
    assert.deepEqual(seen, ["STARTING", "BACKOFF"]);
    clock.advance(0);
    assert.deepEqual(runner.state, {
      name: "FATAL",
      until: Infinity,
      reason: "can't find command 'x'",
    });
  });

  it("that fails later is a failed start, too", () => {
    spawner.slow = true;
    const runner = started();
    clock.advance(5000);
    assert.equal(nameOf(runner), "STARTING");
    assert.equal(clock.pending, 0);
    spawner.last.fail("EAGAIN");
    assert.equal(runner.state.name === "BACKOFF" && runner.state.reason, "EAGAIN");
  });

  it("counts startsecs from when the child runs", () => {
    spawner.slow = true;
    const runner = started({ startsecs: 1 });
    clock.advance(5000);
    spawner.last.begin();
    clock.advance(999);
    assert.equal(nameOf(runner), "STARTING");
    clock.advance(1);
    assert.equal(runner.state.name, "RUNNING");
  });

  it("with startsecs 0 was RUNNING even if the child exits at once", () => {
    started({ startsecs: 0 });
    spawner.last.exit(0);
    assert.deepEqual(seen, ["STARTING", "RUNNING", "EXITED"]);
    assert.equal(clock.pending, 0);
  });
});

describe("a start that has not happened yet", () => {
  beforeEach(() => {
    spawner.slow = true;
  });

  it("is taken back by a stop", () => {
    const runner = started();
    runner.send({ type: "stop" });
    assert.equal(spawner.last.isCancelled, true);
    assert.equal(runner.child, undefined);
    assert.deepEqual(seen, ["STARTING", "STOPPED"]);
    assert.equal(clock.pending, 0);
  });

  it("says nothing more when it was taken back", () => {
    const runner = started({ startsecs: 0 });
    const former = spawner.last;
    runner.send({ type: "stop" });
    former.fail("ENOENT");
    assert.equal(nameOf(runner), "STOPPED");
    runner.send({ type: "start" });
    former.fail("ENOENT");
    former.begin();
    former.exit(1);
    assert.deepEqual(seen, ["STARTING", "STOPPED", "STARTING"]);
    spawner.last.begin();
    clock.advance(0);
    assert.equal(runner.state.name === "RUNNING" && runner.state.pid, 102);
  });
});

describe("the late word of a former child", () => {
  it("is not heard: neither its exit nor its sweep", () => {
    const runner = running({ autorestart: true });
    const former = spawner.last;
    former.exit(1);
    clock.advance(0);
    assert.equal(runner.state.name, "RUNNING");
    former.exit(2);
    former.vanish();
    assert.equal(runner.state.name, "RUNNING");
    assert.deepEqual(seen, ["EXITED", "STARTING", "RUNNING"]);
  });

  it("is heard if it is output: bytes are never lost", () => {
    running({ autorestart: true });
    const former = spawner.last;
    former.exit(1);
    clock.advance(0);
    former.print("last", "stderr");
    assert.equal(seen.at(-1), "stderr: last");
  });
});

describe("a stop", () => {
  it("sends stopsignal, then SIGKILL after each stopwaitsecs", () => {
    const runner = running({ stopwaitsecs: 10, killasgroup: true, stopsignal: "INT" });
    runner.send({ type: "stop" });
    clock.advance(9999);
    assert.deepEqual(spawner.last.kills, ["SIGINT"]);
    clock.advance(1);
    clock.advance(10_000);
    assert.deepEqual(spawner.last.kills, ["SIGINT", "SIGKILL group", "SIGKILL group"]);
    spawner.last.exit(null, "SIGKILL");
    assert.equal(nameOf(runner), "STOPPED");
    assert.equal(clock.pending, 0);
  });

  it("followed by a start is a restart", () => {
    const runner = running();
    runner.send({ type: "stop" });
    runner.send({ type: "start" });
    spawner.last.exit(0);
    clock.advance(0);
    assert.deepEqual(seen, ["STOPPING", "STOPPED", "STARTING", "RUNNING"]);
  });

  it("in EXITED prevents the restart", () => {
    const runner = running({ autorestart: true });
    spawner.last.exit(1);
    runner.send({ type: "stop" });
    clock.advance(60_000);
    assert.equal(runner.state.name, "EXITED");
    assert.equal(spawner.children.length, 1);
    assert.equal(clock.pending, 0);
  });

  it("in STARTING ends the child that is there", () => {
    const runner = started();
    runner.send({ type: "stop" });
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
    spawner.last.exit(null, "SIGTERM");
    assert.deepEqual(seen, ["STARTING", "STOPPING", "STOPPED"]);
    assert.equal(nameOf(runner), "STOPPED");
  });
});

describe("a kill that fails", () => {
  it("makes the process UNKNOWN, with its pid", () => {
    const runner = running();
    spawner.last.refuses = "EPERM";
    runner.send({ type: "stop" });
    assert.deepEqual(seen, ["STOPPING", "UNKNOWN"]);
    assert.deepEqual(runner.state, {
      name: "UNKNOWN",
      until: Infinity,
      phase: "refused",
      tries: 0,
      pid: 101,
      reason: "EPERM",
    });
    assert.equal(clock.pending, 0);
  });

  it("comes before an order that was waiting", () => {
    const runner = running();
    spawner.last.refuses = "EPERM";
    listen((_from, to) => {
      if (to.name === "STOPPING") runner.send({ type: "start" });
    });
    runner.send({ type: "stop" });
    assert.equal(runner.state.name, "UNKNOWN");
    assert.equal(spawner.children.length, 1);
  });

  it("may succeed when it is tried again", () => {
    const runner = running();
    spawner.last.refuses = "EPERM";
    runner.send({ type: "stop" });
    spawner.last.refuses = undefined;
    runner.send({ type: "stop" });
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
    spawner.last.exit(null, "SIGTERM");
    assert.deepEqual(seen, ["STOPPING", "UNKNOWN", "STOPPING", "STOPPED"]);
  });

  it("does no harm to a child that then dies by itself", () => {
    const runner = running({ autorestart: true });
    spawner.last.refuses = "EPERM";
    runner.send({ type: "stop" });
    spawner.last.exit(0);
    assert.equal(nameOf(runner), "STOPPED");
    runner.send({ type: "start" });
    assert.equal(spawner.children.length, 2);
  });

  it("with SIGKILL is UNKNOWN as well, and is not tried for ever", () => {
    const runner = running({ stopwaitsecs: 1 });
    runner.send({ type: "stop" });
    spawner.last.refuses = "EPERM";
    clock.advance(60_000);
    assert.equal(runner.state.name, "UNKNOWN");
    assert.equal(clock.pending, 0);
  });
});

describe("a kill that takes its time", () => {
  it("makes the process UNKNOWN when it fails", async () => {
    const runner = running();
    Object.assign(spawner.last, { kill: async () => Promise.reject(new Error("EPERM")) });
    runner.send({ type: "stop" });
    assert.equal(nameOf(runner), "STOPPING");
    await turn();
    assert.deepEqual(seen, ["STOPPING", "UNKNOWN"]);
    assert.equal(clock.pending, 0);
  });

  it("does nothing to the child that follows", async () => {
    const runner = running();
    let fail: (error: Error) => void = () => {};
    const kill = async () =>
      new Promise((_resolve, reject) => {
        fail = reject;
      });
    Object.assign(spawner.last, { kill });
    runner.send({ type: "restart" });
    spawner.last.exit(0);
    clock.advance(0);
    assert.equal(spawner.children.length, 2);
    fail(new Error("EPERM"));
    await turn();
    assert.equal(nameOf(runner), "RUNNING");
  });
});

describe("a sweep that takes its time", () => {
  it("delays STOPPED", () => {
    const runner = running();
    spawner.last.leaves = [900];
    runner.send({ type: "stop" });
    spawner.last.exit(0);
    clock.advance(60_000);
    assert.deepEqual(seen, ["STOPPING"]);
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
    spawner.last.vanish([900]);
    assert.deepEqual(runner.state.name === "STOPPED" && runner.state.survivors, [
      { pid: 900, name: "fake" },
    ]);
  });

  it("delays a restart by autorestart, and one on command", () => {
    const runner = running({ autorestart: true });
    spawner.last.leaves = [900];
    spawner.last.exit(1);
    runner.send({ type: "start" });
    clock.advance(60_000);
    assert.equal(spawner.children.length, 1);
    spawner.last.vanish();
    clock.advance(0);
    assert.equal(runner.state.name, "RUNNING");
    assert.equal(spawner.children.length, 2);
  });

  it("delays a retry, which still counts from the exit", () => {
    const runner = started({ startsecs: 1 });
    spawner.last.leaves = [900];
    spawner.last.exit(1);
    clock.advance(700);
    spawner.last.vanish();
    clock.advance(299);
    assert.equal(runner.state.name, "BACKOFF");
    clock.advance(1);
    assert.equal(nameOf(runner), "STARTING");
  });

  it("delays a restart that waits in STOPPING", () => {
    const runner = running();
    spawner.last.leaves = [900];
    runner.send({ type: "stop" });
    runner.send({ type: "start" });
    spawner.last.exit(0);
    clock.advance(60_000);
    assert.equal(spawner.children.length, 1);
    spawner.last.vanish();
    clock.advance(0);
    assert.equal(spawner.children.length, 2);
  });
});

describe("the inbox", () => {
  it("takes what a listener orders after what it hears of", () => {
    const runner = make({ startsecs: 0 });
    listen((_from, to) => {
      if (to.name === "RUNNING") runner.send({ type: "stop" });
    });
    runner.send({ type: "start" });
    clock.advance(0);
    assert.deepEqual(seen, ["STARTING", "RUNNING", "STOPPING"]);
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
  });

  it("takes orders in the order given", () => {
    const runner = running();
    const heard: string[] = [];
    listen((from, to) => {
      if (from.name === to.name || to.name !== "STOPPING") return;
      for (const type of ["start", "stop", "start"] as const)
        runner.send({ type }, () => heard.push(type));
      assert.deepEqual(heard, [], "they wait their turn");
    });
    runner.send({ type: "stop" }, () => heard.push("first"));
    assert.deepEqual(heard, ["first", "start", "stop", "start"]);
    assert.equal(runner.state.name === "STOPPING" && runner.state.next, "start");
  });

  it("takes what a child says during spawn() before the orders that wait", () => {
    const runner = make();
    listen((_from, to) => {
      if (to.name === "STARTING" && to.pid === undefined) runner.send({ type: "stop" });
    });
    runner.send({ type: "start" });
    assert.equal(spawner.last.isCancelled, false, "the child was there already");
    assert.deepEqual(spawner.last.kills, ["SIGTERM"]);
    assert.equal(runner.state.name, "STOPPING");
  });

  it("takes an exit before the orders that wait", () => {
    const runner = running();
    listen((from, to) => {
      if (to.name !== "STOPPING" || from.name === "STOPPING") return;
      runner.send({ type: "start" });
      spawner.last.exit(0);
    });
    runner.send({ type: "stop" });
    clock.advance(0);
    assert.deepEqual(seen, ["STOPPING", "STOPPED", "STARTING", "RUNNING"]);
  });

  it("lets the host go on when listeners contradict each other without end", () => {
    spawner.slow = true;
    const runner = make();
    let isOver = false;
    listen((_from, to) => {
      if (isOver) return;
      if (to.name === "STARTING") runner.send({ type: "stop" });
      if (to.name === "STOPPED") runner.send({ type: "start" });
    });
    runner.send({ type: "start" });
    assert.equal(seen.length, 100); // and not for ever
    assert.equal(clock.pending, 1);
    assert.equal(runner.lastOrder, "start");
    clock.advance(10);
    assert.ok(seen.length > 200 && seen.length < 2000, String(seen.length));
    isOver = true;
    clock.advance(1);
    assert.equal(runner.lastOrder, undefined);
    spawner.last.begin();
    clock.advance(1000);
    assert.equal(nameOf(runner), "RUNNING");
    assert.equal(clock.pending, 0);
  });

  it("takes orders beyond those of one turn in their order, on a later one", () => {
    const runner = make();
    const heard: string[] = [];
    for (let i = 0; i < 150; i++) {
      const type = i % 2 === 0 ? "stop" : "start";
      runner.send({ type }, () => heard.push(type));
    }
    assert.equal(heard.length, 100);
    assert.equal(runner.lastOrder, "start");
    clock.advance(1);
    assert.equal(heard.length, 150);
    assert.deepEqual(heard.slice(100, 103), ["stop", "start", "stop"]);
    assert.equal(runner.state.name === "STOPPING" && runner.state.next, "start");
  });

  it("counts the orders of a turn from zero when a fact has come", () => {
    const runner = make({ startsecs: 0 });
    for (let i = 0; i < 200; i++) {
      runner.send({ type: "start" });
      runner.send({ type: "stop" });
      spawner.last.exit(0);
    }
    assert.equal(spawner.children.length, 200);
    assert.equal(nameOf(runner), "STOPPED");
    assert.equal(clock.pending, 0);
  });

  it("can be told to stop what has just been started, however often", () => {
    const runner = make({ startsecs: 0 });
    for (let i = 0; i < 3; i++) {
      runner.send({ type: "start" });
      runner.send({ type: "stop" });
      spawner.last.exit(0);
    }
    assert.equal(spawner.children.length, 3);
    assert.equal(nameOf(runner), "STOPPED");
    assert.equal(clock.pending, 0);
  });
});
