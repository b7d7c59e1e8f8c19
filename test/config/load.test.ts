import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { ConfigError, loadConfig, type ConfigIssue } from "../../src/config/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { Supervisor } from "../../src/index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "conf-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const env = { HOME: "/home/me", LAB: "lab", ODD: 'a "b" %d' };

function write(name: string, text: string): string {
  const file = path.join(dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const load = (text: string, options = {}) =>
  loadConfig(write("x.conf", `[supervisord]\n${text}`), { env, ...options });

async function issuesOf(promise: Promise<unknown>): Promise<readonly ConfigIssue[]> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues;
  }
  return assert.fail("there was nothing wrong");
}

/** The command lines, by the full names of the processes. */
const commands = (settings: object) =>
  Object.fromEntries(
    resolveSettings(settings).processes.map(({ command }) => [
      command.name,
      command.argv.join(" "),
    ]),
  );

describe("loadConfig()", { skip: process.platform === "win32" }, () => {
  it("its own properties are the settings of a supervisor, and all else is beside them", async () => {
    const config = await load(
      "identifier=me\n[program:a]\ncommand=/bin/a\n[group:g]\nprograms=a\n",
    );
    assert.deepEqual(Object.fromEntries(Object.entries(config)), {
      programs: { a: { command: "/bin/a", stdout_logfile: "AUTO", stderr_logfile: "AUTO" } },
      groups: { g: { programs: ["a"] } },
      identifier: "me",
    });
    assert.equal(config.file, path.join(dir, "x.conf"));
    assert.deepEqual(config.files, [config.file]);
    assert.equal(config.supervisord.loglevel, "info");
    assert.equal(new Supervisor(config).identifier, "me");
  });

  it("everything wrong is said at once, with file, line, section, option, value", async () => {
    const issues = await issuesOf(
      load(`minfds=x
[program:a]
command=/bin/a
startsecs=soon
autostart=maybe
[program:b]
user=nobody:nogroup
[inet_http_server]
port=0
`),
    );
    const file = path.join(dir, "x.conf");
    assert.deepEqual(
      issues.map((one) => [one.line, one.section, one.option, one.value, one.message]),
      [
        [2, "supervisord", "minfds", "x", 'expected a whole number, got "x"'],
        [
          6,
          "program:a",
          "autostart",
          "maybe",
          'expected true, yes, on or 1, or false, no, off or 0, got "maybe"',
        ],
        [5, "program:a", "startsecs", "soon", 'expected a whole number, got "soon"'],
        [
          8,
          "program:b",
          "user",
          "nobody:nogroup",
          'expected the name or uid of a user, got "nobody:nogroup"',
        ],
        [7, "program:b", undefined, undefined, "there is no command"],
        [10, "inet_http_server", "port", "0", 'expected a port, or host:port, got "0"'],
      ],
    );
    assert.ok(issues.every((one) => one.file === file));
    assert.match(
      new ConfigError(issues).message,
      /x\.conf:5: \[program:a\] startsecs: expected a whole/,
    );
  });

  it("a misspelt signal is said with the one that was meant, unless it comes from outside", async () => {
    const section = "[program:a]\ncommand=/bin/a\nstopsignal=";
    const [misspelt] = await issuesOf(load(`${section}TREM\n`));
    const wanted = "expected the name or number of a signal, got";
    assert.equal(misspelt?.message, `${wanted} "TREM"; did you mean "TERM"?`);
    const outside = load(`${section}%(ENV_WORD)s\n`, { env: { WORD: "TREM" } });
    assert.equal((await issuesOf(outside))[0]?.message, `${wanted} "%(ENV_WORD)s"`);
  });

  it("unknown sections and options are warnings with a suggestion, and errors when it is strict", async () => {
    const text = `[program:a]
command=/bin/a
startsec=9
[programm:b]
command=/bin/b
[DEFAULT]
autostrat=no
`;
    const messages = (issues: readonly ConfigIssue[]) =>
      issues.map(({ line, message }) => `${line}: ${message}`);
    const wanted = [
      '4: there is no option "startsec"; did you mean "startsecs"?',
      '5: there is no such section; did you mean "program:b"?',
      '8: there is no option "autostrat"; did you mean "autostart"?',
    ];
    assert.deepEqual(messages((await load(text)).warnings), wanted);
    assert.deepEqual(messages(await issuesOf(load(text, { strict: true }))), wanted);
  });

  it("an error comes with the warnings that explain it", async () => {
    const error: unknown = await load("[program:a]\ncomand=/bin/a\n").catch((e: unknown) => e);
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      error.issues.map(({ message }) => message),
      ["there is no command"],
    );
    assert.deepEqual(
      error.warnings.map(({ line, message }) => `${line}: ${message}`),
      ['3: there is no option "comand"; did you mean "command"?'],
    );
  });

  it("a section without its closing bracket is said to lack it", async () => {
    const { warnings } = await load("[program:a]\ncommand=/bin/a\n[program:b\ncommand=/bin/b\n");
    assert.deepEqual(
      warnings.map(({ line, option, message }) => [line, option, message]),
      [[4, undefined, 'a closing bracket is missing; did you mean "[program:b]"?']],
    );
    const plain = await issuesOf(load("[include\n"));
    assert.deepEqual(
      plain.map(({ line, message }) => [line, message]),
      [[2, 'expected a closing bracket: [include], got "[include"']],
    );
  });

  it("a byte order mark at the beginning of a file is named", async () => {
    const file = write("bom.conf", "\uFEFF[supervisord]\n[program:a]\ncommand=/bin/a\n");
    const [issue] = await issuesOf(loadConfig(file, { env }));
    assert.equal(issue?.message, "it begins with a byte order mark: save it as UTF-8 without one");
    assert.equal(issue.supervisord, "File contains no section headers.");
    const main = write("main.conf", "[supervisord]\n[include]\nfiles=bom.conf\n");
    const [included] = await issuesOf(loadConfig(main, { env }));
    assert.deepEqual([included?.file, included?.message], [file, issue.message]);
  });

  it("names with one value are expanded, and what they bring is text", async () => {
    const config = await load(`environment=G="%(ENV_LAB)s"
[program:a]
command=/bin/a %(ENV_ODD)s %(here)s %(program_name)s %(ENV_G)s %(process_num)02d of %(numprocs)d %%(numprocs)d
directory=%(host_node_name)s
`);
    const { a } = config.programs;
    assert.equal(a?.command, `/bin/a a "b" %d ${dir} a lab 00 of 1 %%(numprocs)d`);
    assert.equal(a?.directory, hostname());
    assert.deepEqual(commands(config), { a: `/bin/a a b %d ${dir} a lab 00 of 1 %(numprocs)d` });
  });

  it("what differs between the processes is left to them", async () => {
    const config = await load(`[program:a]
command=/bin/a %(ENV_PORT)s 100%% %%%(process_num)d
numprocs=2
numprocs_start=8
process_name=a%(process_num)02d
environment=PORT=80%(process_num)02d,NAME="%(process_num)d's",FIX="%(ENV_LAB)s%%"
`);
    assert.deepEqual(commands(config), {
      "a:a08": "/bin/a 8008 100% %8",
      "a:a09": "/bin/a 8009 100% %9",
    });
    const [first] = resolveSettings(config).processes;
    assert.equal(first?.command.environment["NAME"], "8's");
    assert.equal(first?.command.environment["FIX"], "lab%");
  });

  it("a program in two groups is one of each, with their names", async () => {
    const config = await load(`[program:a]
command=/bin/a %(group_name)s
[group:g]
programs=a
[group:h]
programs=a
priority=5
`);
    assert.deepEqual(commands(config), { "g:a": "/bin/a g", "h:a": "/bin/a h" });
    assert.equal(config.groups["h"]?.priority, 5);
  });

  it("what differs and would be taken apart in another way is refused", async () => {
    const text = (environment: string) =>
      load(`[program:a]
command=/bin/a
environment=${environment}
[group:g]
programs=a
[group:h@x]
programs=a
`);
    const [issue] = await issuesOf(text("A=%(group_name)s"));
    assert.equal(issue?.message, "what differs between the processes has to stand in quotes");
    assert.equal(Object.keys((await text('A="%(group_name)s"')).programs).length, 1);
  });

  it("a size that differs between the processes is refused", async () => {
    const [issue] = await issuesOf(
      load(`[program:a]
command=/bin/a
numprocs=2
process_name=a%(process_num)d
stdout_logfile_maxbytes=%(process_num)dMB
`),
    );
    assert.equal(issue?.option, "stdout_logfile_maxbytes");
    assert.equal(issue?.message, "cannot differ between the processes of a program");
  });

  it("include: globs in order, the directory of each file is its own, and none includes more", async () => {
    write("conf.d/b.conf", "[program:b]\ncommand=%(here)s/b\n[program:a]\nstartsecs=2\n");
    write("conf.d/a.conf", "[program:a]\ncommand=%(here)s/a\n[include]\nfiles=*.conf ../*.conf\n");
    write("conf.d/.hidden.conf", "broken");
    mkdirSync(path.join(dir, "conf.d/dir"));
    const config = await load("[include]\nfiles = conf.d/*.conf %(ENV_LAB)s/[x]?.ini\n");
    assert.deepEqual(
      config.files.map((file) => path.relative(dir, file)),
      ["x.conf", "conf.d/a.conf", "conf.d/b.conf"],
    );
    const inside = path.join(dir, "conf.d");
    assert.deepEqual(commands(config), { a: `${inside}/a`, b: `${inside}/b` });
    assert.equal(config.programs["a"]?.startsecs, 2);
    assert.deepEqual(
      config.warnings.map((one) => one.supervisord),
      [`No file matches via include "${dir}/%(ENV_LAB)s/[x]?.ini"`],
    );
  });

  it("include: what loops, by itself or by a link, ends", async () => {
    symlinkSync(".", path.join(dir, "loop"));
    const file = write(
      "x.conf",
      "[supervisord]\n[program:a]\ncommand=/bin/a\n[include]\nfiles=x.conf loop/*/*/*.conf\n",
    );
    const config = await loadConfig(file, { env });
    assert.deepEqual(Object.keys(config.programs), ["a"]);
  });

  it("does not look long for what was meant where much is wrong", async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `program_${i}`);
    const programs = names.map((name) => `[program:${name}x]\ncommand=/bin/a\n`).join("");
    const begun = performance.now();
    const issues = await issuesOf(load(`[group:g]\nprograms=${names.join(",")}\n${programs}`));
    assert.equal(issues.length, 3000);
    assert.match(issues[0]?.message ?? "", /did you mean "program_0x"\?$/);
    assert.ok(performance.now() - begun < 5000, "it took too long"); // of all, it took half a minute
  });

  it("include: a directory or a pipe is passed over, as by supervisord, but not in silence", async () => {
    execFileSync("mkfifo", [path.join(dir, "pipe.conf")]);
    mkdirSync(path.join(dir, "sub.conf"));
    symlinkSync("nowhere", path.join(dir, "link.conf"));
    const config = await load("[program:a]\ncommand=/bin/a\n[include]\nfiles=*.conf");
    assert.deepEqual(Object.keys(config.programs), ["a"]);
    assert.deepEqual(
      config.warnings.map(({ file, message }) => [path.basename(file), message]),
      [
        ["link.conf", `cannot be read: ENOENT: no such file or directory, stat '${dir}/link.conf'`],
        ["pipe.conf", "cannot be read: it is not a file"],
        ["sub.conf", "cannot be read: it is not a file"],
      ],
    );
    assert.deepEqual(
      config.files.filter((file) => /pipe|sub|link/.test(file)),
      [],
    );
  });

  it("include: one that is no text is an error", async () => {
    writeFileSync(path.join(dir, "latin.ini"), Buffer.from("; caf\xe9", "latin1"));
    const [issue] = await issuesOf(load("[include]\nfiles=latin.ini"));
    assert.equal(issue?.message, "cannot be read: it is not UTF-8");
  });

  it("what is found in an included file is said of that file", async () => {
    const inner = write("inner.ini", "[program:a]\ncommand=/bin/a\n\nstartsecs=x\n");
    const [issue] = await issuesOf(load("[include]\nfiles=inner.ini\n"));
    assert.deepEqual([issue?.file, issue?.line], [inner, 4]);
    assert.equal(
      issue?.supervisord,
      `invalid literal for int() with base 10: 'x' in section 'program:a' (file: '${inner}')`,
    );
  });

  it("without a path it looks where supervisord does", async () => {
    const file = write("etc/supervisord.conf", "[supervisord]\n");
    assert.equal((await loadConfig(undefined, { cwd: dir, env })).file, file);
    const first = write("supervisord.conf", "[supervisord]\n");
    assert.equal((await loadConfig(undefined, { cwd: dir, env })).file, first);
  });

  it("a file that is not there is an error in supervisord's words", async () => {
    const [issue] = await issuesOf(loadConfig("none.conf", { cwd: dir }));
    assert.equal(issue?.supervisord, `could not find config file ${dir}/none.conf`);
  });

  it("[supervisorctl] counts in the main file alone", async () => {
    write("inner.ini", "[supervisorctl]\nprompt=inner\nserverurl=http://x\n");
    const config = await load(
      "[supervisorctl]\nserverurl=unix://%(here)s/../s.sock\n[include]\nfiles=inner.ini\n",
    );
    assert.deepEqual(config.supervisorctl, {
      serverurl: `unix://${path.dirname(dir)}/s.sock`,
      prompt: "supervisor",
    });
  });

  it("plugins in Python are ignored with a warning, but for supervisord's own", async () => {
    const config = await load(`[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[rpcinterface:other]
supervisor.rpcinterface_factory = other:make
[ctlplugin:x]
supervisor.ctl_factory = x:make
`);
    assert.deepEqual(
      config.warnings.map(({ section, message }) => `${section}: ${message}`),
      [
        "rpcinterface:other: it is a plugin in Python, and ignored",
        "ctlplugin:x: it is a plugin in Python, and ignored",
      ],
    );
  });

  it("a result_handler that cannot be called is told of once, and supervisord's own is not", async () => {
    const handled = (name: string, handler: string) =>
      `[eventlistener:${name}]\ncommand=/bin/l\nevents=EVENT\nnumprocs=2\nprocess_name=%(process_num)s\nresult_handler=${handler}\n`;
    const own = "supervisor.dispatchers:default_handler";
    const config = await load(handled("a", "supervisor_stdout:event_handler") + handled("b", own));
    assert.deepEqual(
      config.warnings.map(({ section, option, message }) => [section, option, message]),
      [
        [
          "eventlistener:a",
          "result_handler",
          "it is a Python function, which is not called: every RESULT counts as OK",
        ],
      ],
    );
    const { processes } = resolveSettings(config);
    assert.deepEqual(
      processes.map(({ group, listener }) => `${group} ${listener?.acceptsAll}`),
      ["a true", "a true", "b false", "b false"],
    );
  });

  it("no bytes crash or hang it", async () => {
    const words = fc.constantFrom(
      "[supervisord]\n",
      "[program:a]\n",
      "\n[group:g]\nprograms=",
      "[include]\nfiles=",
      "[eventlistener:l]\nevents=",
      "[fcgi-program:f]\nsocket=",
      "command=",
      "environment=A=",
      "numprocs=",
      "process_name=",
      "stdout_logfile=",
      "%(process_num)",
      "99999999999999999999",
      "%(ENV_LAB)s",
      "\0",
      "/",
      "*",
      " ;",
      "%",
      "\n",
      "\n ",
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc
        .array(fc.oneof({ weight: 4, arbitrary: words }, { weight: 1, arbitrary: fc.string() }))
        .map((parts) => Buffer.from(`[supervisord]\n${parts.join("")}`)),
    );
    let accepted = 0;
    const file = path.join(dir, "fuzz.conf");
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (content, strict) => {
        writeFileSync(file, content);
        try {
          await loadConfig(file, { env, strict });
          accepted++;
        } catch (error) {
          assert.ok(error instanceof ConfigError, String((error as Error).stack));
          assert.ok(error.issues.length > 0);
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(accepted > 20, `only ${accepted} were accepted`);
  });

  it("long lines take no longer than short ones", async () => {
    const long = 200_000;
    for (const text of [
      `[program:a]\ncommand=/bin/a${" ".repeat(long)}b\n`,
      `[program:a]\ncommand=/bin/a ${"%%".repeat(long)}x\n`,
      `x${" ".repeat(long)}x\n`,
      `[program:a]\ncommand=/bin/a\nenvironment=${"A='x',".repeat(long / 10)}\n`,
      `[include]\nfiles=${"*".repeat(1000)}a\n`,
      `${"[".repeat(long)}\n`,
      `[program:a]\ncommand=${"%(".repeat(long)}\n`,
    ]) {
      const started = process.cpuUsage();
      await load(text).catch((error: unknown) => assert.ok(error instanceof ConfigError));
      const { user } = process.cpuUsage(started);
      assert.ok(user < 3_000_000, `${user / 1000} ms for ${text.slice(0, 40)}`);
    }
  });
});
