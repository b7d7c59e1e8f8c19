/** The same words to supervisorctl and to `ctl`, each with a supervisord of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { MARK, nothingLeftSoon } from "../../support/processes.ts";
import { noSupervisor, python } from "../../support/supervisorctl.ts";
import { Run } from "./helpers.ts";

/** supervisorctl without the third of a second in which Python starts: runs line by line. */
const DRIVER = `
import contextlib, io, json, sys
from supervisor import options, supervisorctl
lines = sys.stdin
for line in lines:
    args, sys.stdin = json.loads(line)
    sys.stdin = io.StringIO(sys.stdin)
    out, err, status = io.StringIO(), io.StringIO(), 0
    options.Options.stderr = err
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            supervisorctl.main(args)
        except SystemExit as e:
            status = e.code
    print(json.dumps([out.getvalue(), err.getvalue(), status]), flush=True)
`;

const CONF = `
[supervisord]
nodaemon = true
logfile = %(here)s/main.log
pidfile = %(here)s/pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s
username = me
password = secret
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s
username = me
password = secret
prompt = here
[program:a]
command = cat
startsecs = 0
[program:b]
command = cat
startsecs = 0
autostart = false
[program:talk]
command = sh -c 'echo "a <line> & more"; echo trouble >&2; while read line; do echo "heard $line"; done'
startsecs = 0
[program:bad]
command = /nonexistent
autostart = false
[program:dies]
command = false
autostart = false
startretries = 0
[group:g]
programs = x,y
priority = 5
[program:x]
command = cat
startsecs = 0
[program:y]
command = cat
startsecs = 0
autostart = false
priority = 7
`;

/** The file with b changed, bad gone and new added. */
const CHANGED = CONF.replace("[program:b]\ncommand = cat", "[program:b]\ncommand = cat -")
  .replace(/\[program:bad\][^[]*/, "")
  .concat(
    "[program:new]\ncommand = cat\nstartsecs = 0\n[program:idle]\ncommand=cat\nautostart=no\n",
  );

const BROKEN = `${CONF}\n[program:broken]\ncommand = cat\nautostart = maybe\n`;

/** One after the other: what one does, the next finds. */
const commands = [
  "status",
  "status a",
  "status g:*",
  "status g:",
  "status g",
  "status nope:* a",
  "status all nope",
  "pid",
  "pid a b",
  "pid all",
  "pid nope b",
  "version",
  "avail",
  "help",
  "help nope",
  "nonsense a b",
  "start,a",
  "start b",
  "start b",
  "start bad dies nope",
  "start b x g:y",
  "start g:*",
  "start nope:*",
  "start all",
  "stop b nope",
  "stop b",
  "stop g:*",
  "stop nope:*",
  "restart b a",
  "restart g:*",
  "restart nope",
  "signal CONT talk g:*",
  "signal FOO a",
  "signal HUP dies",
  "signal CONT nope nope:*",
  "signal CONT all",
  "tail talk",
  "tail -5 talk",
  "tail --3 talk",
  "tail talk stderr",
  "tail talk STDERR",
  "tail bad",
  "tail nope",
  "tail -x talk",
  "tail -f",
  "tail talk stdin",
  "tail -f nope",
  "maintail -0x",
  "maintail words",
  "fg bad",
  "fg nope",
  "fg a b",
  "clear talk nope",
  "clear g:*",
  "clear all",
  "reread",
  "add",
  "add a nope",
  "remove a nope",
  "update nope",
  "open nowhere",
  "quit",
  "exit",
  "-u me -p secret pid nope",
  "--serverurl http://127.0.0.1:1 status",
  "-s unix:///nope start a",
  "-s unix:///nope shutdown",
  "-s http://127.0.0.1:1 shutdown",
  "-s",
  "-x",
];

/** Those that say how they are written do it in words of their own. */
const misused = [
  "start",
  "stop",
  "restart",
  "signal",
  "signal HUP",
  "clear",
  "tail",
  "tail a b c d",
  "maintail a b",
  "fg",
  "reread x",
  "avail x",
  "shutdown x",
  "reload x",
  "version x",
];

/** Where Python shows its class and its line, `ctl` says in a word what the matter is. */
const accidents = ["-s foo://x status", "-s http://127.0.0.1:1 add a", "-s unix:///nope reload"];

interface Side {
  readonly directory: string;
  readonly server: ChildProcess;
  /** What was said on standard output and on standard error, and the exit status. */
  readonly run: (words: readonly string[], input?: string) => Promise<Told>;
}

interface Told {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

const drivers: ChildProcess[] = [];

describe("ctl beside supervisorctl", { skip: noSupervisor }, () => {
  const mark = randomUUID();
  let theirs: Side;
  let ours: Side;

  before(async () => {
    [theirs, ours] = await Promise.all([begin(supervisorctl), begin(ctl)]);
    for (const { run } of [theirs, ours]) {
      let out = "";
      while (!/^talk +RUNNING/m.test(out)) ({ out } = await run(["status"]));
    }
  });

  after(async () => {
    for (const { server, directory } of [theirs, ours]) {
      if (server.exitCode === null) {
        server.kill("SIGTERM");
        await once(server, "exit");
      }
      rmSync(directory, { recursive: true, force: true });
    }
    for (const driver of drivers) {
      driver.stdin?.end();
      if (driver.exitCode === null) await once(driver, "exit");
    }
    await nothingLeftSoon(mark);
  });

  async function begin(tool: (conf: string) => Side["run"]): Promise<Side> {
    const directory = mkdtempSync(path.join(tmpdir(), "libsupervisor-beside-"));
    const conf = path.join(directory, "supervisord.conf");
    writeFileSync(conf, CONF);
    const isThere = appears(directory, "s");
    const env = { ...process.env, [MARK]: mark };
    const server = spawn("supervisord", ["-c", conf], { env, stdio: "ignore", cwd: directory });
    await isThere;
    return { directory, server, run: tool(conf) };
  }

  async function both(words: string, input = ""): Promise<[Told, Told]> {
    const list = words.split(" ").filter((word) => word !== "");
    const [one, other] = await Promise.all([theirs, ours].map((side) => side.run(list, input)));
    assert.ok(one && other);
    return [one, other];
  }

  for (const words of commands) {
    it(`${words}: the same lines and the same exit status`, async () => {
      const [one, other] = await both(words);
      assert.deepEqual(other, one);
    });
  }

  for (const words of misused) {
    it(`${words}: the same refusal`, async () => {
      const [one, other] = await both(words);
      assert.equal(other.status, one.status);
      assert.equal(other.out.split("\n")[0], one.out.split("\n")[0]);
      assert.equal(
        other.out.split("\n")[1]?.split(/\s/)[0],
        one.out.split("\n")[1]?.split(/\s/)[0],
      );
    });
  }

  for (const words of accidents) {
    it(`${words}: an error with the same exit status`, async () => {
      const [one, other] = await both(words);
      assert.equal(other.status, one.status);
      for (const { out } of [one, other]) assert.match(out, /^error: .+\n$/);
    });
  }

  it("a wrong password: the same first line and exit status", async () => {
    const [one, other] = await both("-u me -p wrong status");
    assert.equal(other.status, one.status);
    assert.equal(other.out, "Server requires authentication\n");
    assert.ok(one.out.startsWith(other.out));
  });

  it("a shell: the same lines", async () => {
    const [one, other] = await both(
      "",
      "version\n\npid nope\nnonsense\nshutdown\nno\n?\nstop b\nquit\nb\n",
    );
    assert.deepEqual(other, one);
  });

  it("a shell whose input ends: the same lines", async () => {
    const [one, other] = await both("", "version\nEOF\n");
    assert.deepEqual(other, one);
    assert.deepEqual(...(await both("", "")));
  });

  it("fg: what the process says, and what it is told", async () => {
    const { run } = ours;
    const { out, status } = await run(["fg", "talk"], "you\n");
    assert.match(out, /^==> Press Ctrl-C to exit <==\n[^]*Exiting foreground\n$/);
    assert.equal(status, 0);
    while (!(await run(["tail", "talk"])).out.includes("heard you"));
  });

  it("tail -f: what there is, until Ctrl-C", async () => {
    const conf = path.join(ours.directory, "supervisord.conf");
    const following = new Run(["-c", conf, "tail", "-f", "talk"]);
    await following.stdout.until(/heard you\n/);
    following.interrupt();
    assert.equal(await following.status, 0);
  });

  it("maintail and maintail -f: the log of the server", async () => {
    const { out } = await ours.run(["maintail", "-100"]);
    assert.equal(out.length, 101);
    const conf = path.join(ours.directory, "supervisord.conf");
    const following = new Run(["-c", conf, "maintail", "-f"]);
    await following.stdout.until(/INFO .+\n/);
    following.interrupt();
    assert.equal(await following.status, 0);
  });

  it("a file that changes: the same from reread to update", async () => {
    change(CHANGED);
    for (const words of [
      "reread",
      "avail",
      "add idle",
      "status idle",
      "remove idle",
      "update new",
    ]) {
      const [one, other] = await both(words);
      assert.deepEqual(other, one, words);
    }
    for (const words of ["update", "update", "status"]) {
      const [one, other] = await both(words);
      assert.deepEqual(other, one, words);
    }
    change(BROKEN);
    assert.deepEqual(...(await both("reread")));
    const [one, other] = await both("update");
    assert.equal(other.status, one.status);
    assert.match(other.out, /^error: CANT_REREAD: not a valid boolean value: 'maybe'/);
    change(CONF);
  });

  it("shutdown: the same lines, and the servers end", async () => {
    const ended = [theirs, ours].map(({ server }) => once(server, "exit"));
    assert.deepEqual(...(await both("shutdown")));
    await Promise.all(ended);
    assert.deepEqual(...(await both("shutdown")));
    assert.deepEqual(...(await both("status")));
  });

  function change(content: string): void {
    for (const { directory } of [theirs, ours])
      writeFileSync(path.join(directory, "supervisord.conf"), content);
  }
});

async function appears(directory: string, name: string): Promise<void> {
  const watcher = watch(directory);
  while (!existsSync(path.join(directory, name))) await once(watcher, "change");
  watcher.close();
}

function supervisorctl(conf: string): Side["run"] {
  const driver = spawn(python ?? "", ["-u", "-c", DRIVER], { stdio: ["pipe", "pipe", "inherit"] });
  drivers.push(driver);
  const answers = createInterface(driver.stdout)[Symbol.asyncIterator]();
  return async (words, input = "") => {
    driver.stdin.write(`${JSON.stringify([["-c", conf, ...words], input])}\n`);
    const { value } = await answers.next();
    const [out, err, status] = JSON.parse(String(value)) as [string, string, number];
    return told(out, err, status, conf);
  };
}

const ctl =
  (conf: string): Side["run"] =>
  async (words, input = "") => {
    const run = new Run(["-c", conf, ...words]);
    run.stdin.end(input);
    const status = await run.status;
    return told(run.stdout.text, run.stderr.text, status, conf);
  };

/** Without what is another one on each side. */
function told(out: string, err: string, status: number, conf: string): Told {
  const plain = (said: string) =>
    said
      .replaceAll(path.dirname(conf), "/dir")
      .replaceAll(/pid \d+, uptime \d+:\d\d:\d\d/g, "pid N, uptime T")
      .replaceAll(/^[1-9]\d*$/gm, "PID")
      // those that were told at once end in any order
      .replaceAll(/(?:^.*: stopped\n)+/gm, (lines) =>
        lines
          .split(/(?<=\n)/)
          .toSorted()
          .join(""),
      )
      .replaceAll(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, "DATE")
      .replaceAll(/use (\S+|libsupervisor ctl) -h/g, "use -h");
  return { out: plain(out), err: plain(err), status };
}
