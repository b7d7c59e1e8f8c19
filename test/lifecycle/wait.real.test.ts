import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Supervisor } from "../../src/index.ts";
import { alive, marked, nothingLeft } from "../support/processes.ts";
import { forever, sh, stay, supervise } from "../support/real-supervisor.ts";

describe("waiting for real processes", () => {
  it("an abort ends the wait for a start, and not the start", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      web: { command: forever, startsecs: 0.3 },
    });
    const abort = new AbortController();
    const started = supervisor.start("web", { signal: abort.signal });
    const refused = assert.rejects(started, { name: "AbortError" });
    await channel.pid("up");
    abort.abort();
    await refused;
    assert.equal(supervisor.process("web")?.state, "STARTING");
    await next("PROCESS_STATE_RUNNING");
  });

  it("a timeout ends the wait for a stop, and not the stop", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      deaf: {
        command: sh(`trap '' TERM; echo up $$ >$CHANNEL; ${stay}`),
        startsecs: 0,
        stopwaitsecs: 0.4,
      },
    });
    await supervisor.start();
    const pid = await channel.pid("up");
    await assert.rejects(supervisor.stop("deaf", { signal: AbortSignal.timeout(50) }), {
      name: "TimeoutError",
    });
    assert.equal(supervisor.process("deaf")?.state, "STOPPING");
    assert.ok(alive(pid));
    assert.equal((await next("PROCESS_STATE_STOPPED")).signal, "SIGKILL");
  });

  it("a timeout ends the wait for a shutdown, which goes on and can be awaited again", async (t) => {
    const { supervisor, channel, mark } = supervise(t, {
      deaf: {
        command: sh(`trap '' TERM; echo up $$ >$CHANNEL; ${stay}`),
        startsecs: 0,
        stopwaitsecs: 0.4,
      },
    });
    await supervisor.start();
    await channel.pid("up");
    await assert.rejects(supervisor.shutdown({ signal: AbortSignal.timeout(50) }), {
      name: "TimeoutError",
    });
    assert.equal(marked(mark).length, 1);
    assert.deepEqual(await supervisor.shutdown(), []);
    nothingLeft(mark);
  });

  it("a signal that is aborted already: nothing is ordered", async (t) => {
    const { supervisor, channel } = supervise(t, { web: { command: forever, startsecs: 0 } });
    await supervisor.start();
    const pid = await channel.pid("up");
    const signal = AbortSignal.abort();
    for (const verb of ["start", "stop", "restart"] as const) {
      await assert.rejects(supervisor[verb]("web", { signal }), { name: "AbortError" });
    }
    await assert.rejects(supervisor.shutdown({ signal }), { name: "AbortError" });
    assert.equal(supervisor.state, "RUNNING");
    assert.equal(supervisor.process("web")?.pid, pid);
    assert.ok(alive(pid));
  });

  it("await using: everything is gone at the end of the block", async (t) => {
    const { mark, channel } = supervise(t, {});
    let pid: number;
    {
      await using supervisor = new Supervisor({
        programs: { web: { command: forever, startsecs: 0 } },
        environment: { CHANNEL: channel.path, LIBSUPERVISOR_TEST: mark },
      });
      await supervisor.start();
      pid = await channel.pid("up");
      assert.ok(alive(pid));
    }
    assert.ok(!alive(pid));
    nothingLeft(mark);
  });

  it("await using: everything is gone when the block is left by an exception", async (t) => {
    const { mark, channel } = supervise(t, {});
    const block = async () => {
      await using supervisor = new Supervisor({
        programs: { web: { command: forever, startsecs: 0 } },
        environment: { CHANNEL: channel.path, LIBSUPERVISOR_TEST: mark },
      });
      await supervisor.start();
      throw new Error("of the block");
    };
    await assert.rejects(block(), { message: "of the block" });
    nothingLeft(mark);
  });

  it("events(): tells all, and ends with the shutdown", async (t) => {
    const { supervisor } = supervise(t, { web: { command: "sleep 1000", startsecs: 0 } });
    const types: string[] = [];
    const listening = (async () => {
      for await (const { type } of supervisor.events()) {
        if (type.startsWith("PROCESS_STATE")) types.push(type.slice("PROCESS_STATE_".length));
      }
    })();
    await supervisor.start();
    await supervisor.shutdown();
    await listening;
    assert.deepEqual(types, ["STARTING", "RUNNING", "STOPPING", "STOPPED"]);
  });
});
