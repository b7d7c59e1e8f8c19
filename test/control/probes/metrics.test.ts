import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Metrics } from "../../../src/control/probes/metrics.ts";
import { cpuSeconds, residentBytes, usageOf } from "../../../src/control/probes/usage.ts";
import { Supervisor } from "../../../src/index.ts";
import { Stage } from "../../support/helpers.ts";
import { Site } from "../helpers.ts";

const programs = {
  web: { command: "web" },
  job: { command: "job", autorestart: false, startretries: 1 },
};

function metricsOf(supervisor: Supervisor): Metrics {
  const metrics = new Metrics(supervisor);
  metrics.open();
  return metrics;
}

/** The lines of a metric, without its name. */
async function series(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split("\n");
  return lines
    .filter((line) => /^\w+/.exec(line)?.[0] === name)
    .map((line) => line.slice(name.length));
}

describe("/metrics", () => {
  it("is Prometheus' text format, every metric explained once, before its series", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    stage.spawner.of("web").exit(2);
    const { status, headers, body } = await site.get("/metrics");
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert.ok(body.endsWith("\n"));
    let current = "";
    const seen = new Set<string>();
    for (const line of body.trimEnd().split("\n")) {
      const [, word, name = ""] = /^# (HELP|TYPE) (\w+) \S/.exec(line) ?? [];
      if (word === "HELP") {
        assert.ok(!seen.has(name), name);
        seen.add(name);
        current = name;
      } else if (word === "TYPE") {
        assert.match(line, / (?:counter|gauge)$/);
        assert.equal(name, current);
        assert.equal(line.endsWith("counter"), name.endsWith("_total"), name);
      } else {
        assert.match(line, /^\w+(?:\{(?:\w+="[^"]*",?)+\})? \d+(?:\.\d+)?$/);
        assert.equal(/^\w+/.exec(line)?.[0], current);
      }
    }
  });

  it("the state is 1 for the one it is in, 0 for the seven others", async () => {
    const stage = new Stage({ programs });
    await stage.up("web");
    const metrics = metricsOf(stage.supervisor);
    const states = await series(metrics, "supervisor_process_state");
    assert.equal(states.length, 16);
    assert.deepEqual(
      states.filter((line) => line.endsWith(" 1")),
      ['{group="job",name="job",state="STOPPED"} 1', '{group="web",name="web",state="RUNNING"} 1'],
    );
    assert.deepEqual(await series(metrics, "supervisor_process_up"), [
      '{group="job",name="job"} 0',
      '{group="web",name="web"} 1',
    ]);
    assert.deepEqual(await series(metrics, "supervisor_up"), [" 1"]);
    stage.clock.advance(5000);
    const [uptime] = await series(metrics, "supervisor_process_uptime_seconds");
    assert.equal(uptime, '{group="web",name="web"} 6');
    const [start] = await series(metrics, "supervisor_process_start_time_seconds");
    assert.equal(start, `{group="web",name="web"} ${Date.UTC(2026, 0, 1) / 1000}`);
    await stage.supervisor.shutdown();
    assert.deepEqual(await series(metrics, "supervisor_up"), [" 0"]);
    assert.deepEqual(await series(metrics, "supervisor_process_uptime_seconds"), []);
  });

  it("counts every automatic start, and every end once, by its status or signal", async () => {
    const stage = new Stage({ programs });
    const metrics = metricsOf(stage.supervisor);
    const started = stage.supervisor.start().catch(() => {});
    await stage.pass(0);
    stage.spawner.of("job").exit(1); // BACKOFF
    await stage.pass(1000); // the second attempt
    stage.spawner.of("job").exit(1); // BACKOFF, then FATAL
    await stage.pass(1000);
    await started;
    assert.equal(stage.states()["job"], "FATAL");
    stage.spawner.of("web").exit(null, "SIGSEGV");
    await stage.pass(1000);
    stage.spawner.of("web").exit(3);
    await stage.pass(1000);
    await stage.supervisor.stop("web"); // by SIGTERM
    assert.deepEqual(await series(metrics, "supervisor_process_restarts_total"), [
      '{group="job",name="job"} 1',
      '{group="web",name="web"} 2',
    ]);
    assert.deepEqual(await series(metrics, "supervisor_process_exits_total"), [
      '{group="job",name="job",exitstatus="1",signal=""} 2',
      '{group="web",name="web",exitstatus="",signal="SIGSEGV"} 1',
      '{group="web",name="web",exitstatus="3",signal=""} 1',
      '{group="web",name="web",exitstatus="",signal="SIGTERM"} 1',
    ]);
    void stage.up("web");
    await stage.pass(1000);
    assert.match((await series(metrics, "supervisor_process_restarts_total")).join(), /"web"} 2/);
  });

  it("restarts are those of info(), also of the time before the server", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    stage.spawner.of("web").exit(3);
    await stage.pass(1000);
    const metrics = metricsOf(stage.supervisor);
    assert.match((await series(metrics, "supervisor_process_restarts_total")).join(), /"web"} 1/);
    assert.deepEqual(
      stage.supervisor.status().map(({ restarts }) => restarts),
      [0, 1],
    );
  });

  it("forgets what was removed, and ceases to count when it is closed", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    const metrics = metricsOf(stage.supervisor);
    stage.spawner.of("web").exit(3);
    await stage.supervisor.remove("web");
    assert.doesNotMatch(await metrics.text(), /web/);
    stage.supervisor.add("web", programs.web);
    assert.doesNotMatch((await series(metrics, "supervisor_process_exits_total")).join(), /web/);
    metrics.close();
    stage.spawner.of("job").exit(9);
    assert.deepEqual(await series(metrics, "supervisor_process_exits_total"), []);
  });

  it("forgets what was removed, also where nobody asks", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    const metrics = metricsOf(stage.supervisor);
    stage.spawner.of("web").exit(3);
    await stage.supervisor.remove("web");
    stage.supervisor.add("web", programs.web);
    assert.doesNotMatch((await series(metrics, "supervisor_process_exits_total")).join(), /web/);
  });

  it("labels are escaped", async () => {
    const name = String.raw`a"b\n{c}`;
    const stage = new Stage({ programs: { [name]: { command: "x" } } });
    const [line] = await series(metricsOf(stage.supervisor), "supervisor_process_up");
    assert.equal(line, String.raw`{group="a\"b\\n{c}",name="a\"b\\n{c}"} 0`);
  });

  it("all who ask at a time share one reading", async () => {
    const stage = new Stage({ programs });
    const metrics = metricsOf(stage.supervisor);
    assert.equal(metrics.text(), metrics.text());
  });

  it("reads a process of this machine", { skip: process.platform !== "linux" }, async (t) => {
    const command = [process.execPath, "-e", "console.log('up'); setInterval(() => {}, 1e6)"];
    const supervisor = new Supervisor({ programs: { node: { command, startsecs: 0 } } });
    t.after(() => supervisor.shutdown());
    const lines = supervisor.follow("node").lines()[Symbol.asyncIterator]();
    await supervisor.start();
    assert.equal((await lines.next()).value, "up"); // before, it may still be what it was forked from
    const metrics = metricsOf(supervisor);
    const [memory = ""] = await series(metrics, "supervisor_process_resident_memory_bytes");
    assert.ok(Number(memory.split(" ")[1]) > 100_000, memory);
    const [fds = ""] = await series(metrics, "supervisor_process_open_fds");
    assert.ok(Number(fds.split(" ")[1]) >= 3, fds);
    assert.equal((await series(metrics, "supervisor_process_cpu_seconds_total")).length, 1);
  });
});

describe("/proc", () => {
  it("cpu: user and system time, whatever the process is called", () => {
    const rest = "S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 5 1 1";
    assert.equal(cpuSeconds(`7 (sh) ${rest}`), 3);
    assert.equal(cpuSeconds(`7 (a) S 9 (9 9)) ${rest}`), 3);
    assert.equal(cpuSeconds(""), undefined);
    assert.equal(cpuSeconds("7 (sh) S 1"), undefined);
  });

  it("memory: kilobytes, none of a zombie", () => {
    assert.equal(residentBytes("Name:\tx\nVmRSS:\t    1644 kB\nThreads:\t1\n"), 1644 * 1024);
    assert.equal(residentBytes("Name:\tVmRSS: 1 kB\nState:\tZ\n"), undefined);
  });

  it("a process that is not there has nothing", async () => {
    assert.deepEqual(await usageOf(2 ** 30), {});
  });
});
