import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { watchFile } from "../../src/output/watch-file.ts";
import { runHost } from "../support/host.ts";
import { once, whole } from "../support/output.ts";
import { scratch } from "../support/processes.ts";
import { sh, supervise } from "../support/real-supervisor.ts";

describe("output: what was found", () => {
  it("follow() means from the call on, not from the first turn of the loop", async (t) => {
    const { supervisor, next } = supervise(t, { web: { ...once, command: "echo hello" } });
    const lines = supervisor.follow("web").lines();
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    await supervisor.shutdown();
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    assert.deepEqual(all, ["hello"]);
  });

  it("watchFile gives what was written before the end of the signal", async (t) => {
    const file = path.join(scratch(t), "log");
    writeFileSync(file, "");
    const over = new AbortController();
    const chunks = watchFile(file, over.signal);
    const first = chunks.next();
    appendFileSync(file, "last words");
    over.abort();
    assert.equal((await first).value?.toString(), "last words");
  });

  it("an AUTO log that was turned over is still for its owner alone", async (t) => {
    const childlogdir = scratch(t);
    const { supervisor, next } = supervise(
      t,
      {
        web: { ...once, command: "echo hello", stdout_logfile: "AUTO", stdout_logfile_maxbytes: 3 },
      },
      { childlogdir },
    );
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    const modes = readdirSync(childlogdir).map(
      (name) => statSync(path.join(childlogdir, name)).mode & 0o777,
    );
    assert.deepEqual(modes, [0o600, 0o600]);
  });

  it("a childlogdir that is gone does not end the host", async (t) => {
    const directory = path.join(scratch(t), "logs");
    const host = await runHost(`
      import * as fs from "node:fs";
      fs.mkdirSync("${directory}");
      const supervisor = new Supervisor({ programs: { web: {
        command: "echo hello", startsecs: 0, autorestart: false, stdout_logfile: "AUTO",
      } }, childlogdir: "${directory}", nocleanup: true });
      fs.rmSync("${directory}", { recursive: true });
      supervisor.on("LOGFILE_FAILED", ({ code }) => console.log(code));
      await supervisor.start();
      console.log(String(await supervisor.process("web").state));
      await supervisor.shutdown();
    `);
    assert.equal(host.status, 0, host.stderr);
  });

  it("stdout of its own and stderr with rotation in one file: nothing is lost that is kept", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor } = supervise(t, {
      web: {
        ...once,
        command: sh(
          "while read -r line; do echo out $line; printf 'err %01200d\\n' $line >&2; done",
        ),
        stdout_logfile: out,
        stdout_logfile_maxbytes: 0,
        stderr_logfile: out,
        stderr_logfile_maxbytes: 1000,
        stderr_logfile_backups: 2,
        stdout_logfile_backups: 2,
      },
    });
    await supervisor.start();
    const errors = supervisor.follow("web", "stderr").lines()[Symbol.asyncIterator]();
    for (let i = 1; i <= 6; i++) {
      const seen = errors.next();
      await supervisor.send("web", `${i}\n`);
      await seen;
    }
    await supervisor.stop();
    const lines = whole(out).toString().split("\n");
    const kept = lines.filter((line) => line.startsWith("out "));
    assert.deepEqual(
      kept,
      ["out 1", "out 2", "out 3", "out 4", "out 5", "out 6"].slice(-kept.length),
    );
    assert.ok(kept.length >= 2);
  });

  it("Node's pipes, where no FIFO can be made: complete at EXITED", async () => {
    const host = await runHost(`
      const mkfifo = process.env.PATH;
      process.env.PATH = "/nonexistent";
      const supervisor = new Supervisor({ programs: { web: {
        command: ["/usr/bin/seq", "20000"], startsecs: 0, autorestart: true,
      } } });
      const sizes = [];
      let last = 0;
      const done = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", async () => {
        sizes.push((await supervisor.tail("web", "stdout", 6)).toString());
        if (sizes.length === 30) resolve();
      }));
      await supervisor.start();
      await done;
      await supervisor.shutdown();
      console.log(JSON.stringify(sizes.slice(0, 30).filter((tail) => tail !== "20000\\n").length));
    `);
    assert.equal(host.stderr, "");
    assert.equal(host.stdout, "0\n");
  });

  it("/dev/null with maxbytes 0 is the child's own", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        ...once,
        command: sh("exec 3>$CHANNEL; echo up $$ >&3; read never <>$CHANNEL.never"),
        stdout_logfile: "/dev/null",
        stdout_logfile_maxbytes: 0,
      },
    });
    await supervisor.start();
    assert.equal(readlinkSync(`/proc/${await channel.pid("up")}/fd/1`), "/dev/null");
  });

  it("a slash in the identifier: AUTO logs are refused, or made", async (t) => {
    const childlogdir = scratch(t);
    const host = await runHost(`
      let supervisor;
      try {
        supervisor = new Supervisor({ programs: { web: {
          command: "echo hello", startsecs: 0, autorestart: false, stdout_logfile: "AUTO",
        } }, childlogdir: "${childlogdir}", identifier: "a/b" });
      } catch (error) { console.log(error.name); process.exit(0); }
      await supervisor.start();
      await supervisor.shutdown();
    `);
    assert.equal(host.status, 0, host.stderr);
  });

  it("a named pipe that nobody reads does not hold the host after the shutdown", async (t) => {
    const fifo = path.join(scratch(t), "fifo");
    execFileSync("mkfifo", [fifo]);
    const host = await runHost(
      `
      const supervisor = new Supervisor({ programs: { web: {
        command: "head -c 8000000 /dev/zero", startsecs: 0, autorestart: false, stdout_logfile: "${fifo}",
      } } });
      supervisor.once("PROCESS_STATE_RUNNING", () => setTimeout(() => supervisor.shutdown(), 300));
      await supervisor.start();
    `,
      { wrapper: ["timeout", "8"] },
    );
    assert.equal(host.status, 0);
  });
});
