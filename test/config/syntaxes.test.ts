import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Facts } from "../../src/config/facts.ts";
import { asRead, kindOptions, programOptions } from "../../src/config/sections/program-options.ts";
import { readerOf } from "../../src/config/syntaxes.ts";
import { describe as describeOptions } from "../../src/schema/option.ts";
import { programSettings } from "../../src/settings/program.ts";

const facts: Facts = {
  host: "h",
  cwd: "/",
  expandHome: (path) => path,
  isDirectory: (path) => path === "/tmp",
  findUser: (name) => (name === "root" ? { uid: 0, gid: 0 } : undefined),
  findGroup: () => undefined,
};

describe("the reader of a syntax", () => {
  const cases: readonly [option: keyof typeof programSettings.shape, text: string, is: unknown][] =
    [
      ["startsecs", "5", 5],
      ["autostart", "Yes", true],
      ["autorestart", "unexpected", "unexpected"],
      ["exitcodes", "0, 2", [0, 2]],
      ["stopsignal", "int", "SIGINT"],
      ["umask", "022", 0o22],
      ["user", "root", "root"],
      ["stdout_logfile_maxbytes", "1KB", 1024],
      ["sweep", "group", "group"],
      ["environment_inherit", " no ", false],
      ["environment_inherit", "on", true],
      ["environment_inherit", "on,", ["on"]],
      ["environment_inherit", "PATH, LANG,é", ["PATH", "LANG", "é"]],
      ["environment_inherit", "", "not a list of environment variables: ''"],
      ["environment_inherit", ",", "not a list of environment variables: ','"],
      ["environment_inherit", "A B", "not a list of environment variables: 'A B'"],
      ["environment_inherit", "A=b", "not a list of environment variables: 'A=b'"],
      ["ready_line", "on {port}", "on {port}"],
      ["ready_line", "/on (?<port>\\d+)/gi", { source: "on (?<port>\\d+)", flags: "i" }],
      ["ready_line", "/on (/", "Invalid regular expression: /on (/: Unterminated group"],
      ["startwaitsecs", "0.5", 0.5],
      ["startwaitsecs", "0", "not a number of seconds: '0'"],
      ["probe_status", "200-399, 401", "200-399, 401"],
      ["socket_owner", "root", "root"],
      ["socket_mode", "01777", 0o777],
      ["socket_backlog", "0", "Invalid socket_backlog value 0"],
      ["startsecs", "1.5", "invalid literal for int() with base 10: '1.5'"],
    ];
  for (const [option, text, is] of cases) {
    it(`makes of ${option}=${text} what the settings take`, () => {
      const meta = new Map(describeOptions(programSettings.shape)).get(option);
      const parsed = meta && readerOf(meta.syntax, option, facts)?.(text);
      assert.ok(parsed);
      if ("problem" in parsed) assert.equal(parsed.problem, is);
      else {
        assert.deepEqual(parsed.value, is);
        assert.ok(programSettings.shape[option].safeParse(parsed.value).success);
      }
    });
  }
});

describe("the options of the kinds of programs", () => {
  it("are all those of a program, each once", () => {
    const all = [programOptions, ...Object.values(kindOptions)].flatMap((one) => Object.keys(one));
    assert.deepEqual(all.toSorted(), Object.keys(programSettings.shape).toSorted());
  });

  it("are read in supervisord's order, and its own ones before the extensions", () => {
    const order = Object.keys(asRead(programOptions));
    assert.deepEqual(order.slice(0, 3), ["priority", "autostart", "autorestart"]);
    assert.deepEqual(order.slice(-3), ["sweep", "cgroup", "stopstdin"]);
    assert.deepEqual(order.toSorted(), Object.keys(programOptions).toSorted());
  });
});
