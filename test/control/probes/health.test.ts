import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Stage } from "../../support/helpers.ts";
import { Site } from "../helpers.ts";

const programs = {
  web: { command: "web", numprocs: 2, process_name: "%(program_name)s_%(process_num)d" },
  job: { command: "job", autorestart: "unexpected" as const, exitcodes: [0, 5], startretries: 0 },
  manual: { command: "manual", autostart: false },
};

describe("/healthz", () => {
  it("200 while the supervisor supervises, also where nothing runs; 503 once it shuts down", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    const ask = async () => {
      const { status, body } = await site.get("/healthz");
      return [status, body];
    };
    assert.deepEqual(await ask(), [200, "ok\n"]);
    await stage.up();
    stage.spawner.stubborn.add("web:web_0");
    const closing = stage.supervisor.shutdown();
    assert.deepEqual(await ask(), [503, "shutting down\n"]);
    assert.deepEqual((await site.get("/readyz")).body, "shutting down\n");
    await stage.pass(10_000);
    await closing;
    assert.deepEqual(await ask(), [503, "shutting down\n"]);
  });

  it("HEAD has the status alone", async (t) => {
    const site = await Site.of(t, new Stage({ programs }).supervisor);
    const { status, body } = await site.ask("HEAD", "/healthz");
    assert.deepEqual([status, body], [200, ""]);
  });
});

describe("/readyz", () => {
  it("200 when all with autostart are RUNNING or have ended as expected, else who is not", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    const ask = async () => {
      const { status, body } = await site.get("/readyz");
      return [status, body];
    };
    assert.deepEqual(await ask(), [503, "job STOPPED\nweb:web_0 STOPPED\nweb:web_1 STOPPED\n"]);
    const started = stage.supervisor.start();
    assert.deepEqual(await ask(), [503, "job STARTING\nweb:web_0 STARTING\nweb:web_1 STARTING\n"]);
    await stage.pass(1000);
    await started;
    assert.deepEqual(await ask(), [200, "ready\n"]); // `manual` does not count
    stage.spawner.of("job").exit(5);
    assert.equal(stage.states()["job"], "EXITED");
    assert.deepEqual(await ask(), [200, "ready\n"]);
    await stage.supervisor.stop("web:web_1");
    assert.deepEqual(await ask(), [503, "web:web_1 STOPPED\n"]);
  });

  it("an unexpected end is not ready, nor is FATAL", async (t) => {
    const job = { ...programs.job, autorestart: false };
    const stage = new Stage({ programs: { job, web: { command: "web", startretries: 0 } } });
    const site = await Site.of(t, stage.supervisor);
    await stage.up();
    stage.spawner.of("job").exit(null, "SIGKILL");
    stage.spawner.broken = "no memory";
    stage.spawner.of("web").exit(1);
    await stage.pass(1000);
    assert.equal((await site.get("/readyz")).body, "job EXITED\nweb FATAL\n");
  });
});
