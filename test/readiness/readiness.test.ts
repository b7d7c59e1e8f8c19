import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SettingsError, Supervisor, type ProgramSettings } from "../../src/index.ts";
import { Stage, fault, watch } from "../support/helpers.ts";

const url = "tcp://127.0.0.1:8080";
const program = (settings: Partial<ProgramSettings> = {}) => ({
  programs: { web: { command: "w", ready_url: url, ...settings } },
});
const info = (stage: Stage) => stage.supervisor.status()[0];

/** Begins a start, with the port vacant. */
async function begin(settings: Partial<ProgramSettings> = {}) {
  const stage = new Stage(program(settings));
  stage.prober.answer(url, "connect ECONNREFUSED 127.0.0.1:8080");
  const started = watch(stage.supervisor.start());
  await stage.pass(0);
  return { stage, started };
}

describe("ready_url", () => {
  it("is RUNNING the moment it is ready, and not before", async () => {
    const { stage, started } = await begin();
    assert.equal(info(stage)?.state, "STARTING");
    assert.equal(info(stage)?.description, "not ready: connect ECONNREFUSED 127.0.0.1:8080");
    await stage.pass(5000);
    assert.deepEqual([info(stage)?.state, started.outcome], ["STARTING", "pending"]);
    stage.prober.answer(url, true);
    await stage.pass(500);
    assert.deepEqual([info(stage)?.state, started.outcome], ["RUNNING", "done"]);
    assert.deepEqual(stage.seen(), ["web STARTING", "web RUNNING"]);
    assert.equal(stage.clock.pending, 0); // nothing is asked any more
    const asked = stage.prober.attempts.length;
    await stage.pass(60_000);
    assert.equal(stage.prober.attempts.length, asked);
  });

  it("is asked at once, then after 20, 40, 80, 160, 320, 500, 500 ms", async () => {
    const { stage } = await begin();
    const times: number[] = [];
    let known = stage.prober.attempts.length;
    for (let ms = 1; ms <= 2200; ms++) {
      await stage.pass(1);
      if (stage.prober.attempts.length > known) times.push(ms);
      known = stage.prober.attempts.length;
    }
    assert.deepEqual(times, [20, 60, 140, 300, 620, 1120, 1620, 2120]);
  });

  it("that another process answers already is a failed start, without a spawn", async () => {
    const stage = new Stage(program({ startretries: 1 }));
    stage.prober.answer(url, true);
    const started = stage.supervisor.start();
    const refused = assert.rejects(
      started,
      fault("SPAWN_ERROR", /answers already: another process/),
    );
    await stage.pass(0);
    assert.equal(info(stage)?.state, "BACKOFF");
    await stage.pass(1000);
    await stage.pass(0);
    await refused;
    assert.equal(info(stage)?.state, "FATAL");
    assert.equal(info(stage)?.spawnerr, `${url} answers already: another process listens there`);
    assert.equal(stage.spawner.children.length, 0);
  });

  it("is vacant if nobody answers in half a second", async () => {
    const stage = new Stage(program());
    void stage.supervisor.start();
    await stage.pass(499);
    assert.equal(stage.spawner.children.length, 0);
    await stage.pass(1);
    assert.equal(stage.spawner.children.length, 1);
  });

  it("that never comes: stopped, tried again, FATAL, with the last answer", async () => {
    const { stage } = await begin({ startwaitsecs: 10, startretries: 1 });
    for (let i = 0; i < 2; i++) {
      await stage.pass(10_000);
      await stage.pass(100);
      await stage.pass(1000);
    }
    assert.equal(info(stage)?.state, "FATAL");
    const reason =
      "Not ready within 10 seconds (startwaitsecs): connect ECONNREFUSED 127.0.0.1:8080";
    assert.equal(info(stage)?.spawnerr, reason);
    assert.deepEqual(
      stage.spawner.children.map(({ kills }) => kills),
      [["SIGTERM"], ["SIGTERM"]],
    );
    const steps = ["STARTING", "STOPPING", "BACKOFF"].map((state) => `web ${state}`);
    assert.deepEqual(stage.seen(), [...steps, ...steps, "web FATAL"]);
    assert.equal(stage.clock.pending, 0);
  });

  it("an exit before it is ready is a failed start at once, and says so", async () => {
    const { stage } = await begin();
    stage.spawner.last.exit(3);
    assert.equal(info(stage)?.state, "BACKOFF");
    assert.equal(
      info(stage)?.spawnerr,
      "Exited before it was ready (process log may have details)",
    );
    const asked = stage.prober.attempts.length;
    await stage.pass(900);
    assert.equal(stage.prober.attempts.length, asked);
  });

  it("an end after it was ready, but before startsecs, is a failed start that counts", async () => {
    const { stage } = await begin({ startretries: 0 });
    stage.prober.answer(url, true);
    await stage.pass(20);
    assert.equal(info(stage)?.state, "RUNNING");
    stage.prober.answer(url, "refused");
    await stage.pass(500);
    stage.spawner.last.exit(0);
    await stage.pass(0);
    assert.deepEqual(stage.seen().slice(1), [
      "web RUNNING",
      "web EXITED",
      "web BACKOFF",
      "web FATAL",
    ]);
  });

  it("a stop, a restart and an exit end the asking: no late answer counts", async () => {
    const { stage } = await begin();
    stage.prober.answer(url, undefined);
    await stage.pass(20); // an attempt is open
    const restarted = watch(stage.supervisor.restart("web"));
    await stage.pass(0);
    stage.prober.answer(url, "refused");
    await stage.pass(0);
    assert.equal(stage.spawner.children.length, 2);
    assert.equal(info(stage)?.state, "STARTING");
    await stage.supervisor.stop();
    stage.prober.answer(url, true);
    await stage.pass(1000);
    assert.deepEqual([info(stage)?.state, restarted.outcome], ["STOPPED", "ABNORMAL_TERMINATION"]);
    assert.ok(stage.prober.attempts.every(({ isOver }) => isOver));
    assert.equal(stage.clock.pending, 0);
  });

  it("several have to be met, each once: a port may close again", async () => {
    const other = "http://localhost:9/";
    const { stage } = await begin({ ready_url: `${url}, ${other}`, ready_line: "up" });
    stage.prober.answer(other, "refused"); // nobody is there before
    await stage.pass(0);
    stage.prober.answer(other, true);
    await stage.pass(500);
    stage.prober.answer(other, "refused");
    stage.prober.answer(url, true);
    await stage.pass(500);
    assert.equal(info(stage)?.state, "STARTING");
    assert.equal(info(stage)?.description, 'not ready: no line with "up"');
    stage.spawner.last.print("it is up\n");
    assert.equal(info(stage)?.state, "RUNNING");
  });
});

describe("ready_line", () => {
  const up = async (settings: Partial<ProgramSettings>) => {
    const stage = new Stage({ programs: { web: { command: "w", ...settings } } });
    const started = watch(stage.supervisor.start());
    await stage.pass(0);
    return { stage, started, child: stage.spawner.last };
  };
  const captures = (stage: Stage) => stage.supervisor.process("web")?.captures;

  it("a text with captures, in pieces and colours, on either stream", async () => {
    for (const stream of ["stdout", "stderr"] as const) {
      const { stage, started, child } = await up({ ready_line: "listening on {url}" });
      child.print("\u001B[32mnow listen", stream);
      child.print("ing on http://127.0.0.1:80", stream);
      await stage.pass(99);
      child.print("80/\u001B[0m", stream);
      assert.equal(captures(stage), undefined);
      child.print(" at last\n", stream);
      await stage.pass(0);
      assert.equal(started.outcome, "done");
      assert.deepEqual(captures(stage), { url: "http://127.0.0.1:8080/" });
      await stage.supervisor.stop();
      assert.equal(captures(stage), undefined);
    }
  });

  it("a prompt without an end counts when it has stayed for 100 ms", async () => {
    const { stage, child } = await up({ ready_line: /> $/ });
    child.print("port 80> ");
    await stage.pass(99);
    child.print("not yet> ");
    await stage.pass(99);
    assert.equal(info(stage)?.state, "STARTING");
    await stage.pass(1);
    assert.equal(info(stage)?.state, "RUNNING");
    assert.equal(stage.clock.pending, 0);
  });

  it("the event has the captures, and the log says what made it ready", async () => {
    const { stage, child } = await up({ ready_line: /port (?<port>\d+)/ });
    const lines: string[] = [];
    const found: unknown[] = [];
    stage.supervisor.on("ACTIVITY", ({ message }) => lines.push(message));
    stage.supervisor.on("PROCESS_STATE_RUNNING", (event) => found.push(event.captures));
    await stage.pass(1240);
    child.print("port 8080\n");
    assert.deepEqual(found, [{ port: "8080" }]);
    assert.deepEqual(lines, [
      "success: web entered RUNNING state, is ready after 1.24 seconds (ready_line)",
    ]);
  });

  it("of a former life never counts", async () => {
    const { stage, child } = await up({ ready_line: "ready now" });
    child.print("ready");
    child.exit(1);
    await stage.pass(1000);
    stage.spawner.last.print(" now\n");
    assert.equal(info(stage)?.state, "STARTING");
  });
});

describe("ready_file", () => {
  it("counts once it is another one than before the start", async () => {
    const stage = new Stage({ programs: { web: { command: "w", ready_file: "/run/web" } } });
    stage.prober.setFile("/run/web", "old");
    void stage.supervisor.start();
    await stage.pass(0);
    const [attempt] = stage.prober.attempts;
    assert.deepEqual(attempt?.probe, { kind: "file", path: "/run/web", before: "old" });
    stage.prober.answer("/run/web", true);
    await stage.pass(0);
    assert.equal(info(stage)?.state, "RUNNING");
  });
});

describe("the settings of readiness", () => {
  const problems = (settings: object): string[] => {
    try {
      void new Supervisor({ programs: { web: { command: "w", ...settings } } });
      return [];
    } catch (error) {
      assert.ok(error instanceof SettingsError);
      return error.issues.map(({ path, message }) => `${path.slice(2).join(".")}: ${message}`);
    }
  };

  it("are refused with the option, what came, and what is expected", () => {
    const wrong = {
      ready_url: ["tcp://localhost", "http://0.0.0.0:80/", "htp://x"],
      ready_line: "on {port} or {port}",
      startwaitsecs: 0,
      probe_status: "2xx",
    };
    const found = problems(wrong);
    assert.equal(found.length, 6, found.join("\n"));
    assert.match(found.join("\n"), /startwaitsecs: expected a number of seconds above 0, got 0/);
    assert.match(found.join("\n"), /ready_url\.0: expected a port, as in tcp:\/\/localhost:8080/);
    assert.match(found.join("\n"), /ready_url\.2: .*did you mean "http"/);
    assert.match(found.join("\n"), /ready_line: \{port\} is there twice/);
    assert.deepEqual(problems({ ready_line: /x*/ }), [
      "ready_line: expected a text that not every line has, got /x*/",
    ]);
    assert.deepEqual(problems({ ready_line: "up", events: ["EVENT"] }).length, 1);
  });

  it("of a set are those of each process", async () => {
    const stage = new Stage({
      programs: {
        web: {
          command: "w",
          numprocs: 2,
          process_name: "%(process_num)d",
          ready_url: "tcp://127.0.0.1:808%(process_num)d",
        },
      },
    });
    void stage.supervisor.start();
    await stage.pass(500);
    const asked = stage.prober.attempts.map(({ target }) => target);
    assert.deepEqual([...new Set(asked)], ["tcp://127.0.0.1:8080", "tcp://127.0.0.1:8081"]);
  });

  it("that are the same change nothing in an update; a RegExp is data", async () => {
    const settings = { programs: { web: { command: "w", ready_line: /up/g } } };
    const { supervisor } = new Stage(settings);
    const same = { programs: { web: { command: "w", ready_line: /up/ } } };
    assert.deepEqual(await supervisor.update(same, { dryRun: true }), {
      added: [],
      changed: [],
      removed: [],
    });
    assert.deepEqual(supervisor.settings.programs?.["web"]?.ready_line, {
      source: "up",
      flags: "",
    });
    assert.deepEqual(await supervisor.update(supervisor.settings), {
      added: [],
      changed: [],
      removed: [],
    });
  });
});
