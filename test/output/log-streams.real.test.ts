import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  createReadStream,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { LineChannel } from "../support/line-channel.ts";
import { runHost } from "../support/host.ts";
import { once } from "../support/output.ts";
import { gone, scratch } from "../support/processes.ts";
import { sh, supervise } from "../support/real-supervisor.ts";

const FLOOD = 8_000_000;

function fifo(t: TestContext): string {
  const file = path.join(scratch(t), "fifo");
  execFileSync("mkfifo", [file]);
  return file;
}

/** Waits until a process can write no more: the kernel tells nobody but those who look. */
async function blocked(pid: number): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (/pipe_write/.test(readFileSync(`/proc/${pid}/wchan`, "utf8"))) return;
    await pause(5);
  }
  assert.fail(`${pid} goes on writing`);
}

/** Takes nothing until told. */
class Gate extends Writable {
  #taken = 0;
  #pending = 0;
  #isOpen = false;
  #waiting: (() => void) | undefined;

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#pending = chunk.length;
    const taken = () => {
      this.#taken += chunk.length;
      this.#pending = 0;
      done();
    };
    if (this.#isOpen) setImmediate(taken);
    else this.#waiting = taken;
  }

  /** How much has come so far, of which it may keep some still. */
  get length(): number {
    return this.#taken + Math.max(this.#pending, this.writableLength);
  }

  open(): void {
    this.#isOpen = true;
    this.#waiting?.();
  }
}

describe("a Writable as a log", () => {
  it("that was slow leaves no timer that would keep the host", async () => {
    const { stdout, stderr } = await runHost(
      `import { Writable } from "node:stream";
       const stream = new Writable({
         highWaterMark: 1,
         write: (_chunk, _encoding, done) => void setTimeout(done, 100),
       });
       const job = { command: "echo line", startsecs: 0, autorestart: false, stdout_logfile: stream };
       const supervisor = new Supervisor({ programs: { job } });
       const exited = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", resolve));
       await supervisor.start();
       await exited;
       await supervisor.shutdown();
       console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length);`,
    );
    assert.deepEqual([stdout, stderr], ["0\n", ""]);
  });

  it("gets all, and is not ended", async (t) => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: "seq 1000", stdout_logfile: stream },
      other: { ...once, command: "echo err", stdout_logfile: stream, autostart: false },
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    const expected = Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join("");
    assert.equal(Buffer.concat(chunks).toString(), expected);
    await supervisor.start("other");
    await next("PROCESS_STATE_EXITED");
    assert.equal(Buffer.concat(chunks).toString(), `${expected}err\n`);
    assert.equal((await supervisor.tail("web", "stdout", 5)).toString(), "1000\n");
    await supervisor.shutdown();
    assert.ok(!stream.writableEnded && !stream.destroyed);
  });

  it("that is slow holds up the process, not the host, and memory stays small", async (t) => {
    const gate = new Gate();
    const { supervisor, channel } = supervise(t, {
      web: {
        ...once,
        command: sh(
          `head -c ${FLOOD} /dev/zero & echo head $! >$CHANNEL; wait; echo done >$CHANNEL`,
        ),
        stdout_logfile: gate,
      },
    });
    await supervisor.start();
    const pid = await channel.pid("head");
    await blocked(pid);
    assert.ok(gate.length < 400_000, String(gate.length));
    assert.deepEqual(channel.rest, []);
    gate.open();
    await channel.hear(/^done$/);
    await supervisor.stop();
    assert.equal(gate.length, FLOOD);
  });

  it("that is slow at the end: what was written is there before EXITED", async (t) => {
    const gate = new Gate();
    const { supervisor, channel } = supervise(t, {
      web: {
        ...once,
        command: sh(`head -c 200000 /dev/zero & echo head $! >$CHANNEL; wait`),
        stdout_logfile: gate,
      },
    });
    const taken = new Promise<number>((resolve) => {
      supervisor.on("PROCESS_STATE_EXITED", () => resolve(gate.length));
    });
    await supervisor.start();
    await blocked(await channel.pid("head"));
    gate.open();
    assert.equal(await taken, 200_000);
  });

  it("that was destroyed: the process goes on", async (t) => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
    stream.destroy();
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: `head -c ${FLOOD} /dev/zero`, stdout_logfile: stream },
    });
    await supervisor.start();
    assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 0);
  });
});

describe("a named pipe as a log", () => {
  for (const maxbytes of [0, "50MB"] as const) {
    it(`with a reader gets all (maxbytes ${maxbytes})`, async (t) => {
      const file = fifo(t);
      const hold = openSync(file, constants.O_RDWR); // else the reader waits for a writer to open
      const chunks: Buffer[] = [];
      let length = 0;
      const { supervisor, next } = supervise(t, {
        web: {
          ...once,
          command: `head -c ${FLOOD} /dev/zero`,
          stdout_logfile: file,
          stdout_logfile_maxbytes: maxbytes,
        },
      });
      const reader = createReadStream(file);
      const all = new Promise<void>((resolve) => {
        reader.on("data", (chunk) => {
          chunks.push(chunk as Buffer);
          length += chunk.length;
          if (length >= FLOOD) resolve();
        });
      });
      await supervisor.start();
      await next("PROCESS_STATE_EXITED");
      await all;
      assert.equal(length, FLOOD);
      assert.ok(Buffer.concat(chunks).every((byte) => byte === 0));
      await supervisor.shutdown();
      closeSync(hold);
      await new Promise<void>((resolve) => {
        reader.once("close", resolve).destroy();
      });
    });
  }

  it("without a reader holds the process up until there is one, who gets all", async (t) => {
    const file = fifo(t);
    const { supervisor, channel, next } = supervise(t, {
      web: {
        ...once,
        command: sh(`head -c ${FLOOD} /dev/zero & echo head $! >$CHANNEL; wait`),
        stdout_logfile: file,
      },
    });
    await supervisor.start();
    await blocked(await channel.pid("head"));
    const reader = createReadStream(file);
    let length = 0;
    const all = new Promise<void>((resolve) => {
      reader.on("data", (chunk) => {
        length += chunk.length;
        if (length >= FLOOD) resolve();
      });
    });
    await next("PROCESS_STATE_EXITED");
    await all;
    assert.equal(length, FLOOD);
    const closed = new Promise<void>((resolve) => {
      reader.once("close", resolve);
    });
    await supervisor.shutdown();
    await closed; // the supervisor was the last to write
  });
});

describe("the host's own output as a log", () => {
  for (const maxbytes of ["0", `"50MB"`]) {
    it(`/dev/stdout and /dev/stderr, through a pipe (maxbytes ${maxbytes})`, async () => {
      const host = await runHost(`
        const supervisor = new Supervisor({ programs: { web: {
          command: ["/bin/sh", "-c", "seq 20000; echo err >&2; printf last"],
          startsecs: 0, autorestart: false,
          stdout_logfile: "/dev/stdout", stdout_logfile_maxbytes: ${maxbytes},
          stderr_logfile: "/dev/stderr", stderr_logfile_maxbytes: ${maxbytes},
        } } });
        const exited = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", resolve));
        await supervisor.start();
        await exited;
        await supervisor.shutdown();
      `);
      const numbers = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join("");
      assert.equal(host.stdout, `${numbers}last`);
      assert.equal(host.stderr, "err\n");
      assert.equal(host.status, 0);
    });
  }
});

describe("syslog", () => {
  it("gets each line behind the name of its process, by one `logger` for all", async (t) => {
    const syslog = new LineChannel(t);
    const bin = scratch(t);
    writeFileSync(
      path.join(bin, "logger"),
      `#!/bin/sh\nexec 3>"${syslog.path}"\necho "logger $*" >&3\nwhile IFS= read -r line; do echo "$line" >&3; done\necho end >&3\n`,
    );
    chmodSync(path.join(bin, "logger"), 0o755);
    const before = process.env["PATH"];
    process.env["PATH"] = `${bin}:${before}`;
    t.after(() => {
      process.env["PATH"] = before;
    });
    const { supervisor, next } = supervise(
      t,
      {
        web: {
          ...once,
          command: sh(`echo one; printf 'two\\nla'; printf st`),
          stdout_syslog: true,
        },
        other: {
          ...once,
          command: sh("echo three >&2"),
          stderr_syslog: true,
          autostart: false,
        },
      },
      { identifier: "mine" },
    );
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    for (const line of ["logger -t mine", "web one", "web two", "web last"])
      assert.equal(await syslog.hear(/.*/), line);
    assert.equal((await supervisor.tail("web")).toString(), "one\ntwo\nlast", "and is kept, too");
    await supervisor.start("other");
    await next("PROCESS_STATE_EXITED");
    assert.equal(await syslog.hear(/.*/), "other three");
    const { settings } = supervisor;
    await supervisor.update({ ...settings, identifier: "another" });
    const heard: string[] = []; // "web" has changed with it, and starts again
    while (heard.length < 5) heard.push(await syslog.hear(/.*/));
    const own = ["end", "logger -t another", "web last", "web one", "web two"];
    assert.deepEqual(heard.toSorted(), own);
    await supervisor.shutdown();
    assert.equal(await syslog.hear(/.*/), "end");
  });

  it("that takes nothing pauses the process, and fills no memory", async (t) => {
    const bin = scratch(t);
    writeFileSync(path.join(bin, "logger"), "#!/bin/sh\nexec sleep 1000\n");
    chmodSync(path.join(bin, "logger"), 0o755);
    const before = process.env["PATH"];
    process.env["PATH"] = `${bin}:${before}`;
    t.after(() => {
      process.env["PATH"] = before;
    });
    const { supervisor } = supervise(t, {
      web: { ...once, command: "yes", startsecs: 0, stdout_syslog: true },
    });
    await supervisor.start();
    const pid = supervisor.status()[0]?.pid ?? 0;
    await blocked(pid);
  });

  it("that takes nothing does not hold the host after the shutdown, and is not left", async (t) => {
    const bin = scratch(t);
    const script = `#!/bin/sh\necho $$ >"${bin}/pid"\nexec sleep 1000\n`;
    writeFileSync(path.join(bin, "logger"), script);
    chmodSync(path.join(bin, "logger"), 0o755);
    const host = await runHost(
      `
      import { existsSync, readFileSync } from "node:fs";
      process.env.PATH = "${bin}:" + process.env.PATH;
      const supervisor = new Supervisor({ programs: { web: { command: "yes", startsecs: 0, stdout_syslog: true } } });
      await supervisor.start();
      const { pid } = supervisor.status()[0];
      const isBlocked = () => /pipe_write/.test(readFileSync(\`/proc/\${pid}/wchan\`, "utf8"));
      while (!isBlocked() || !existsSync("${bin}/pid")) await new Promise((resolve) => setTimeout(resolve, 10));
      await supervisor.shutdown();
    `,
      { wrapper: ["timeout", "-s", "KILL", "20"] },
    );
    assert.equal(host.status, 0, host.stderr);
    await gone(Number(readFileSync(path.join(bin, "pid"), "utf8")));
  });

  it("without `logger`: told once, and the process goes on", async (t) => {
    const before = process.env["PATH"];
    const bin = scratch(t);
    for (const name of ["mkfifo", "sh"])
      execFileSync("ln", ["-s", execFileSync("which", [name]).toString().trim(), bin]);
    process.env["PATH"] = bin;
    t.after(() => {
      process.env["PATH"] = before;
    });
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: sh("echo one; echo two"), stdout_syslog: true },
    });
    const failed = new Promise<string>((resolve) => {
      supervisor.on("LOGFILE_FAILED", ({ file, code }) => resolve(`${file} ${code}`));
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    assert.equal(await failed, "syslog ENOENT");
    assert.equal((await supervisor.tail("web")).toString(), "one\ntwo\n");
  });
});
