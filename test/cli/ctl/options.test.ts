import assert from "node:assert/strict";
import { homedir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { HelpAsked, readOptions } from "../../../src/cli/ctl/options.ts";
import { UsageError } from "../../../src/cli/usage-error.ts";
import { noSupervisor, optionsOf } from "../../support/supervisorctl.ts";
import { Run, conf } from "./helpers.ts";

const read = (t: TestContext, argv: readonly string[], content?: string) =>
  readOptions(["-c", conf(t, content), ...argv], { HOME: "/h", PASS: "%s3cret" });

describe("the options of ctl", () => {
  it("are supervisord's where nothing is said", async (t) => {
    assert.deepEqual(await read(t, ["status"]), {
      serverurl: "http://localhost:9001",
      username: undefined,
      password: undefined,
      prompt: "supervisor",
      historyFile: undefined,
      interactive: false,
      words: ["status"],
    });
  });

  it("end where the action begins", async (t) => {
    assert.deepEqual((await read(t, ["tail", "-f", "a"])).words, ["tail", "-f", "a"]);
    assert.deepEqual((await read(t, ["--", "-f"])).words, ["-f"]);
    assert.deepEqual((await read(t, ["-"])).words, ["-"]);
  });

  it("can be written in supervisorctl's ways", async (t) => {
    const url = "http://h:1";
    const ways = [
      ["-s", url],
      [`-s${url}`],
      ["--serverurl", url],
      [`--serverurl=${url}`],
      ["--serv", url],
      [`-is${url}`],
    ];
    for (const words of ways) assert.equal((await read(t, [...words, "pid"])).serverurl, url);
    assert.equal((await read(t, ["-r", "f"])).historyFile, "f");
    assert.equal((await read(t, ["--history-file", "f"])).historyFile, "f");
    assert.equal((await read(t, ["--history_file=f"])).historyFile, "f");
    assert.equal((await read(t, ["--hist=f"])).historyFile, "f");
    assert.equal((await read(t, ["-p", ""])).password, "");
  });

  it("ask for a shell with -i, and without an action", async (t) => {
    assert.equal((await read(t, [])).interactive, true);
    assert.equal((await read(t, ["-i", "pid"])).interactive, true);
    assert.equal((await read(t, ["--interactive", "pid"])).interactive, true);
  });

  it("show the help for -h, -? and --help", async () => {
    for (const word of ["-h", "-?", "--help", "-ih"])
      await assert.rejects(readOptions([word], {}), HelpAsked);
  });

  it("are all that supervisorctl has", { skip: noSupervisor }, async (t) => {
    const file = conf(t);
    const known = optionsOf("ClientOptions");
    assert.ok(known.length > 10);
    for (const [option, value] of known) {
      if (/^-(?:[h?]|-help)$/.test(option))
        await assert.rejects(readOptions([option], {}), HelpAsked);
      else if (/^-(?:c|-configuration)$/.test(option)) await readOptions([option, file], {});
      else await read(t, value === undefined ? [option] : [option, value]);
    }
  });

  const refused: readonly (readonly [string[], string])[] = [
    [["-x"], "option -x not recognized"],
    [["-ix"], "option -x not recognized"],
    [["--what"], "option --what not recognized"],
    [["-s"], "option -s requires argument"],
    [["--serverurl"], "option --serverurl requires argument"],
    [["--h"], "option --h not a unique prefix"],
    [["--help=1"], "option --help must not have an argument"],
    [["-s", "foo"], "invalid value for -s 'foo': value 'foo' is not a URL"],
    [["-s", "http://"], "invalid value for -s 'http://': value 'http://' is not a URL"],
    [["-u", "a", "-u", "b"], "conflicting command line option '-u'"],
    [["-u", "a", "--username=b"], "conflicting command line option '--username'"],
    [["-c", "/no/such.conf"], "could not find config file /no/such.conf"],
  ];
  for (const [argv, message] of refused) {
    it(`refuses ${argv.join(" ")}: ${message}`, async () => {
      await assert.rejects(
        readOptions(argv, {}),
        (error) => error instanceof UsageError && error.message === message,
      );
    });
  }

  it("are refused with status 2, and help with 0", async () => {
    const wrong = new Run(["-x"]);
    assert.equal(await wrong.status, 2);
    assert.equal(
      wrong.stderr.text,
      "Error: option -x not recognized\nFor help, use libsupervisor ctl -h\n",
    );
    const asked = new Run(["-h"]);
    assert.equal(await asked.status, 0);
    assert.match(asked.stdout.text, /^libsupervisor ctl --[^]*--serverurl/);
  });
});

describe("[supervisorctl]", () => {
  it("says what the command line does not", async (t) => {
    const content = `
[supervisord]
broken = %(nothing)s
[supervisorctl]
serverurl = unix://%(here)s/x/../run/s ; a socket
username: me
Password = %(ENV_PASS)s%%
prompt=mine
history_file=~/.ctl
[include]
files = nothing/*.conf
`;
    const file = conf(t, content);
    const options = await readOptions(["-c", file], { PASS: "s3cret" });
    assert.deepEqual(options, {
      serverurl: `unix://${path.dirname(file)}/run/s`,
      username: "me",
      password: "s3cret%",
      prompt: "mine",
      historyFile: path.join(homedir(), ".ctl"),
      interactive: true,
      words: [],
    });
    const own = await readOptions(["-c", file, "-u", "you", "-s", "http://h"], { PASS: "" });
    assert.equal(own.username, "you");
    assert.equal(own.serverurl, "http://h");
  });

  const broken: readonly (readonly [string, RegExp])[] = [
    ["[supervisord]\n", /^\.ini file does not include supervisorctl section$/],
    ["[supervisorctl]\nprompt=%(ENV_NOT_THERE)s\n", /contains names \("?'ENV_NOT_THERE'"?\) which/],
    ["[supervisorctl]\npassword=100%\n", /'supervisorctl.password' is badly formatted/],
  ];
  for (const [content, message] of broken) {
    it(`refuses ${JSON.stringify(content)}`, async (t) => {
      await assert.rejects(read(t, [], content), { name: "UsageError", message });
    });
  }

  it("need not be there where the command line names the server", async (t) => {
    const options = await read(t, ["-s", "http://h:1", "pid"], "[supervisord]\n");
    assert.deepEqual(options, await read(t, ["-s", "http://h:1", "pid"]));
    for (const content of ["[supervisorctl]\nprompt=%(ENV_NOT_THERE)s\n", "stray\n"])
      await assert.rejects(read(t, ["-s", "http://h:1"], content), { name: "UsageError" });
    const missing = readOptions(["-s", "http://h:1", "-c", "/no/such.conf"], {});
    await assert.rejects(missing, { name: "UsageError" });
  });
});
