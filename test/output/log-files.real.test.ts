import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { filesOf, once, text, whole } from "../support/output.ts";
import { needsRoot, scratch } from "../support/processes.ts";
import { refusal, sh, stay, supervise } from "../support/real-supervisor.ts";

describe("the log files of real processes", () => {
  it("hold what it writes, each stream in its own", async (t) => {
    const directory = scratch(t);
    const [out, err] = ["out", "err"].map((name) => path.join(directory, name)) as [string, string];
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh("echo to out; echo to err >&2; printf last"),
        stdout_logfile: out,
        stderr_logfile: `${directory}/%(program_name)s.err`,
      },
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    assert.equal(text(out), "to out\nlast");
    assert.equal(text(`${directory}/web.err`), "to err\n");
    assert.ok(!existsSync(err));
    const { stdout_logfile, stderr_logfile } = supervisor.status()[0] ?? {};
    assert.deepEqual([stdout_logfile, stderr_logfile], [out, `${directory}/web.err`]);
    assert.equal((await supervisor.tail("web")).toString(), "to out\nlast");
    await supervisor.start("web");
    await next("PROCESS_STATE_EXITED");
    assert.equal(text(out), "to out\nlastto out\nlast", "appended to");
  });

  it("are turned over after the write that fills them: 45 lines of 100 bytes, as recorded", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor, next, channel } = supervise(t, {
      // one by one: what comes together is written together
      web: {
        command: sh(`while read -r line; do echo "$line"; echo done >$CHANNEL; done`),
        ...once,
        stdout_logfile: out,
        stdout_logfile_maxbytes: 1000,
        stdout_logfile_backups: 3,
      },
    });
    await supervisor.start();
    const seen = supervisor.follow("web").lines()[Symbol.asyncIterator]();
    for (let i = 0; i < 45; i++) {
      const line = seen.next();
      await supervisor.send("web", `${String(i).padStart(99, ".")}\n`);
      await channel.hear(/^done$/);
      await line;
    }
    await supervisor.stop();
    await next("PROCESS_STATE_STOPPED");
    assert.deepEqual(
      filesOf(out).map((file) => statSync(file).size),
      [1000, 1000, 1000, 500],
    );
  });

  it("lose nothing when they are turned over in a flood", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: ["seq", "300000"],
        stdout_logfile: out,
        stdout_logfile_maxbytes: "100KB",
        stdout_logfile_backups: 99,
      },
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    const numbers = Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join("");
    assert.ok(whole(out).equals(Buffer.from(numbers)));
    const rotated = filesOf(out)
      .slice(0, -1)
      .map((file) => statSync(file).size);
    assert.ok(rotated.length > 5);
    assert.ok(
      rotated.every((size) => size >= 102_400 && size < 102_400 + 65_536),
      String(rotated),
    );
  });

  it("with maxbytes 0 are the child's own: the host sees nothing", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor, channel, next } = supervise(t, {
      web: {
        ...once,
        command: sh(
          "readlink /proc/self/fd/1; echo on err >&2; echo up $$ >$CHANNEL; read go; echo more",
        ),
        stdout_logfile: out,
        stdout_logfile_maxbytes: 0,
        redirect_stderr: true,
      },
    });
    const heard: unknown[] = [];
    supervisor.on("PROCESS_LOG", (event) => heard.push(event));
    await supervisor.start();
    await channel.pid("up");
    assert.equal(text(out), `${out}\non err\n`);
    assert.equal((await supervisor.tail("web", "stdout", 4)).toString(), "err\n");
    await supervisor.clear("web");
    assert.equal(text(out), "");
    await supervisor.send("web", "\n");
    await next("PROCESS_STATE_EXITED");
    assert.equal(text(out), "more\n", "appended, not written at the old place");
    assert.deepEqual(heard, []);
  });

  it("with maxbytes 0 pass through the host where events want them", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh("readlink /proc/self/fd/1"),
        stdout_logfile: out,
        stdout_logfile_maxbytes: 0,
        stdout_events_enabled: true,
      },
    });
    const heard = new Promise<Buffer>((resolve) => {
      supervisor.on("PROCESS_LOG_STDOUT", ({ data }) => resolve(data));
    });
    await supervisor.start();
    assert.match((await heard).toString(), /fifo|pipe/);
    await next("PROCESS_STATE_EXITED");
    assert.equal(text(out), (await heard).toString());
  });

  it("redirect_stderr: both streams in the order in which they were written", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh("for i in 1 2 3; do echo out $i; echo err $i >&2; done"),
        redirect_stderr: true,
        stdout_logfile: out,
      },
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    assert.equal(text(out), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    assert.equal(supervisor.status()[0]?.stderr_logfile, "");
  });

  it("NONE and /dev/null: the process writes freely, and nothing is made", async (t) => {
    const device = path.join(scratch(t), "null");
    symlinkSync("/dev/null", device); // a writer that errs renames the link, not the device
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh("head -c 1000000 /dev/zero; echo end; echo err >&2"),
        stdout_logfile: "NONE",
        stderr_logfile: device,
        stderr_logfile_maxbytes: 3,
      },
    });
    await supervisor.start();
    assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 0);
    assert.equal((await supervisor.tail("web", "stdout", 4)).toString(), "end\n");
    assert.deepEqual(filesOf(device), [device]);
  });

  it("several processes that name one file: nothing is lost, and no line is torn", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor } = supervise(t, {
      web: {
        ...once,
        process_name: "web%(process_num)d",
        numprocs: 3,
        command: sh(
          `i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "%(process_num)d $i"; echo "e%(process_num)d $i" >&2; done`,
        ),
        stdout_logfile: out,
        stderr_logfile: out,
        stdout_logfile_maxbytes: 2000,
        stderr_logfile_maxbytes: 3000,
        stdout_logfile_backups: 99,
      },
    });
    const ended = new Promise<void>((resolve) => {
      let count = 0;
      supervisor.on("PROCESS_STATE_EXITED", () => ++count === 3 && resolve());
    });
    await supervisor.start();
    await ended;
    const lines = whole(out).toString().split("\n");
    assert.equal(lines.pop(), "");
    for (const who of ["0", "1", "2", "e0", "e1", "e2"]) {
      const own = lines.filter((line) => line.startsWith(`${who} `));
      assert.deepEqual(
        own,
        Array.from({ length: 400 }, (_, i) => `${who} ${i + 1}`),
      );
    }
    assert.equal(lines.length, 2400);
    const rotated = filesOf(out)
      .slice(0, -1)
      .map((file) => statSync(file).size);
    assert.ok(rotated.length > 1);
    assert.ok(
      rotated.every((size) => size >= 2000),
      String(rotated),
    );
  });
});

describe("AUTO log files", () => {
  it("have a name that tells whose they are, and nobody else may read them", async (t) => {
    const childlogdir = scratch(t);
    const { supervisor, next } = supervise(
      t,
      { web: { ...once, command: "echo hello", stdout_logfile: "AUTO" } },
      { childlogdir, identifier: "mine" },
    );
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    await supervisor.start("web");
    await next("PROCESS_STATE_EXITED");
    const [name = "", ...others] = readdirSync(childlogdir);
    assert.deepEqual(others, [], "the same over restarts");
    assert.match(name, /^web-stdout---mine-L[0-9a-z]{13}\.log$/);
    const file = path.join(childlogdir, name);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(text(file), "hello\nhello\n");
    assert.equal(supervisor.status()[0]?.stdout_logfile, file);
    await supervisor.shutdown();
    assert.ok(existsSync(file));
    assert.equal(supervisor.status()[0]?.stdout_logfile, file, "still");
    assert.equal((await supervisor.tail("web")).toString(), "hello\nhello\n");
  });

  it("are removed at the next start, but never somebody else's", async (t) => {
    const childlogdir = scratch(t);
    const dead = suffix(spawnSync("true").pid);
    const alive = suffix(process.pid);
    const names = {
      gone: [
        `web-stdout---mine-L${dead}abcdefgh.log`,
        `web-stderr---mine-L${dead}zzcdefgh.log`,
        `web-stderr---mine-L${dead}zzcdefgh.log.1`,
        `web-stderr---mine-L${dead}zzcdefgh.log.1234`,
        `other_1-stdout---mine-L${dead}abcdefgh.log`,
      ],
      kept: [
        `web-stdout---other-L${dead}abcdefgh.log`,
        `web-stdout---mine-more-L${dead}abcdefgh.log`,
        `web-stdout---mine-L${alive}abcdefgh.log`,
        `web-stdout---mine-L${alive}abcdefgh.log.1`,
        `web-stdout---mine-${dead}abcdefghi.log`,
        `web-stdout---mine-L${dead}abcdefgh.log.12345`,
        `web-stdout---mine-L${dead}abcdefgh.log.gz`,
        `web-stdout---mine-L${dead}ABcdefgh.log`,
        "web.log",
      ],
      theirs: needsRoot === false ? [`theirs-stdout---mine-L${dead}abcdefgh.log`] : [],
    };
    const all = Object.values(names).flat();
    for (const name of all) writeFileSync(path.join(childlogdir, name), name);
    for (const name of names.theirs) chownSync(path.join(childlogdir, name), 65_534, 65_534);
    const settings = { web: { ...once, command: "true", stdout_logfile: "AUTO" } };
    const keeper = supervise(t, settings, { childlogdir, identifier: "mine", nocleanup: true });
    await keeper.supervisor.start();
    for (const name of all) assert.ok(existsSync(path.join(childlogdir, name)), name);
    const { supervisor } = supervise(t, settings, { childlogdir, identifier: "mine" });
    await supervisor.start();
    for (const name of names.gone) assert.ok(!existsSync(path.join(childlogdir, name)), name);
    for (const name of [...names.kept, ...names.theirs])
      assert.ok(existsSync(path.join(childlogdir, name)), name);
    const [own] = keeper.supervisor.status();
    assert.ok(existsSync(own?.stdout_logfile ?? ""), "that of another supervisor of this host");
  });

  function suffix(pid: number): string {
    return pid.toString(36).padStart(5, "0");
  }
});

describe("reading back the log of a real process", () => {
  it("read: by supervisord's rules, as recorded", async (t) => {
    const out = path.join(scratch(t), "out");
    const alphabet = "abcdefghijklmnopqrstuvwxyz";
    const { supervisor, channel } = supervise(t, {
      file: {
        ...once,
        command: sh(`printf ${alphabet}; echo up $$ >$CHANNEL; ${stay}`),
        stdout_logfile: out,
      },
      direct: {
        ...once,
        command: sh(`printf ${alphabet}; echo up $$ >$CHANNEL; ${stay}`),
        stdout_logfile: `${out}2`,
        stdout_logfile_maxbytes: 0,
      },
      memory: { ...once, command: sh(`printf ${alphabet}; echo up $$ >$CHANNEL; ${stay}`) },
    });
    await supervisor.start();
    for (let i = 0; i < 3; i++) await channel.pid("up");
    await supervisor.stop();
    const cases: readonly [offset: number, length: number, result: string][] = [
      [0, 0, alphabet],
      [0, 5, "abcde"],
      [5, 0, "fghijklmnopqrstuvwxyz"],
      [5, 5, "fghij"],
      [20, 100, "uvwxyz"],
      [26, 0, ""],
      [100, 0, ""],
      [100, 10, ""],
      [-5, 0, "vwxyz"],
      [-26, 0, alphabet],
      [-1000, 0, alphabet],
    ];
    for (const name of ["file", "direct", "memory"]) {
      for (const [offset, length, result] of cases) {
        const read = await supervisor.read(name, "stdout", offset, length);
        assert.equal(read.toString(), result, `${name} ${offset} ${length}`);
      }
      for (const [offset, length] of [
        [-5, 3],
        [0, -5],
        [5, -1],
        [-5, -1],
      ] as const) {
        const { code } = await refusal(supervisor.read(name, "stdout", offset, length));
        assert.equal(code, "BAD_ARGUMENTS");
      }
      assert.equal((await supervisor.read(name, "stderr", 0, 0)).toString(), "");
      assert.equal((await supervisor.tail(name, "stdout", 0)).toString(), "");
      assert.equal((await supervisor.tail(name, "stdout", 3)).toString(), "xyz");
    }
    assert.equal((await refusal(supervisor.read("nope", "stdout", 0, 0))).code, "BAD_NAME");
    assert.equal((await refusal(supervisor.tail("all"))).code, "BAD_NAME");
  });

  it("clear: empties the logs of a stopped program, too, and leaves its old files", async (t) => {
    const out = path.join(scratch(t), "out");
    writeFileSync(`${out}.1`, "old");
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: sh("echo out; echo err >&2"), stdout_logfile: out },
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    await supervisor.clear();
    assert.equal(text(out), "");
    assert.equal(text(`${out}.1`), "old");
    assert.equal((await supervisor.tail("web", "stderr")).length, 0, "that in memory");
  });

  it("reopen: the next bytes go into a new file", async (t) => {
    const out = path.join(scratch(t), "out");
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: "cat", stdout_logfile: out },
    });
    await supervisor.start();
    const seen = supervisor.follow("web")[Symbol.asyncIterator]();
    const first = seen.next();
    await supervisor.send("web", "before\n");
    assert.equal((await first).value?.toString(), "before\n");
    renameSync(out, `${out}.old`);
    supervisor.reopen("web");
    const second = seen.next();
    await supervisor.send("web", "after\n");
    await second;
    await supervisor.stop();
    await next("PROCESS_STATE_STOPPED");
    assert.deepEqual([text(`${out}.old`), text(out)], ["before\n", "after\n"]);
  });
});
