import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, it } from "node:test";
import { programSettings, type SupervisorSettings } from "../../src/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { policyOf } from "../../src/lifecycle/options.ts";
import { parseSignal } from "../../src/schema/signal.ts";

describe("a default", () => {
  it("is supervisord's", () => {
    assert.deepEqual(programSettings.parse({ command: "x" }), {
      command: "x",
      process_name: "%(program_name)s",
      numprocs: 1,
      numprocs_start: 0,
      autostart: true,
      startsecs: 1,
      startwaitsecs: 60,
      probe_waitsecs: 5,
      startretries: 3,
      autorestart: "unexpected",
      exitcodes: [0],
      stopsignal: "SIGTERM",
      stopwaitsecs: 10,
      stopasgroup: false,
      environment: {},
      environment_inherit: true,
      ipc: false,
      redirect_stderr: false,
      stdout_logfile_maxbytes: 50 * 1024 * 1024,
      stdout_logfile_backups: 10,
      stdout_capture_maxbytes: 0,
      stdout_events_enabled: false,
      stdout_syslog: false,
      stderr_logfile_maxbytes: 50 * 1024 * 1024,
      stderr_logfile_backups: 10,
      stderr_capture_maxbytes: 0,
      stderr_events_enabled: false,
      stderr_syslog: false,
      buffer_size: 10,
      result_handler: "supervisor.dispatchers:default_handler",
      sweep: true,
      cgroup: false,
      stopstdin: false,
    });
    const { identifier, environment, processes, groups } = resolveSettings({});
    assert.deepEqual(
      [identifier, environment, processes, groups],
      ["supervisor", {}, [], new Map()],
    );
  });
});

describe("childlogdir", () => {
  const gone = { childlogdir: "/nowhere/logs" };

  it("is looked at where an AUTO log is to be made in it, and only there", () => {
    const told = (stdout_logfile: string) =>
      resolveSettings({ ...gone, programs: { a: { command: "x", stdout_logfile } } });
    assert.throws(() => told("AUTO"), /childlogdir|a directory that exists, got "\/nowhere\/logs"/);
    assert.equal(told("NONE").childlogdir, "/nowhere/logs");
    assert.equal(resolveSettings(gone).childlogdir, "/nowhere/logs");
  });
});

describe("a value", () => {
  const good: readonly [option: string, value: unknown, holds: unknown][] = [
    ["command", ["a", "", " b "], ["a", "", " b "]],
    ["numprocs", 0, 0],
    ["numprocs_start", -1, -1],
    ["priority", -5, -5],
    ["startsecs", 0.25, 0.25],
    ["stopwaitsecs", 1e300, 1e300],
    ["autorestart", true, true],
    ["exitcodes", [], []],
    ["exitcodes", [0, 2, 255], [0, 2, 255]],
    ["stopsignal", "INT", "SIGINT"],
    ["stopsignal", "sigint", "SIGINT"],
    ["stopsignal", 9, "SIGKILL"],
    ["stopsignal", "15", "SIGTERM"],
    ["killasgroup", true, true],
    ["user", 0, "0"],
    ["user", "root", "root"],
    ["directory", "/tmp", "/tmp"],
    ["umask", "022", 0o22],
    ["umask", "22", 0o22],
    ["umask", "0o27", 0o27],
    ["umask", "0777", 0o777],
    ["umask", 0o77, 0o77],
    ["umask", 0, 0],
    ["environment", { A: "" }, { A: "" }],
    ["environment", { A: undefined }, { A: undefined }],
    ["environment_inherit", true, true],
    ["environment_inherit", ["A", "b c"], ["A", "b c"]],
    ["environment_inherit", [], false],
    ["sweep", false, false],
  ];
  for (const [option, value, holds] of good) {
    it(`of ${option} may be ${JSON.stringify(value)}`, () => {
      const parsed: Record<string, unknown> = programSettings.parse({
        command: "x",
        [option]: value,
      });
      assert.deepEqual(parsed[option], holds);
    });
  }
});

describe("parseSignal", () => {
  it("takes names and numbers, and gives names", () => {
    const cases: readonly [unknown, unknown][] = [
      ["TERM", "SIGTERM"],
      ["SIGTERM", "SIGTERM"],
      ["sigusr1", "SIGUSR1"],
      [" hup ", "SIGHUP"],
      [2, "SIGINT"],
      ["2", "SIGINT"],
      ["", undefined],
      ["SIG", undefined],
      [0, undefined],
      [-1, undefined],
      [1.5, undefined],
      [65, undefined],
      [true, undefined],
      [undefined, undefined],
    ];
    for (const [value, signal] of cases) assert.equal(parseSignal(value), signal, String(value));
  });

  it("knows the real-time signals of Linux by number", () => {
    assert.equal(parseSignal(34), process.platform === "linux" ? 34 : undefined);
  });
});

describe("policyOf", () => {
  it("makes milliseconds, and lets stopasgroup turn killasgroup on", () => {
    const policy = (settings: object) =>
      policyOf(programSettings.parse({ command: "x", ...settings }));
    assert.deepEqual(
      policy({ startsecs: 2.5, stopwaitsecs: 3, startretries: 1, stopsignal: "INT" }),
      {
        startMs: 2500,
        startRetries: 1,
        stopMs: 3000,
        stopSignal: "SIGINT",
        stopAsGroup: false,
        killAsGroup: false,
        autorestart: "unexpected",
        exitCodes: [0],
      },
    );
    assert.equal(policy({ stopasgroup: true }).killAsGroup, true);
    assert.equal(policy({ killasgroup: true }).stopAsGroup, false);
  });
});

describe("an expansion", () => {
  const only = (settings: SupervisorSettings) => {
    const [config] = resolveSettings(settings).processes;
    assert.ok(config);
    return config;
  };

  it("knows the names of the process, of the host and of the environment", () => {
    const { command, name } = only({
      environment: { OUT: "o" },
      programs: {
        p: {
          command: [
            "x",
            "%(program_name)s %(group_name)s %(process_num)02d %(numprocs)d",
            "%(host_node_name)s",
            "%(here)s",
            "%(ENV_OUT)s %(ENV_OWN)s",
          ],
          numprocs: 1,
          numprocs_start: 7,
          process_name: "%(program_name)s-%(process_num)d",
          environment: { OWN: "%(group_name)s!" },
          directory: "/%(process_num)d",
        },
      },
      groups: { g: { programs: ["p"] } },
    });
    assert.equal(name, "p-7");
    assert.equal(command.name, "g:p-7");
    assert.equal(command.directory, "/7");
    assert.deepEqual(command.argv, ["x", "p g 07 1", hostname(), process.cwd(), "o g!"]);
  });

  it("process.env is an environment", () => {
    const settings: SupervisorSettings = {
      environment: process.env,
      programs: { p: { command: "x", environment: process.env } },
    };
    assert.equal(only(settings).command.environment["PATH"], process.env["PATH"]);
  });

  it("does not know a variable that is taken away", () => {
    process.env["LIBSUPERVISOR_HOST"] = "host";
    const gone = { LIBSUPERVISOR_HOST: undefined };
    const uses = "x %(ENV_LIBSUPERVISOR_HOST)s";
    const error = /LIBSUPERVISOR_HOST is not set/;
    try {
      assert.throws(() => only({ programs: { p: { command: uses, environment: gone } } }), error);
      assert.throws(() => only({ environment: gone, programs: { p: { command: uses } } }), error);
      const back = { LIBSUPERVISOR_HOST: "own" };
      const given = { environment: gone, programs: { p: { command: uses, environment: back } } };
      assert.deepEqual(only(given).command.argv, ["x", "own"]);
      assert.equal(only(given).command.unset, undefined);
      // its own variables do not count inside an environment
      const renamed = { ...gone, OTHER: "%(ENV_LIBSUPERVISOR_HOST)s" };
      const { command } = only({ programs: { p: { command: "x", environment: renamed } } });
      assert.equal(command.environment["OTHER"], "host");
      assert.deepEqual(command.unset, ["LIBSUPERVISOR_HOST"]);
    } finally {
      delete process.env["LIBSUPERVISOR_HOST"];
    }
  });

  it("comes before the splitting of the words", () => {
    const { command } = only({
      environment: { TWO: "a b" },
      programs: { p: { command: "x %(ENV_TWO)s '%(ENV_TWO)s'" } },
    });
    assert.deepEqual(command.argv, ["x", "a", "b", "a b"]);
  });

  it("leaves other percent signs alone", () => {
    const { command } = only({ programs: { p: { command: "date +%H:%M %(x)s 100%" } } });
    assert.deepEqual(command.argv, ["date", "+%H:%M", "%(x)s", "100%"]);
  });
});

describe("the order in which processes are configured", () => {
  it("is that of the group's programs, and by name as text inside a program", () => {
    const { processes } = resolveSettings({
      programs: {
        z: { command: "z" },
        n: { command: "n", numprocs: 3, numprocs_start: 8, process_name: "n%(process_num)d" },
        a: { command: "a" },
      },
      groups: { g: { programs: ["z", "n"] } },
    });
    assert.deepEqual(
      processes.filter(({ group }) => group === "g").map(({ name }) => name),
      ["z", "n10", "n8", "n9"],
    );
  });
});
