import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { initial } from "../../src/lifecycle/steps.ts";
import { NEVER, type State } from "../../src/lifecycle/state.ts";
import { describe as report } from "../../src/supervision/info.ts";
import { Stage } from "../support/helpers.ts";

// local time, because descriptions are: 15:37 on 22 November 2026
const NOON = new Date(2026, 10, 22, 15, 37).getTime();
const start = NOON / 1000 - 100;
const stop = NOON / 1000;
const times = {
  name: "a",
  group: "g",
  namespec: "g:a",
  restarts: 4,
  stdout_logfile: "",
  stderr_logfile: "",
  start,
  stop,
  now: stop,
};
const died = { code: 3, signal: null } as const;
const killed = { code: null, signal: "SIGKILL" } as const;
const AFTERNOON = "Nov 22 03:37 PM";

/** pid, exitstatus, spawnerr, description. */
const rows: readonly [title: string, State, number, number, string, string][] = [
  [
    "STARTING",
    { name: "STARTING", until: 1, phase: "proving", by: "order", tries: 0, pid: 7 },
    7,
    0,
    "",
    "",
  ],
  [
    "STARTING before the fork",
    { name: "STARTING", until: NEVER, phase: "spawning", by: "order", tries: 0 },
    0,
    0,
    "",
    "",
  ],
  ["RUNNING", { name: "RUNNING", until: NEVER, pid: 7 }, 7, 0, "", "pid 7, uptime 0:01:40"],
  [
    "BACKOFF",
    {
      name: "BACKOFF",
      until: 1,
      due: 1,
      tries: 1,
      reason: "Exited too quickly",
      status: died,
      phase: "waiting",
      next: "retry",
    },
    0,
    0,
    "Exited too quickly",
    "Exited too quickly",
  ],
  [
    "BACKOFF without a reason",
    { name: "BACKOFF", until: 1, due: 1, tries: 1, reason: "", phase: "waiting", next: "retry" },
    0,
    0,
    "",
    `unknown error (try "tail a")`,
  ],
  [
    "STOPPING",
    { name: "STOPPING", until: 1, tries: 0, pid: 7, phase: "asked", next: "stay" },
    7,
    0,
    "",
    "",
  ],
  [
    "EXITED as expected",
    {
      name: "EXITED",
      until: NEVER,
      status: { code: 0, signal: null },
      expected: true,
      phase: "swept",
      next: "stay",
      due: NEVER,
    },
    0,
    0,
    "",
    AFTERNOON,
  ],
  [
    "EXITED with another code",
    {
      name: "EXITED",
      until: NEVER,
      status: died,
      expected: false,
      phase: "swept",
      next: "stay",
      due: NEVER,
    },
    0,
    3,
    "Bad exit code 3",
    AFTERNOON,
  ],
  [
    "EXITED by a signal",
    {
      name: "EXITED",
      until: NEVER,
      status: killed,
      expected: false,
      phase: "swept",
      next: "stay",
      due: NEVER,
    },
    0,
    -1,
    "Bad exit code -1",
    AFTERNOON,
  ],
  [
    "FATAL",
    { name: "FATAL", until: NEVER, reason: "can't find command 'a'", status: died },
    0,
    0,
    "can't find command 'a'",
    "can't find command 'a'",
  ],
  ["STOPPED after a stop", { ...initial(), status: killed }, 0, -1, "", AFTERNOON],
  [
    "STOPPED from BACKOFF",
    { ...initial(), tries: 1, reason: "too quick" },
    0,
    0,
    "too quick",
    AFTERNOON,
  ],
  [
    "UNKNOWN",
    { name: "UNKNOWN", until: NEVER, phase: "refused", tries: 0, pid: 7, reason: "EPERM" },
    7,
    0,
    "EPERM",
    "",
  ],
];

describe("the report", () => {
  for (const [title, state, pid, exitstatus, spawnerr, description] of rows) {
    it(`of ${title} is supervisord's`, () => {
      assert.deepEqual(report(state, times), {
        name: "a",
        group: "g",
        namespec: "g:a",
        pid,
        state: state.name,
        spawnerr,
        exitstatus,
        signal: exitstatus === -1 ? "SIGKILL" : null,
        restarts: 4,
        start,
        stop,
        now: stop,
        description,
        stdout_logfile: "",
        stderr_logfile: "",
      });
    });
  }

  it("of what was never started says so", () => {
    const none = { ...times, start: 0, stop: 0 };
    assert.equal(report(initial(), none).description, "Not started");
  });

  const uptimes: readonly [seconds: number, text: string][] = [
    [0, "0:00:00"],
    [-5, "0:00:00"],
    [59, "0:00:59"],
    [3600, "1:00:00"],
    [86_399, "23:59:59"],
    [86_400, "1 day, 0:00:00"],
    [2 * 86_400 + 7384, "2 days, 2:03:04"],
    [100 * 86_400, "100 days, 0:00:00"],
  ];
  for (const [seconds, text] of uptimes) {
    it(`shows an uptime of ${seconds} s as ${text}`, () => {
      const state: State = { name: "RUNNING", until: NEVER, pid: 7 };
      const { description } = report(state, { ...times, now: start + seconds });
      assert.equal(description, `pid 7, uptime ${text}`);
    });
  }

  const ends: readonly [hour: number, text: string][] = [
    [0, "Nov 02 12:05 AM"],
    [9, "Nov 02 09:05 AM"],
    [12, "Nov 02 12:05 PM"],
    [23, "Nov 02 11:05 PM"],
  ];
  for (const [hour, text] of ends) {
    it(`shows an end at ${hour}:05 as ${text}`, () => {
      const end = new Date(2026, 10, 2, hour, 5).getTime() / 1000;
      assert.equal(report(initial(), { ...times, stop: end }).description, text);
    });
  }
});

describe("info()", () => {
  it("follows a process through its life", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const process = stage.supervisor.process("a");
    assert.ok(process);
    const brief = () => {
      const { state, pid, exitstatus, start: begun, stop: ended, now } = process.info();
      const since = (time: number) => (time === 0 ? "never" : now - time);
      return [state, pid, exitstatus, since(begun), since(ended)];
    };
    assert.deepEqual(brief(), ["STOPPED", 0, 0, "never", "never"]);
    void stage.supervisor.start();
    await stage.pass(1000);
    assert.deepEqual(brief(), ["RUNNING", 101, 0, 1, "never"]);
    stage.spawner.last.exit(5);
    assert.deepEqual(brief(), ["EXITED", 0, 5, 1, 0]);
    await stage.pass(0);
    assert.deepEqual(brief(), ["STARTING", 102, 0, 0, 0]);
    stage.spawner.last.exit(6);
    assert.deepEqual(brief(), ["BACKOFF", 0, 0, 0, 0]);
    await stage.pass(3000);
    assert.deepEqual(brief(), ["RUNNING", 103, 0, 2, 3]);
    await stage.supervisor.stop();
    await stage.pass(9000);
    assert.deepEqual(brief(), ["STOPPED", 0, -1, 11, 9]);
  });

  it("counts the starts without an order, until an update replaces the process", async () => {
    const stage = new Stage({
      programs: { a: { command: "a", numprocs: 2, process_name: "%(process_num)d" } },
    });
    const restarts = () => stage.supervisor.status().map((info) => [info.namespec, info.restarts]);
    await stage.up();
    const restarting = stage.supervisor.restart();
    await stage.pass(1000);
    await restarting;
    assert.deepEqual(restarts(), [
      ["a:0", 0],
      ["a:1", 0],
    ]);
    stage.spawner.last.exit(1); // EXITED, which is started again
    await stage.pass(0);
    stage.spawner.last.exit(1); // BACKOFF, which is tried again
    await stage.pass(2000);
    assert.deepEqual(restarts(), [
      ["a:0", 0],
      ["a:1", 2],
    ]);
    const updating = stage.supervisor.update({
      programs: { a: { command: "b", numprocs: 2, process_name: "%(process_num)d" } },
    });
    await stage.pass(1000);
    await updating;
    assert.deepEqual(restarts(), [
      ["a:0", 0],
      ["a:1", 0],
    ]);
  });

  it("has the signal that ended the last run, as long as it has its exit status", async () => {
    const stage = new Stage({ programs: { a: { command: "a", autorestart: false } } });
    const ending = () =>
      stage.supervisor.status().map(({ exitstatus, signal }) => [exitstatus, signal]);
    assert.deepEqual(ending(), [[0, null]]);
    await stage.up();
    stage.spawner.last.exit(null, "SIGSEGV");
    assert.deepEqual(ending(), [[-1, "SIGSEGV"]]);
    await stage.up();
    assert.deepEqual(ending(), [[0, null]]);
    stage.spawner.last.exit(3);
    assert.deepEqual(ending(), [[3, null]]);
  });

  it("has a stop of 0 when nothing was ever forked", async () => {
    const stage = new Stage({ programs: { a: { command: "a", startretries: 0 } } });
    stage.spawner.broken = "no such file";
    stage.supervisor.start().catch(() => {});
    await stage.pass(0);
    const [info] = stage.supervisor.status();
    assert.deepEqual([info?.state, info?.stop, info?.description], ["FATAL", 0, "no such file"]);
  });

  it("can be cloned and sent", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    const status = stage.supervisor.status();
    assert.deepEqual(structuredClone(status), status);
    assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
  });
});
