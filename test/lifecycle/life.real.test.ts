import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alive } from "../support/processes.ts";
import { forever, refusal, sh, stay, supervise } from "../support/real-supervisor.ts";

describe("the life of a real process", () => {
  it("start: settles at RUNNING, with a living process", async (t) => {
    const { supervisor, channel, log } = supervise(t, {
      web: { command: forever, startsecs: 0.05 },
    });
    await supervisor.start();
    const [info] = supervisor.status("web");
    assert.equal(info?.state, "RUNNING");
    assert.equal(info?.pid, await channel.pid("up"));
    assert.ok(alive(info?.pid ?? 0));
    assert.deepEqual(
      log.map(({ type }) => type),
      [
        "PROCESS_GROUP_ADDED",
        "SUPERVISOR_STATE_CHANGE_RUNNING",
        "PROCESS_STATE_STARTING",
        "PROCESS_STATE_RUNNING",
      ],
    );
  });

  it("restart: the old process is gone and another one runs", async (t) => {
    const { supervisor, channel } = supervise(t, { web: { command: forever, startsecs: 0 } });
    await supervisor.start();
    const old = await channel.pid("up");
    await supervisor.restart("web");
    const now = await channel.pid("up");
    assert.notEqual(now, old);
    assert.equal(supervisor.process("web")?.pid, now);
    assert.ok(!alive(old));
  });

  for (const { code, exitcodes, expected } of [
    { code: 0, exitcodes: [0], expected: true },
    { code: 3, exitcodes: [0], expected: false },
    { code: 3, exitcodes: [0, 3], expected: true },
    { code: 255, exitcodes: [0], expected: false },
  ]) {
    it(`exit code ${code}: is ${expected ? "expected" : "unexpected"} with exitcodes ${exitcodes.join()}`, async (t) => {
      const { supervisor, next } = supervise(t, {
        task: { command: sh(`exit ${code}`), startsecs: 0, autorestart: false, exitcodes },
      });
      await supervisor.start();
      const exited = await next("PROCESS_STATE_EXITED");
      assert.equal(exited.exitstatus, code);
      assert.equal(exited.signal, null);
      assert.equal(exited.expected, expected);
      const [info] = supervisor.status();
      assert.equal(info?.exitstatus, code);
      assert.equal(info?.spawnerr, expected ? "" : `Bad exit code ${code}`);
    });
  }

  it("death by a signal: no exit status but the signal, -1 in info()", async (t) => {
    const { supervisor, next } = supervise(t, {
      task: { command: sh("ulimit -c 0; kill -SEGV $$"), startsecs: 0, autorestart: false },
    });
    await supervisor.start();
    const exited = await next("PROCESS_STATE_EXITED");
    assert.equal(exited.exitstatus, null);
    assert.equal(exited.signal, "SIGSEGV");
    assert.equal(exited.expected, false);
    assert.equal(supervisor.status()[0]?.exitstatus, -1);
  });

  it("autorestart: a process killed from outside is started again", async (t) => {
    const { supervisor, channel, next } = supervise(t, { web: { command: forever, startsecs: 0 } });
    await supervisor.start();
    const old = await channel.pid("up");
    process.kill(old, "SIGKILL");
    const exited = await next("PROCESS_STATE_EXITED");
    assert.equal(exited.pid, old);
    assert.equal(exited.signal, "SIGKILL");
    await next("PROCESS_STATE_RUNNING");
    const running = await next("PROCESS_STATE_RUNNING");
    assert.notEqual(running.pid, old);
    assert.equal(await channel.pid("up"), running.pid);
  });

  it("autorestart unexpected: an expected exit is the end, another one is not", async (t) => {
    const { supervisor, next } = supervise(t, {
      good: { command: sh("exit 0"), startsecs: 0 },
      bad: { command: sh("exit 7"), startsecs: 0 },
    });
    await supervisor.start("good");
    await next("PROCESS_STATE_EXITED");
    await supervisor.start("bad");
    await next("PROCESS_STATE_EXITED");
    await next("PROCESS_STATE_EXITED");
    assert.equal(supervisor.process("good")?.state, "EXITED");
    await supervisor.stop("bad");
  });

  it("autorestart: stop() in a listener of EXITED prevents it", async (t) => {
    const { supervisor, log } = supervise(t, {
      task: { command: sh("exit 1"), startsecs: 0, autorestart: true },
    });
    const stopped = new Promise<void>((resolve, reject) => {
      supervisor.once("PROCESS_STATE_EXITED", () => {
        supervisor.stop("task").then(resolve, reject);
      });
    });
    await supervisor.start();
    await stopped;
    assert.equal(supervisor.process("task")?.state, "EXITED");
    assert.equal(log.filter(({ type }) => type === "PROCESS_STATE_STARTING").length, 1);
  });

  it("an early end: BACKOFF, another attempt a second later, then FATAL", async (t) => {
    const { supervisor, log } = supervise(t, {
      task: { command: sh("echo that went wrong >&2; exit 4"), startsecs: 5, startretries: 1 },
    });
    const error = await refusal(supervisor.start("task"));
    assert.equal(error.code, "SPAWN_ERROR");
    assert.equal(error.exitstatus, 4);
    assert.equal(error.spawnerr, "Exited too quickly (process log may have details)");
    const tries = log.flatMap((event) =>
      event.type === "PROCESS_STATE_BACKOFF" ? [event.tries] : [],
    );
    assert.deepEqual(tries, [1, 2]);
    assert.equal(supervisor.process("task")?.state, "FATAL");
  });

  for (const signal of ["INT", "QUIT", "USR1", "HUP"] as const) {
    it(`stop: sends stopsignal ${signal}`, async (t) => {
      const { supervisor, channel, next } = supervise(t, {
        web: {
          command: sh(
            `trap 'echo got ${signal} >$CHANNEL; exit 5' ${signal}; echo up $$ >$CHANNEL; ${stay}`,
          ),
          startsecs: 0,
          stopsignal: signal,
        },
      });
      await supervisor.start();
      await channel.pid("up");
      await supervisor.stop("web");
      await channel.hear(new RegExp(`^got ${signal}$`));
      const stopped = await next("PROCESS_STATE_STOPPED");
      assert.equal(stopped.exitstatus, 5);
      assert.equal(supervisor.status()[0]?.exitstatus, 5);
    });
  }

  it("stop: a deaf process gets SIGKILL after stopwaitsecs", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      deaf: {
        command: sh(`trap '' TERM; echo up $$ >$CHANNEL; ${stay}`),
        startsecs: 0,
        stopwaitsecs: 0.2,
      },
    });
    await supervisor.start();
    const pid = await channel.pid("up");
    const begun = performance.now();
    await supervisor.stop("deaf");
    assert.ok(performance.now() - begun >= 200);
    assert.equal((await next("PROCESS_STATE_STOPPED")).signal, "SIGKILL");
    assert.ok(!alive(pid));
  });

  it("signal: reaches the process, which may survive it", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        command: sh(
          `trap 'echo reload >$CHANNEL' HUP; echo up $$ >$CHANNEL; while :; do ${stay}; done`,
        ),
        startsecs: 0,
      },
    });
    await supervisor.start();
    const pid = await channel.pid("up");
    await supervisor.signal("web", "HUP");
    await channel.hear(/^reload$/);
    assert.equal(supervisor.process("web")?.pid, pid);
    await supervisor.signal("web", 0);
  });

  it("signal: one that ends the process is no stop", async (t) => {
    const { supervisor, channel, next } = supervise(t, { web: { command: forever, startsecs: 0 } });
    await supervisor.start();
    await channel.pid("up");
    await supervisor.signal("web", "SIGTERM");
    assert.equal((await next("PROCESS_STATE_EXITED")).signal, "SIGTERM");
    await channel.pid("up");
  });
});
