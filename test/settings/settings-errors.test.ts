import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SettingsError, Supervisor } from "../../src/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";

/** The lines of the message of what is wrong with these settings. */
function refusal(settings: unknown): string {
  try {
    resolveSettings(settings);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message.replace("Invalid settings\n", "");
  }
  return "accepted";
}

/** The same, of one program's option. */
function refusalOf(option: string, value: unknown): string {
  return refusal({ programs: { web: { command: "w", [option]: value } } });
}

const bad: readonly [option: string, value: unknown, message: string][] = [
  ["command", undefined, "a command line, or an array of a program and its arguments, got nothing"],
  ["command", 5, "a command line, or an array of a program and its arguments, got 5"],
  [
    "command",
    ["a", 1],
    "a command line, or an array of a program and its arguments, got [ 'a', 1 ]",
  ],
  ["command", "", `the name of a program first, got ""`],
  ["command", "  ", `the name of a program first, got "  "`],
  ["command", [""], "the name of a program first, got [ '' ]"],
  ["command", "'' x", `the name of a program first, got "'' x"`],
  ["command", ["a", "b\0"], "words without NUL, got [ 'a', 'b\\x00' ]"],
  ["process_name", 5, "a name without blanks, colons and slashes, after expansion, got 5"],
  ["process_name", "", `a name without blanks, colons and slashes, got ""`],
  ["process_name", "a b", `a name without blanks, colons and slashes, got "a b"`],
  ["process_name", "a:b", `a name without blanks, colons and slashes, got "a:b"`],
  ["process_name", "a/b", `a name without blanks, colons and slashes, got "a/b"`],
  ["numprocs", -1, "a whole number, 0 or more, got -1"],
  ["numprocs", 1.5, "a whole number, 0 or more, got 1.5"],
  ["numprocs", "2", `a whole number, 0 or more, got "2"`],
  ["numprocs_start", 0.5, "a whole number, got 0.5"],
  ["priority", "high", `a whole number, got "high"`],
  ["priority", Infinity, "a whole number, got Infinity"],
  ["autostart", "yes", `true or false, got "yes"`],
  ["startsecs", -1, "a number of seconds, 0 or more, got -1"],
  ["startsecs", NaN, "a number of seconds, 0 or more, got NaN"],
  ["startsecs", "1", `a number of seconds, 0 or more, got "1"`],
  ["startretries", -1, "a whole number, 0 or more, got -1"],
  ["startretries", 2.5, "a whole number, 0 or more, got 2.5"],
  ["autorestart", "always", `true, false or "unexpected", got "always"`],
  ["exitcodes", 0, "an array of exit codes from 0 to 255, got 0"],
  ["exitcodes", [0, 256], "an array of exit codes from 0 to 255, got 256"],
  ["exitcodes", [-1], "an array of exit codes from 0 to 255, got -1"],
  ["stopsignal", "NOPE", `the name or number of a signal, got "NOPE"`],
  ["stopsignal", "TREM", `the name or number of a signal, got "TREM"; did you mean "TERM"?`],
  ["stopsignal", 0, "the name or number of a signal, got 0"],
  ["stopsignal", 99, "the name or number of a signal, got 99"],
  ["stopsignal", null, "the name or number of a signal, got null"],
  ["stopwaitsecs", -0.1, "a number of seconds, 0 or more, got -0.1"],
  ["stopasgroup", 1, "true or false, got 1"],
  ["killasgroup", "true", `true or false, got "true"`],
  ["user", {}, "the name or uid of a user, got {}"],
  ["user", "no such user", `the name or uid of a user, got "no such user"`],
  ["directory", "", `the path of a directory, got ""`],
  ["directory", 1, "the path of a directory, got 1"],
  ["environment", "A=1", `an object of strings, got "A=1"`],
  ["environment_inherit", "PATH", 'true, false, or an array of names of variables, got "PATH"'],
  ["environment_inherit", ["A=B"], 'true, false, or an array of names of variables, got "A=B"'],
  ["environment_inherit", null, "true, false, or an array of names of variables, got null"],
  ["ipc", "yes", 'true or false, got "yes"'],
  ["sweep", null, 'true, false or "group", got null'],
  ["cgroup", 1, "true or false, got 1"],
  ["stopstdin", "yes", 'true or false, got "yes"'],
  ["stdout_logfile", 1, "a path, AUTO, NONE or a Writable stream, got 1"],
  ["stdout_logfile_maxbytes", "5XB", 'a number of bytes, or a string such as "50MB", got "5XB"'],
  ["stdout_logfile", "", 'a path, AUTO, NONE or a Writable stream, got ""'],
  ["stdout_logfile", "/tmp/a\0b", 'a path without NUL, got "/tmp/a\\u0000b"'],
  ["stderr_logfile", "a\0", 'a path without NUL, got "a\\u0000"'],
  ["stderr_logfile_backups", -1, "a whole number, 0 or more, got -1"],
  ["redirect_stderr", 1, "true or false, got 1"],
];

/** The same with another place or other words in front. */
const worse: readonly [title: string, settings: unknown, message: string][] = [
  [
    "settings that are no object",
    5,
    "✖ expected an object with the settings of a supervisor, got 5",
  ],
  [
    "programs that are no object",
    { programs: 5 },
    "✖ expected an object of programs by name, got 5\n  → at programs",
  ],
  [
    "a program that is no object",
    { programs: { web: "node x" } },
    `✖ expected an object with the settings of a program, got "node x"\n  → at programs.web`,
  ],
  [
    "a group that is no object",
    { groups: { g: ["a"] } },
    "✖ expected an object with the settings of a group, got [ 'a' ]\n  → at groups.g",
  ],
  [
    "a program's name with blanks",
    { programs: { "a b": { command: "x" } } },
    `✖ expected a name without blanks, colons and slashes, got "a b"\n  → at programs["a b"]`,
  ],
  [
    "an identifier that is no text",
    { identifier: 5 },
    "✖ expected a string, got 5\n  → at identifier",
  ],
  [
    "an unbalanced quote",
    { programs: { web: { command: `a "b` } } },
    String.raw`✖ cannot be split into words: No closing quotation in "a \"b"` +
      "\n  → at programs.web.command",
  ],
  [
    "a variable that is not set",
    { programs: { web: { command: "a %(ENV_UNHEARD_OF)s" } } },
    "✖ cannot be expanded: %(ENV_UNHEARD_OF)s: the environment variable UNHEARD_OF is not set\n  → at programs.web.command",
  ],
  [
    "a number among the variables",
    { programs: { web: { command: "a", environment: { A: 5 } } } },
    "✖ expected a string, got 5\n  → at programs.web.environment.A",
  ],
  [
    "a variable whose name cannot be",
    { environment: { "A=B": "1" } },
    `✖ expected a variable name without =, got "A=B"\n  → at environment["A=B"]`,
  ],
  [
    "numprocs without process_num in the name",
    { programs: { web: { command: "a", numprocs: 2 } } },
    `✖ expected %(process_num)d in it because numprocs is 2, got "%(program_name)s"\n  → at programs.web.process_name`,
  ],
  [
    "killasgroup against stopasgroup",
    { programs: { web: { command: "a", stopasgroup: true, killasgroup: false } } },
    "✖ expected true or nothing while stopasgroup is true, got false\n  → at programs.web.killasgroup",
  ],
  [
    "a group of a program that is not there",
    { programs: { web: { command: "a" } }, groups: { g: { programs: ["wep"] } } },
    `✖ there is no program "wep"; did you mean "web"?\n  → at groups.g.programs[0]`,
  ],
  [
    "a group called as a program that is not in it",
    { programs: { web: { command: "a" } }, groups: { web: {} } },
    "✖ there is a group of that name, and the program is not in it\n  → at programs.web",
  ],
  [
    "two processes of one name in a group",
    {
      programs: { a: { command: "a", process_name: "x" }, b: { command: "b", process_name: "x" } },
      groups: { g: { programs: ["a", "b"] } },
    },
    `✖ the group "g" has a process "x" already, of the program "a"\n  → at programs.b.process_name`,
  ],
];

describe("a refusal", () => {
  for (const [option, value, message] of bad) {
    it(`of ${option} ${JSON.stringify(value) ?? "undefined"} tells what was expected`, () => {
      const lines = refusalOf(option, value).split("\n");
      assert.equal(lines[0], `✖ expected ${message}`);
      assert.match(lines[1] ?? "", new RegExp(`^ {2}→ at programs\\.web\\.${option}(\\[\\d\\])?$`));
      assert.equal(lines.length, 2);
    });
  }

  for (const [title, settings, message] of worse) {
    it(`of ${title} tells where and why`, () => {
      assert.equal(refusal(settings), message);
    });
  }

  it("of an unknown key suggests a near one, at each level", () => {
    assert.equal(
      refusal({
        program: {},
        programs: { web: { command: "w", startsec: 3, colour: "red" } },
        groups: { g: { program: [] } },
      }),
      `✖ there is no setting "program"; did you mean "programs"?
  → at program
✖ there is no setting "startsec"; did you mean "startsecs"?
  → at programs.web.startsec
✖ there is no setting "colour"
  → at programs.web.colour
✖ there is no setting "program"; did you mean "programs"?
  → at groups.g.program`,
    );
  });

  const misplaced: readonly [title: string, settings: unknown, message: string, at: string][] = [
    [
      "a program",
      { web: { command: "x" } },
      '"web"; a program goes into programs: { web: … }',
      "web",
    ],
    [
      "a program with a name near a setting",
      { guardians: { autostart: false } },
      '"guardians"; a program goes into programs: { guardians: … }',
      "guardians",
    ],
    [
      "a program without settings",
      { web: {} },
      '"web"; a program goes into programs: { web: … }',
      "web",
    ],
    [
      "a command",
      { "my-web": "node x.js" },
      '"my-web"; a program goes into programs: { "my-web": … }',
      '["my-web"]',
    ],
    [
      "a command in words",
      { web: ["node", "x.js"] },
      '"web"; a program goes into programs: { web: … }',
      "web",
    ],
    [
      "a group",
      { zoo: { programs: ["cat"], priority: 1 } },
      '"zoo"; a group goes into groups: { zoo: … }',
      "zoo",
    ],
    [
      "a program among the groups",
      { groups: { web: { command: "x" } } },
      '"command"; a program goes into programs: { web: … }',
      "groups.web.command",
    ],
    [
      "a group among the programs",
      { programs: { zoo: { command: "x", programs: [] } } },
      '"programs"; a group goes into groups: { zoo: … }',
      "programs.zoo.programs",
    ],
    [
      "programs in a misspelt place",
      { progams: { web: { command: "x" } } },
      '"progams"; did you mean "programs"?',
      "progams",
    ],
    ["a setting of something else", { loglevel: "info" }, '"loglevel"', "loglevel"],
    ["a switch", { debug: true }, '"debug"', "debug"],
  ];
  for (const [title, settings, message, at] of misplaced)
    it(`of ${title} in a wrong place says where it belongs`, () => {
      assert.equal(refusal(settings), `✖ there is no setting ${message}\n  → at ${at}`);
    });

  it("tells all that is wrong with all programs, in form and in content", () => {
    const settings = {
      programs: {
        a: { command: "a", startsecs: -1, numproc: 2 },
        b: { command: `"b` },
        c: { command: "c", user: "no such user" },
      },
      groups: { g: { programs: ["a", "x"] } },
    };
    assert.throws(
      () => new Supervisor(settings),
      (error: unknown) => {
        assert.ok(error instanceof SettingsError);
        assert.equal(error.name, "SettingsError");
        assert.deepEqual(
          error.issues.map(({ path }) => path.join(".")),
          [
            "programs.a.startsecs",
            "programs.a.numproc",
            "groups.g.programs.1",
            "programs.b.command",
            "programs.c.user",
          ],
        );
        return true;
      },
    );
  });

  it("is told once for all processes of a program", () => {
    const message = refusal({
      programs: {
        web: { command: "%(ENV_UNHEARD_OF)s", numprocs: 9, process_name: "%(process_num)d" },
      },
    });
    assert.equal(message.split("✖").length, 2);
  });
});
