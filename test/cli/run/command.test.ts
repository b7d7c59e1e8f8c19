/** The command, as somebody at a shell has it. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { get, type IncomingMessage } from "node:http";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { open as openFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Daemon, descendants, lacks } from "../../support/daemon.ts";
import { freePort } from "../../support/free-port.ts";
import { alive, gone, needsRoot, root, scratch } from "../../support/processes.ts";
import { needsUsers, publicPackage } from "../../support/public.ts";

const main = path.join(root, "dist/cli/main.js");

/** What the command says to these words, and how it ends; for one that ends by itself. */
function said(args: readonly string[], cwd = root) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** A file in a directory of its own, with `[supervisord]` at its beginning. */
function conf(t: TestContext, text: string, supervisord = ""): string {
  const file = path.join(scratch(t), "a.conf");
  writeFileSync(
    file,
    `[supervisord]\nlogfile=%(here)s/log\npidfile=%(here)s/pid\n${supervisord}\n${text}`,
  );
  return file;
}

const CAT =
  "[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n";

describe("the command", () => {
  it("tells its usage and its version", () => {
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
      version: string;
    };
    assert.deepEqual(said(["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
    for (const words of [[], ["check"], ["ctl"]]) {
      const usage = said([...words, "-h"]);
      assert.equal(usage.status, 0);
      assert.match(usage.stdout, /^libsupervisor[ \w]* -- /);
      for (const word of ["-?", "--help", "--hel"]) assert.deepEqual(said([...words, word]), usage);
    }
  });

  it("is what `npm start` runs when it is given words", () => {
    const start = path.join(root, "docs/examples/start.mjs");
    const { stdout } = spawnSync(process.execPath, [start, "-h"], { encoding: "utf8" });
    assert.match(stdout, /^libsupervisor -- /);
  });

  it("says what is wrong with its switches, and ends with 2", (t) => {
    const file = conf(t, CAT);
    const unknown = said(["-c", file, "-x"]);
    assert.equal(unknown.status, 2);
    assert.equal(
      unknown.stderr,
      "Error: option -x not recognized\nFor help, use libsupervisor -h\n",
    );
    const loud = said(["-c", file, "-e", "loud"]);
    assert.equal(loud.status, 2);
    assert.match(loud.stderr, /^Error: bad logging level name 'loud'\n/);
    assert.match(loud.stderr, /the command line: \[supervisord\] loglevel: /);
  });

  it("says how a file is named, and what words there are", () => {
    const word = said(["chek", "-c", "a.conf"]);
    assert.equal(word.status, 2);
    assert.match(word.stderr, /^Error: unknown command "chek": the commands are check and ctl.*\n/);
    const file = said(["check", "a.conf"]);
    const line = 'unexpected "a.conf"; a file is named with -c: libsupervisor check -c a.conf';
    assert.equal(file.status, 2);
    assert.equal(file.stderr, `Error: ${line}\nFor help, use libsupervisor check -h\n`);
    const { status, stdout } = said(["check", "-h"]);
    assert.equal(status, 0);
    for (const one of ["-c, --configuration FILE", "--strict", "-h, --help", "exit status"])
      assert.ok(stdout.includes(one), one);
  });

  it("says all that is wrong with a file, in supervisord's words and with its place", (t) => {
    const file = conf(t, "[program:a]\ncommand=a\nautostart=maybe\nstartsecs=soon\n");
    const { status, stderr, stdout } = said(["-n", "-c", file]);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /Error: not a valid boolean value: 'maybe' in section 'program:a'/);
    assert.match(stderr, /a\.conf:7: \[program:a\] autostart: /);
    assert.match(stderr, /a\.conf:8: \[program:a\] startsecs: /);
    assert.ok(!existsSync(path.join(path.dirname(file), "log")), "it has begun");
  });

  it("says before what is wrong what is odd: it may be the reason", (t) => {
    const file = conf(t, "[program:web]\ncomand=sleep 5\n");
    for (const args of [["-n"], ["check"]]) {
      const { status, stderr } = said([...args, "-c", file]);
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^Warning: .*a\.conf:6: \[program:web\] comand: .* did you mean "command"\?\nError: .*does not specify a command/,
      );
    }
  });

  it("does not start where its log is a directory", (t) => {
    const file = conf(t, CAT);
    mkdirSync(path.join(path.dirname(file), "log"));
    const { status, stderr } = said(["-n", "-c", file]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^Error: .*a\.conf:2: \[supervisord\] logfile: the log cannot be written: .*\/log is a directory\nFor help.*\n$/,
    );
    const other = said(["-n", "-c", file, "-l", path.dirname(file)]);
    assert.match(other.stderr, /^Error: the command line: \[supervisord\] logfile: .* directory\n/);
  });

  it("does not start where it may not write its log", { skip: lacks("setpriv") }, (t) => {
    const file = conf(t, CAT);
    const directory = path.join(path.dirname(file), "shut");
    mkdirSync(directory, 0o555);
    const words = ["--bounding-set=-dac_override,-dac_read_search", "--", process.execPath, main];
    const mighty = needsRoot === false;
    const [command = "", ...args] = mighty ? ["setpriv", ...words] : [process.execPath, main];
    const all = [...args, "-n", "-c", file, "-l", `${directory}/log`];
    const { status, stderr } = spawnSync(command, all, { encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, /^Error: .*the log cannot be written: EACCES: .*\nFor help.*\n$/);
  });

  it("does not start with fewer descriptors than it is told to have", (t) => {
    const { status, stderr } = said(["-n", "-c", conf(t, CAT, "minfds=99999999999")]);
    assert.equal(status, 2);
    assert.match(stderr, /minimum number of file descriptors .* 99999999999 .*"minfds"/);
  });

  it("has its switches win over the file", async (t) => {
    const file = conf(t, CAT, "identifier=file\nloglevel=warn");
    const log = path.join(path.dirname(file), "100%d.log");
    const daemon = new Daemon(t, file, { args: ["-l", log, "-e", "info"] });
    await daemon.heard(/success: cat entered RUNNING/);
    await daemon.stop();
    assert.match(readFileSync(log, "utf8"), /INFO spawned: 'cat' with pid \d+/);
  });

  it("never daemonizes, and says so where the file expects it", async (t) => {
    const file = conf(t, CAT, "nodaemon=false\numask=027\ndirectory=/tmp");
    const program =
      "[program:where]\ncommand=sh -c 'pwd; umask'\nstartsecs=0\nautorestart=false\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n";
    writeFileSync(file, readFileSync(file, "utf8") + program);
    const daemon = new Daemon(t, file, { isDaemon: true });
    await daemon.heard(/INFO libsupervisor never daemonizes: staying in the foreground/);
    await daemon.heard(/^\/tmp$/m);
    await daemon.heard(/^0027$/m);
    await daemon.stop();
  });

  it("writes each line once where its log is the standard output", async (t) => {
    const daemon = new Daemon(t, conf(t, CAT, "logfile=/dev/stdout\nlogfile_maxbytes=0"));
    await daemon.heard(/success: cat entered RUNNING/);
    await daemon.stop();
    assert.equal(daemon.output.match(/spawned: 'cat'/g)?.length, 1);
  });

  it("goes on when the reader of its output has gone", async (t) => {
    const file = conf(t, CAT);
    const daemon = spawn(process.execPath, [main, "-n", "-c", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => daemon.kill("SIGKILL"));
    const ended = once(daemon, "exit");
    for (const stream of [daemon.stdout, daemon.stderr]) stream.destroy();
    const log = path.join(path.dirname(file), "log");
    while (!existsSync(log) || !/RUNNING/.test(readFileSync(log, "utf8"))) {
      assert.equal(daemon.exitCode, null, "it has ended");
      await pause(20);
    }
    daemon.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
    assert.match(readFileSync(log, "utf8"), /stopped: cat/);
  });

  it("is silent when told so", async (t) => {
    const file = conf(t, CAT, "silent=true");
    const log = path.join(path.dirname(file), "log");
    const daemon = new Daemon(t, file);
    await daemon.patiently(
      () => existsSync(log) && /RUNNING/.test(readFileSync(log, "utf8")),
      "log",
    );
    await daemon.stop();
    assert.equal(daemon.output, "");
  });

  it("copies what programs write into its log, from debug on", async (t) => {
    const program = "[program:say]\ncommand=sh -c 'echo hello; exec cat'\nstartsecs=0\n";
    const daemon = new Daemon(t, conf(t, program, "loglevel=debug\nchildlogdir=%(here)s"));
    await daemon.heard(/DEBG 'say' stdout output:\nhello\n/);
    await daemon.stop();
  });

  it("opens its log anew at USR2, and does not mind USR1", async (t) => {
    const file = conf(t, CAT);
    const log = path.join(path.dirname(file), "log");
    const daemon = new Daemon(t, file);
    await daemon.heard(/success: cat entered RUNNING/);
    renameSync(log, `${log}.old`);
    process.kill(daemon.pid, "SIGUSR1");
    await daemon.heard(/WARN ignored SIGUSR1/);
    process.kill(daemon.pid, "SIGUSR2");
    await daemon.heard(/INFO supervisord logreopen/);
    assert.match(readFileSync(log, "utf8"), /supervisord logreopen/);
    await daemon.stop();
  });

  it("writes all that is wrong with a file into its log when that is read again", async (t) => {
    const file = conf(t, `${CAT}[unix_http_server]\nfile=%(here)s/sock\n`);
    const socketPath = path.join(path.dirname(file), "sock");
    const daemon = new Daemon(t, file);
    await daemon.heard(/success: cat entered RUNNING/);
    const wrong = "[program:a]\ncomand=a\nautostart=maybe\n";
    writeFileSync(file, readFileSync(file, "utf8") + wrong);
    const answer = await daemon.call({ socketPath }, "supervisor.reloadConfig");
    assert.match(answer, /<string>CANT_REREAD: not a valid boolean value: [^<\n]*<\/string>/);
    await daemon.heard(/WARN .*a\.conf:13: \[program:a\] comand: .*"command"/);
    await daemon.heard(/ERRO .*a\.conf:14: \[program:a\] autostart: expected/);
    await daemon.heard(/ERRO .*a\.conf:12: \[program:a\] there is no command/);
    await daemon.stop();
  });

  it("removes the AUTO logs of the life before when it is reloaded, unless nocleanup", async (t) => {
    for (const nocleanup of [false, true]) {
      const program =
        "[program:say]\ncommand=sh -c 'echo one; echo two; echo three >&2; exec cat'\nstartsecs=0\n";
      const file = conf(t, program, `childlogdir=%(here)s/auto\nnocleanup=${nocleanup}`);
      const place = path.join(path.dirname(file), "auto");
      mkdirSync(place);
      const daemon = new Daemon(t, file);
      const isWritten = (name: string) => readFileSync(path.join(place, name), "utf8") !== "";
      const spoken = (life: number) => () => {
        const spawned = daemon.output.match(/spawned: 'say'/g) ?? [];
        const names = readdirSync(place);
        return spawned.length === life && names.filter(isWritten).length >= 2 && names;
      };
      const first = await daemon.patiently(spoken(1), "logs of the first life");
      const old = first.find((name) => name.startsWith("say-stdout")) ?? "";
      writeFileSync(path.join(place, `${old}.1`), "turned over\n");
      process.kill(daemon.pid, "SIGHUP");
      const second = await daemon.patiently(spoken(2), "logs of the second life");
      assert.deepEqual(
        [...first, `${old}.1`].filter((name) => second.includes(name)),
        nocleanup ? [...first, `${old}.1`] : [],
      );
      await daemon.stop();
      assert.ok(second.every((name) => existsSync(path.join(place, name)))); // to be read
    }
  });

  it("turns a reload into a shutdown when it is told to end meanwhile", async (t) => {
    const program =
      "[program:slow]\ncommand=sh -c 'trap \"read x <%(here)s/go; exit 0\" TERM; echo up; while :; do sleep 0.1; done'\nstartsecs=0\nstopwaitsecs=60\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n";
    const file = conf(t, program);
    const go = path.join(path.dirname(file), "go");
    spawnSync("mkfifo", [go]);
    const daemon = new Daemon(t, file);
    await daemon.heard(/^up$/m);
    process.kill(daemon.pid, "SIGHUP");
    await daemon.heard(/WARN received SIGHUP indicating restart request/);
    process.kill(daemon.pid, "SIGTERM");
    await daemon.heard(/WARN received SIGTERM indicating exit request/);
    process.kill(daemon.pid, "SIGHUP");
    await daemon.heard(/WARN ignored SIGHUP indicating restart request \(shutdown in progress\)/);
    spawnSync("sh", ["-c", `echo >${go}`]);
    assert.deepEqual(await daemon.end(), { status: 0, signal: null });
    assert.equal(daemon.output.match(/spawned:/g)?.length, 1);
  });

  it("starts without complaint where its pid file is /dev/null, which stays", async (t) => {
    const file = conf(t, CAT);
    const text = readFileSync(file, "utf8").replace(/^pidfile=.*$/m, "pidfile=/dev/null");
    writeFileSync(file, text);
    const daemon = new Daemon(t, file);
    await daemon.heard(/INFO supervisord started with pid \d+/);
    await daemon.stop();
    assert.doesNotMatch(daemon.output, /pidfile/);
    assert.ok(statSync("/dev/null").isCharacterDevice());
  });

  it("reads the file again at HUP, wherever `directory` has brought it", async (t) => {
    const file = conf(t, CAT, "directory=/");
    const cwd = path.dirname(path.dirname(file));
    const daemon = new Daemon(t, path.relative(cwd, file), { isDaemon: true, cwd });
    await daemon.heard(/success: cat entered RUNNING/);
    writeFileSync(file, readFileSync(file, "utf8").replace("[program:cat]", "[program:dog]"));
    process.kill(daemon.pid, "SIGHUP");
    await daemon.heard(/success: dog entered RUNNING/);
    await daemon.stop();
  });

  it("reads the file once more at a HUP that comes while it reads it", async (t) => {
    const file = conf(t, CAT);
    const settings = readFileSync(file, "utf8");
    const daemon = new Daemon(t, file);
    await daemon.heard(/success: cat entered RUNNING/);
    renameSync(file, `${file}.old`);
    spawnSync("mkfifo", [file]);
    process.kill(daemon.pid, "SIGHUP");
    await daemon.heard(/stopped: cat/);
    const writer = await openFile(file, "w"); // it is being read
    process.kill(daemon.pid, "SIGHUP");
    await writer.writeFile(settings.replace("[program:cat]", "[program:stale]"));
    const status = `/proc/${daemon.pid}/status`;
    await daemon.patiently(() => /^ShdPnd:\s*0+$/m.test(readFileSync(status, "utf8")), "signal");
    writeFileSync(`${file}.new`, settings.replace("[program:cat]", "[program:fresh]"));
    renameSync(`${file}.new`, file);
    await writer.close();
    await daemon.heard(/success: fresh entered RUNNING/);
    await daemon.stop();
    assert.match(daemon.output, /received SIGHUP[^]*received SIGHUP/);
  });

  it("leaves neither programs, pid file nor socket when it is killed", async (t) => {
    const server = "[unix_http_server]\nfile=%(here)s/sock\n";
    const file = conf(t, CAT + server);
    const place = (name: string) => path.join(path.dirname(file), name);
    const daemon = new Daemon(t, file);
    const pid = Number(await daemon.heard(/spawned: 'cat' with pid (\d+)/));
    await daemon.patiently(() => existsSync(place("sock")) && existsSync(place("pid")), "files");
    await daemon.end("SIGKILL");
    await gone(pid);
    assert.ok(!alive(pid));
    await daemon.patiently(() => !existsSync(place("pid")) && !existsSync(place("sock")), "end");
  });

  it("is called by browsers by the names that it is told, by switch and by file", async (t) => {
    const port = await freePort();
    const server = `[inet_http_server]\nport=127.0.0.1:${port}\nusername=u\npassword=p\n`;
    const file = conf(t, `${CAT}${server}allowed_hosts=status.example, ::1\n`, "user=root");
    const daemon = new Daemon(t, file, {
      args: ["--allowed-host", "app.internal", "--allowed-host=other.internal"],
    });
    await daemon.heard(/success/);
    const status = async (host: string, url: string) => {
      const headers = { host, authorization: `Basic ${Buffer.from("u:p").toString("base64")}` };
      const asked = get({ host: "127.0.0.1", port, path: url, headers, agent: false });
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    for (const host of [
      "localhost",
      "status.example",
      "app.internal:80",
      "other.internal",
      "[::1]",
    ])
      assert.equal(await status(host, "/"), 200, host);
    assert.equal(await status("evil.example", "/"), 403);
    assert.equal(await status("evil.example", "/metrics"), 200); // no browser asks
    await daemon.stop();
  });

  it("tells of a name that is none", (t) => {
    const server = "[inet_http_server]\nport=9001\nusername=u\npassword=p\n";
    for (const name of ["http://status.example", "status.example:9001", "*"]) {
      const { status, stderr } = said(["-c", conf(t, `${server}allowed_hosts=a,${name}\n`)]);
      assert.equal(status, 2);
      assert.match(stderr, /a\.conf:\d+: .*allowed_hosts: expected names of hosts without ports/);
      const bySwitch = said(["-c", conf(t, server), "--allowed-host", name]);
      assert.equal(bySwitch.status, 2);
      assert.match(bySwitch.stderr, /expected the name of a host, without a port, got "/);
    }
  });

  it(
    "ends although a program does not, which it names",
    { skip: needsUsers || lacks("setpriv") },
    async (t) => {
      const file = conf(
        t,
        "[program:mighty]\ncommand=%(here)s/suid --reuid 0 sleep 1000\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n",
        "user=nobody",
      );
      const directory = path.dirname(file);
      chownSync(directory, 65_534, 65_534);
      const suid = path.join(directory, "suid");
      copyFileSync(
        execFileSync("sh", ["-c", "command -v setpriv"], { encoding: "utf8" }).trim(),
        suid,
      );
      chmodSync(suid, 0o4755);
      const daemon = new Daemon(t, file, { place: publicPackage() });
      const pid = Number(await daemon.heard(/spawned: 'mighty' with pid (\d+)/));
      const isMighty = () => /^Uid:\s+0\s/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      for (let i = 0; i < 500 && !isMighty(); i++) await pause(10);
      if (!isMighty()) return t.skip("files in the temporary directory cannot change the user");
      process.kill(daemon.pid, "SIGTERM");
      assert.deepEqual(await daemon.ended, { status: 0, signal: null });
      assert.match(
        daemon.output,
        new RegExp(`CRIT Cannot stop "mighty": .*\\(UNKNOWN, pid ${pid}\\): kill EPERM\n`),
      );
      process.kill(pid, "SIGKILL");
      await gone(pid);
    },
  );

  it("warns whoever runs it as root without a user", { skip: needsRoot }, async (t) => {
    const daemon = new Daemon(t, conf(t, CAT));
    await daemon.heard(/CRIT Supervisor is running as root\. {2}Privileges were not dropped/);
    await daemon.stop();
    const other = new Daemon(t, conf(t, CAT, "user=root"));
    await other.heard(/success/);
    await other.stop();
    assert.doesNotMatch(other.output, /running as root/);
  });
});

describe("check", () => {
  it("is content with a file that is right", (t) => {
    const file = conf(t, `${CAT}[group:g]\nprograms=cat\n`);
    const { status, stdout, stderr } = said(["check", "-c", file]);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(stdout, `${file}: valid: 1 program, 1 group, 1 process\n`);
  });

  it("warns of what is odd, and of programs that are not there", (t) => {
    const file = conf(t, "[program:a]\ncommand=/nonexistent\nstartsec=3\n[progam:b]\n");
    const { status, stderr } = said(["check", "-c", file]);
    assert.equal(status, 0);
    assert.match(stderr, /Warning: .*a\.conf:7: .*startsecs/);
    assert.match(stderr, /Warning: .*a\.conf:8: .*progam:b/);
    assert.match(stderr, /Warning: .*a\.conf:5: \[program:a\] can't find command '\/nonexistent'/);
    assert.equal(said(["check", "-c", file, "--strict"]).status, 2);
  });

  it("says of a server that it would be refused", (t) => {
    const whole = said(["check", "-c", conf(t, "[inet_http_server]\nport=*:9001\n")]);
    assert.equal(whole.status, 2);
    assert.match(
      whole.stderr,
      /^Error: .*a\.conf:6: \[inet_http_server\] port: .* without username and password/,
    );
    const file = conf(t, "[inet_http_server]\nport=localhost:9001\n");
    assert.equal(said(["check", "-c", file]).status, 0);
    const named = conf(t, "[inet_http_server:x]\nport=*:9001\n");
    for (const args of [["check"], ["-n"]]) {
      const { status, stderr } = said([...args, "-c", named]);
      assert.equal(status, 2);
      assert.match(stderr, /^Error: .*a\.conf:6: \[inet_http_server:x\] port: Refusing to serve/);
    }
  });

  it("says of a socket that it would be refused, as the command says it then", (t) => {
    const directory = scratch(t);
    for (const [place, why] of [
      [`${directory}/${"s".repeat(120)}`, /too long by \d+ bytes/],
      [`${directory}/nowhere/s`, /There is no directory/],
    ] as const) {
      const file = conf(t, `[unix_http_server]\nfile=${place}\n`);
      for (const args of [["check"], ["-n"]]) {
        const { status, stderr } = said([...args, "-c", file]);
        assert.equal(status, 2, place);
        assert.match(stderr, /^Error: .*a\.conf:6: \[unix_http_server\] file: /);
        assert.match(stderr, why);
      }
    }
    const fine = said(["check", "-c", conf(t, `[unix_http_server]\nfile=${directory}/s\n`)]);
    assert.deepEqual([fine.status, fine.stderr], [0, ""]);
  });

  it("warns of a directory in which others could replace the socket", (t) => {
    const directory = scratch(t);
    mkdirSync(`${directory}/open/inner`, { recursive: true });
    chmodSync(`${directory}/open`, 0o777);
    mkdirSync(`${directory}/theirs`);
    const isRoot = needsRoot === false;
    if (isRoot) chownSync(`${directory}/theirs`, 1, 1);
    for (const [place, why] of [
      [`${directory}/open/s`, /Everybody may write/],
      [`${directory}/open/inner/s`, /Everybody may write/],
      ...(isRoot ? [[`${directory}/theirs/s`, /belongs to another user/] as const] : []),
    ] as const) {
      const { status, stderr } = said([
        "check",
        "-c",
        conf(t, `[unix_http_server]\nfile=${place}\n`),
      ]);
      assert.equal(status, 0, place);
      assert.match(stderr, /^Warning: .*a\.conf:6: \[unix_http_server\] file: /);
      assert.match(stderr, why);
    }
  });

  it(
    "judges the directory of a socket for whom the command is to become",
    { skip: needsRoot },
    (t) => {
      const directory = scratch(t);
      chownSync(directory, 65_534, 65_534);
      const server = `[unix_http_server]\nfile=${directory}/s\n`;
      assert.equal(said(["check", "-c", conf(t, server, "user=65534")]).stderr, "");
      assert.match(said(["check", "-c", conf(t, server)]).stderr, /belongs to another user/);
    },
  );

  it("says of a log that it is a directory", (t) => {
    const file = conf(t, CAT);
    mkdirSync(path.join(path.dirname(file), "log"));
    const { status, stderr } = said(["check", "-c", file]);
    assert.equal(status, 2);
    assert.match(stderr, /^Error: .*a\.conf:2: \[supervisord\] logfile: .* is a directory\n/);
  });

  it("warns of a directory that is not there", (t) => {
    const file = conf(t, "[program:a]\ncommand=/bin/cat\ndirectory=/nope\n");
    const { status, stderr } = said(["check", "-c", file]);
    assert.equal(status, 0);
    assert.match(
      stderr,
      /^Warning: .*a\.conf:5: \[program:a\] couldn't chdir to \/nope: ENOENT\n$/,
    );
  });

  it("says everything that is wrong, with 2", (t) => {
    const file = conf(t, "[program:a]\nnumprocs=x\n[group:g]\nprograms=nobody\n");
    const { status, stderr } = said(["check", "-c", file]);
    assert.equal(status, 2);
    assert.match(stderr, /numprocs/);
    assert.match(stderr, /nobody/);
    assert.match(stderr, /command/);
    assert.match(stderr, /For help, use libsupervisor check -h\n$/);
  });
});

const { execve } = process as { readonly execve?: unknown };
const noUnshare =
  spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0
    ? false
    : "no pid namespace can be made";

describe("the command as process 1", { skip: noUnshare }, () => {
  const orphans = `[program:parent]\ncommand=sh -c 'setsid sh -c "echo orphan; exec sleep 0.1" & exit 0'\nstartsecs=0\nautorestart=false\nsweep=false\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n[program:look]\ncommand=sh -c 'sleep 0.5; grep -l "^State:.Z" /proc/[0-9]*/status; echo looked; exec cat'\nstartsecs=0\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n`;

  it("reaps orphans by a shell, or says that it does not", async (t) => {
    const wrapper = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] as const;
    const daemon = new Daemon(t, conf(t, orphans), { wrapper });
    await daemon.heard(/^looked$/m);
    const zombies = daemon.output.match(/^\/proc\/\d+\/status$/gm) ?? [];
    const hasWarned = daemon.output.includes("WARN running as pid 1");
    assert.equal(hasWarned, execve === undefined);
    if (execve) assert.deepEqual(zombies, []);
    const [first] = descendants(daemon.pid);
    assert.ok(first !== undefined);
    process.kill(first, "SIGTERM");
    assert.deepEqual(await daemon.end(), { status: 0, signal: null }, daemon.output);
  });
});
