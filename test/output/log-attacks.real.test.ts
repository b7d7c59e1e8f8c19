import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { ActivityLog, type LogfileFailedEvent } from "../../src/index.ts";
import { runHost } from "../support/host.ts";
import { once, text, whole } from "../support/output.ts";
import { needsRoot, nothingLeft, root, scratch } from "../support/processes.ts";
import { needsUsers } from "../support/public.ts";
import { refusal, sh, supervise } from "../support/real-supervisor.ts";
import { NOBODY } from "../support/privileged-files.ts";

const library = pathToFileURL(path.join(root, "dist/index.js")).href;

/** A directory in which a program of somebody else's may do what it likes; and a file that it may not see. */
function yard(t: TestContext) {
  const directory = scratch(t);
  const logs = path.join(directory, "logs");
  const secret = path.join(directory, "secret");
  fs.mkdirSync(logs);
  fs.writeFileSync(secret, "secret\n", { mode: 0o600 });
  fs.chownSync(logs, NOBODY, NOBODY);
  return { logs, secret, log: path.join(logs, "log") };
}

/** Does something as a user that owns nothing. */
function asNobody(script: string): void {
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  execFileSync("setpriv", [...ids, "sh", "-c", script]);
}

describe("a program that replaces its log", () => {
  it("by a link to itself does not end the host", async (t) => {
    const directory = scratch(t);
    const { supervisor } = supervise(t, {
      web: {
        command: sh("rm -f log; ln -s log log; exit 1"),
        directory,
        stdout_logfile: path.join(directory, "log"),
        stdout_logfile_maxbytes: 0,
        startretries: 0,
      },
    });
    const { code } = await refusal(supervisor.start("web"));
    assert.equal(code, "SPAWN_ERROR");
    assert.equal(supervisor.process("web")?.state, "FATAL");
  });

  it(
    "by a link of its own has nothing shown, nothing emptied and nothing followed",
    { skip: needsRoot },
    async (t) => {
      const { secret, log } = yard(t);
      const { supervisor, channel } = supervise(t, {
        web: {
          ...once,
          command: sh("echo hello; echo up >$CHANNEL; read never <>$CHANNEL.never"),
          stdout_logfile: log,
        },
      });
      supervisor.on("LOGFILE", () => {});
      await supervisor.start();
      await channel.hear(/^up$/);
      asNobody(`rm ${log}; ln -s ${secret} ${log}`);
      for (const attempt of [supervisor.tail("web"), supervisor.read("web", "stdout", 0, 0)]) {
        const { code, message } = await refusal(attempt);
        assert.equal(code, "FAILED");
        assert.match(message, /EPERM: a symbolic link that belongs to uid 65534/);
      }
      assert.equal((await refusal(supervisor.clear("web"))).code, "FAILED");
      supervisor.reopen();
      await supervisor.stop();
      assert.equal(text(secret), "secret\n");
    },
  );

  it(
    "by a link of its own, where the process writes by itself: the next one is not led astray",
    { skip: needsRoot },
    async (t) => {
      const { secret, log } = yard(t);
      const { supervisor } = supervise(t, {
        web: { ...once, command: "cat", stdout_logfile: log, stdout_logfile_maxbytes: 0 },
      });
      const failed = new Promise<string>((resolve) => {
        supervisor.on("LOGFILE_FAILED", ({ code }) => resolve(code));
      });
      const lines = supervisor.follow("web").lines()[Symbol.asyncIterator]();
      await supervisor.start();
      await supervisor.send("web", "one\n");
      assert.equal((await lines.next()).value, "one");
      asNobody(`rm ${log}; ln -s ${secret} ${log}`);
      const next = lines.next();
      await supervisor.restart("web");
      assert.equal(await failed, "EPERM");
      assert.equal(supervisor.process("web")?.state, "RUNNING");
      await supervisor.shutdown();
      assert.equal((await next).value, undefined);
      assert.equal(text(secret), "secret\n");
    },
  );

  for (const way of ["removed", "reopen", "follow", "activity"]) {
    it(`by a named pipe does not freeze the host (${way})`, async (t) => {
      const log = path.join(scratch(t), "log");
      const host = await runHost(
        `
        import { ActivityLog } from ${JSON.stringify(library)};
        import { execFileSync } from "node:child_process";
        import { unlinkSync } from "node:fs";
        const supervisor = new Supervisor({ programs: { web: {
          command: ["/bin/sh", "-c", "while :; do echo hello; sleep 0.02; done"], startsecs: 0,
          stdout_logfile: "${log}", stdout_logfile_maxbytes: ${way === "follow" ? 0 : 1e6},
        } } });
        supervisor.on("LOGFILE", () => {});
        const first = supervisor.follow("web")[Symbol.asyncIterator]();
        await supervisor.start();
        await first.next();
        const next = first.next();
        unlinkSync("${log}");
        execFileSync("mkfifo", ["${log}"]);
        if ("${way}" === "reopen") supervisor.reopen();
        if ("${way}" === "activity") new ActivityLog({ logfile: "${log}" }).write("INFO", "hello");
        await new Promise((resolve) => setTimeout(resolve, 1300)); // it looks once a second
        await supervisor.shutdown();
        await next;
        console.log("alive");
        process.exit(0);
      `,
        { wrapper: ["timeout", "-s", "KILL", "20"] },
      );
      assert.equal(host.stdout, "alive\n", host.stderr);
      nothingLeft(host.mark);
    });
  }
});

describe("a named pipe of somebody else as a log", () => {
  it("is not written to, and the process runs", { skip: needsRoot }, async (t) => {
    const { log } = yard(t);
    asNobody(`mkfifo ${log}`);
    const reader = spawn("cat", [log], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => reader.kill());
    let got = "";
    reader.stdout.on("data", (chunk: Buffer) => (got += chunk.toString()));
    for (const maxbytes of [0, 1000]) {
      const { supervisor, next } = supervise(t, {
        web: {
          ...once,
          command: "echo private",
          stdout_logfile: log,
          stdout_logfile_maxbytes: maxbytes,
        },
      });
      const told: LogfileFailedEvent[] = [];
      supervisor.on("LOGFILE_FAILED", (event) => told.push(event));
      await supervisor.start();
      assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 0);
      assert.deepEqual(
        told.map(({ code }) => code),
        ["EPERM"],
      );
      assert.equal(
        await supervisor
          .process("web")
          ?.tail()
          .catch(({ code }) => code),
        "FAILED",
      );
    }
    assert.equal(got, "");
  });
});

describe("a directory of logs that is closed", () => {
  it("is told of the log, and not of the program, which runs", { skip: needsUsers }, async (t) => {
    const { logs, log } = yard(t);
    const source = `
      import { chmodSync } from "node:fs";
      process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
      const supervisor = new Supervisor({ programs: { web: {
        command: "sleep 1000", startsecs: 0, stdout_logfile: "${log}",
      } } });
      supervisor.on("LOGFILE_FAILED", ({ code, file }) => console.log(code, file));
      chmodSync("${logs}", 0);
      await supervisor.start();
      console.log(supervisor.process("web").state);
      await supervisor.shutdown();
      chmodSync("${logs}", 0o755);
    `;
    const host = await runHost(source, { isPublic: true });
    assert.equal(host.stdout, `EACCES ${log}\nRUNNING\n`, host.stderr);
    nothingLeft(host.mark);
  });
});

describe("the host's own output as a log that takes nothing", () => {
  const code = `
    const supervisor = new Supervisor({ programs: { web: {
      command: ["/bin/sh", "-c", "for i in 1 2 3 4 5 6; do echo hello $i; sleep 0.05; done; exec sleep 1000"],
      stdout_logfile: "/dev/stdout", startsecs: 0,
    } } });
    let told = 0;
    const failed = new Promise((resolve) => supervisor.on("LOGFILE_FAILED", (event) => {
      told++;
      resolve(event);
    }));
    await supervisor.start();
    const { file, code } = await failed;
    const lines = supervisor.follow("web").lines()[Symbol.asyncIterator]();
    await lines.next();
    console.error(file, code, told, supervisor.process("web").state);
    await supervisor.shutdown();
  `;

  it("its reader goes: the host lives on, and is told once", async () => {
    const host = await runHost(code, { wrapper: ["sh", "-c", '"$0" "$@" | head -1'] });
    assert.equal(host.stdout, "hello 1\n");
    assert.equal(host.stderr, "/dev/stdout EPIPE 1 RUNNING\n");
    nothingLeft(host.mark);
  });

  it("its disk is full: the host lives on, and is told once", async () => {
    const host = await runHost(code, { wrapper: ["sh", "-c", 'exec "$0" "$@" >/dev/full'] });
    assert.equal(host.stderr, "/dev/stdout ENOSPC 1 RUNNING\n");
    assert.equal(host.status, 0);
    nothingLeft(host.mark);
  });

  it("its disk is full, and an activity log goes there: the host lives on", async () => {
    const host = await runHost(
      `
      import { ActivityLog } from ${JSON.stringify(library)};
      const log = new ActivityLog({ silent: false });
      const told = [];
      process.on("warning", ({ message, code }) => told.push(code + " " + message.split(":")[0]));
      for (let i = 0; i < 5; i++) {
        log.write("INFO", "hello");
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.error(told.join(", "));
    `,
      { wrapper: ["sh", "-c", 'exec "$0" "$@" >/dev/full'] },
    );
    assert.match(host.stderr, /^ENOSPC Cannot write the log \/dev\/stdout$/m);
    assert.equal(host.status, 0);
  });
});

describe("a Writable as a log that fails", () => {
  it("and throws at the last words of a process: it is EXITED, and a stop settles", async (t) => {
    let chunks = 0;
    const sink = new Writable({
      write(_chunk, _encoding, done) {
        if (++chunks === 2) throw new Error("no JSON");
        done();
      },
    });
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh("echo a; echo up >$CHANNEL; read go; echo b; exit 3"),
        stdout_logfile: sink,
      },
    });
    const told: LogfileFailedEvent[] = [];
    supervisor.on("LOGFILE_FAILED", (event) => told.push(event));
    const lines = supervisor.follow("web").lines()[Symbol.asyncIterator]();
    await supervisor.start();
    assert.equal((await lines.next()).value, "a");
    await supervisor.send("web", "\n");
    assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 3);
    assert.deepEqual(
      told.map(({ file, message }) => [file, message]),
      [["Writable", "no JSON"]],
    );
    assert.equal((await supervisor.tail("web")).toString(), "a\nb\n", "it is kept in memory");
    await supervisor.stop();
  });

  it("and is shared by many: Node does not warn of its listeners", async (t) => {
    const sink = new Writable({ write() {} }); // takes one chunk, and never another
    const names = Array.from({ length: 15 }, (_, i) => `p${i}`);
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    t.after(() => process.off("warning", warned));
    const { supervisor, channel } = supervise(
      t,
      Object.fromEntries(
        names.map((name) => [
          name,
          {
            ...once,
            command: sh(`head -c 20000 /dev/zero; echo ${name} >$CHANNEL; exec sleep 1000`),
            stdout_logfile: sink,
          },
        ]),
      ),
    );
    await supervisor.start();
    for (const _ of names) await channel.hear(/^p\d+$/);
    await supervisor.shutdown();
    assert.deepEqual(warnings, []);
  });
});

describe("a line without an end", () => {
  it("is cut at 1 MiB for those who want lines, and nowhere else", async (t) => {
    const log = path.join(scratch(t), "log");
    const size = 3_000_000;
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh(`read go; head -c ${size} /dev/zero | tr '\\0' x`),
        stdout_logfile: log,
      },
    });
    await supervisor.start();
    const lines = supervisor.follow("web").lines();
    const lengths: number[] = [];
    const all = (async () => {
      for await (const { length } of lines) lengths.push(length);
    })();
    await supervisor.send("web", "\n");
    await next("PROCESS_STATE_EXITED");
    await supervisor.shutdown();
    await all;
    assert.deepEqual(lengths, [1 << 20, 1 << 20, size - 2 * (1 << 20)]);
    assert.equal(fs.statSync(log).size, size);
  });
});

describe("one file that several name", () => {
  it("by two spellings, and an activity log: nothing is lost that is kept", async (t) => {
    const directory = scratch(t);
    const log = path.join(directory, "real/log");
    fs.mkdirSync(path.join(directory, "real"));
    fs.symlinkSync("real", path.join(directory, "alias"));
    const program = (name: string) => ({
      ...once,
      command: sh(
        `i=0; while [ $i -lt 100 ]; do i=$((i + 1)); echo "${name} $i ${".".repeat(40)}"; done`,
      ),
      stdout_logfile_maxbytes: 3000,
      stdout_logfile_backups: 200,
    });
    const activity = new ActivityLog({ logfile: log, logfile_maxbytes: 1000, logfile_backups: 3 });
    t.after(() => activity.close());
    const { supervisor, next } = supervise(t, {
      a: { ...program("a"), stdout_logfile: log },
      b: { ...program("b"), stdout_logfile: path.join(directory, "alias/log") },
    });
    supervisor.on("PROCESS_STATE", ({ type, processname }) => {
      for (let i = 0; i < 10; i++) activity.write("INFO", `${processname} ${type} ${i}`);
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    await next("PROCESS_STATE_EXITED");
    await activity.tail();
    const lines = whole(log).toString().split("\n");
    for (const name of ["a", "b"]) {
      const own = lines.filter((line) => line.startsWith(`${name} `));
      assert.deepEqual(
        own.map((line) => Number(line.split(" ")[1])),
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
      const told = lines.filter((line) => line.includes(` INFO ${name} PROCESS_STATE_`));
      assert.equal(told.length, 30, "STARTING, RUNNING, EXITED");
    }
    const info = supervisor.process("b")?.info();
    assert.equal(info?.stdout_logfile, path.join(directory, "alias/log"), "its own spelling");
  });
});
