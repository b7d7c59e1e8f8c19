import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolveSettings, SettingsError } from "../src/index.ts";

const command = "sleep 300";

describe("resolveSettings()", () => {
  it("gives programs their defaults, and groups and processes their priorities", () => {
    const { programs, groups, processes } = resolveSettings({
      programs: { a: { command, priority: 5 }, b: { command }, l: { command, events: ["TICK_5"] } },
      groups: { g: { programs: ["b"], priority: 7 }, empty: {} },
    });
    assert.equal(programs.get("a")?.startsecs, 1);
    assert.deepEqual(Object.fromEntries(groups), { a: 5, empty: 999, g: 7, l: -1 });
    assert.deepEqual(
      processes.map(({ group, name, program, groupPriority, priority }) => [
        `${group}:${name}`,
        program,
        groupPriority,
        priority,
      ]),
      [
        ["a:a", "a", 5, 5],
        ["g:b", "b", 7, 999],
        ["l:l", "l", -1, 999],
      ],
    );
  });

  it("expands the names of a process, also where names sort otherwise than numbers", () => {
    const { processes } = resolveSettings({
      programs: {
        w: {
          command: ["echo", "%(process_num)02d", "of %(numprocs)d"],
          directory: "/srv/%(group_name)s",
          process_name: "%(program_name)s_%(process_num)d",
          numprocs: 11,
        },
      },
    });
    const shown = new Map(processes.map((one) => [one.name, one]));
    assert.equal(shown.get("w_2")?.command, "echo 02 of 11");
    assert.equal(shown.get("w_10")?.command, "echo 10 of 11");
    assert.equal(shown.get("w_10")?.directory, "/srv/w");
  });

  it("shows no variable of the environment", () => {
    const { processes } = resolveSettings({
      programs: { a: { command: "echo %(ENV_SECRET)s %(here)s", environment: { SECRET: "s" } } },
    });
    assert.equal(processes[0]?.command, "echo %(ENV_SECRET)s %(here)s");
  });

  it("tells where the output is logged", () => {
    const { processes } = resolveSettings({
      programs: {
        a: { command, stdout_logfile: "/tmp/%(program_name)s.log", redirect_stderr: true },
        b: { command, stdout_logfile: "auto", stderr_logfile: "/tmp/b.err" },
        c: { command },
      },
    });
    assert.deepEqual(
      processes.map(({ stdout_logfile, stderr_logfile }) => [stdout_logfile, stderr_logfile]),
      [
        ["/tmp/a.log", ""],
        ["AUTO", "/tmp/b.err"],
        ["", ""],
      ],
    );
  });

  it("tells whether SIGKILL is sent to the process group, also if only the stop signal is set", () => {
    const { processes } = resolveSettings({
      programs: {
        a: { command },
        b: { command, stopasgroup: true },
        c: { command, killasgroup: true },
      },
    });
    assert.deepEqual(
      processes.map(({ killasgroup }) => killasgroup),
      [false, true, true],
    );
  });

  it("rejects wrong settings with all that is wrong", () => {
    assert.throws(
      () => resolveSettings({ programs: { a: { command: "" }, b: { comand: "x" } } } as never),
      (error) => error instanceof SettingsError && error.issues.length >= 2,
    );
  });
});
