import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Supervisor } from "../../src/index.ts";
import { Fifos } from "../../src/spawn/fifos.ts";
import { runHost } from "../support/host.ts";
import { once } from "../support/output.ts";
import { scratch } from "../support/processes.ts";
import { sh, supervise } from "../support/real-supervisor.ts";

const noProc = !existsSync("/proc/self/fd") && "there is no /proc";
const skip = process.platform === "win32" && "there are no FIFOs on Windows";

describe("Fifos", { skip }, () => {
  it("remove what a host that is gone has left, and nothing of others", async (t) => {
    const directory = scratch(t);
    const { pid: dead } = spawnSync("true");
    const kept = [`libsupervisor-fifo-${process.ppid}-a`, `libsupervisor-${dead}`, "fifo"];
    for (const name of [...kept, `libsupervisor-fifo-${dead}-a`])
      mkdirSync(path.join(directory, name));
    const fifos = new Fifos(() => [directory]);
    await fifos.make(2, 2);
    assert.equal(fifos.ready, 2);
    fifos.close();
    assert.deepEqual(readdirSync(directory).toSorted(), kept.toSorted());
  });

  it(
    "are closed when the supervisor has shut down while they were made",
    { skip: noProc },
    async () => {
      const fds = () => readdirSync("/proc/self/fd").length;
      const round = async () => {
        const program = { command: "sleep 1000", numprocs: 5, process_name: "%(process_num)d" };
        const supervisor = new Supervisor({ programs: { first: { command: "cat" }, program } });
        const begun = new Promise((resolve) => supervisor.on("ACTIVITY", resolve));
        const started = supervisor.start().catch(() => {});
        await begun; // the others wait for theirs
        await supervisor.shutdown();
        await started;
        await pause(50); // mkfifo has ended, and nobody tells of it
      };
      await round();
      const before = fds();
      for (let i = 0; i < 5; i++) await round();
      assert.ok(fds() < before + 5, `${before} descriptors, then ${fds()}`);
    },
  );
});

/** A PATH whose `mkfifo` fails below some directories. */
function faultyPath(t: TestContext): { readonly path: string; readonly full: string } {
  const bin = scratch(t);
  const full = path.join(bin, "full");
  writeFileSync(full, "");
  writeFileSync(
    path.join(bin, "mkfifo"),
    `#!/bin/sh
while read -r place; do
  case $3 in "$place"*) echo "mkfifo: cannot create fifo '$3': No space left on device" >&2; exit 1 ;; esac
done <"${full}"
PATH=${process.env["PATH"]} exec mkfifo "$@"
`,
    { mode: 0o755 },
  );
  return { path: `${bin}:${process.env["PATH"]}`, full };
}

/** Says whether the standard output of a program can be opened by name. */
const look = ["/bin/sh", "-c", "echo yes >/dev/stdout || echo no"];

describe("a full directory for temporary files", { skip: skip || noProc }, () => {
  it("another one serves", async (t) => {
    const { path: PATH, full } = faultyPath(t);
    const place = scratch(t);
    writeFileSync(full, `/dev/shm\n/run\n${place}\n`);
    const { stdout, stderr } = await runHost(
      `process.env.PATH = ${JSON.stringify(PATH)};
      process.env.TMPDIR = ${JSON.stringify(place)};
      const program = { command: ${JSON.stringify(look)}, startsecs: 0, autorestart: false };
      const supervisor = new Supervisor({ programs: { program } });
      const ended = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", resolve));
      await supervisor.start();
      await ended;
      console.log(String(await supervisor.tail("program")).trim());
      await supervisor.shutdown();`,
    );
    assert.deepEqual([stdout, stderr], ["yes\n", ""]);
    assert.deepEqual(readdirSync(place), []);
  });

  it("where all are full, it is said once, and over when they are not", async (t) => {
    const { path: PATH, full } = faultyPath(t);
    writeFileSync(full, "/\n");
    const { stdout, stderr } = await runHost(
      `import { writeFileSync } from "node:fs";
      process.env.PATH = ${JSON.stringify(PATH)};
      const program = { command: ${JSON.stringify(look)}, startsecs: 0, autorestart: false, autostart: false };
      const supervisor = new Supervisor({ programs: { program } });
      const round = async () => {
        const ended = new Promise((resolve) => supervisor.once("PROCESS_STATE_EXITED", resolve));
        await supervisor.clear("program");
        await supervisor.start("program");
        await ended;
        console.log(String(await supervisor.tail("program")).trim());
      };
      await round();
      await round();
      writeFileSync(${JSON.stringify(full)}, "");
      await round();
      await supervisor.shutdown();`,
    );
    assert.equal(stdout, "no\nno\nyes\n");
    assert.match(
      stderr,
      /^[^\n]*FIFOS_FAILED[^\n]*No space left on device[^\n]*\n[^\n]*trace-warnings[^\n]*\n$/,
    );
  });
});

describe("descriptors", { skip: skip || noProc }, () => {
  it("where they do not suffice for all programs: those that fit run, and the host keeps some", async () => {
    const { stdout, stderr } = await runHost(
      `import { openSync, closeSync } from "node:fs";
      const free = () => {
        const fds = [];
        try {
          for (;;) fds.push(openSync("/dev/null"));
        } catch {}
        for (const fd of fds) closeSync(fd);
        return fds.length;
      };
      const p = { command: "/bin/sleep 1000", numprocs: 60, process_name: "%(process_num)d", startsecs: 0, startretries: 0 };
      const supervisor = new Supervisor({ programs: { p } });
      const before = free();
      await supervisor.start().catch(() => {});
      const states = supervisor.status().map(({ state }) => state);
      const running = states.filter((state) => state === "RUNNING").length;
      const least = free();
      await supervisor.stop();
      const after = free();
      await supervisor.start("p:7");
      console.log(JSON.stringify({ before, running, states: new Set(states).size, least, after, state: supervisor.process("p:7").state }));
      await supervisor.shutdown();`,
      { wrapper: ["/bin/sh", "-c", 'ulimit -n 256; exec "$@"', "sh"] },
    );
    assert.equal(stderr, "");
    const { before, running, states, least, after, state } = JSON.parse(stdout);
    // five for each, and a few for the guardian
    assert.ok(running >= Math.floor((before - 20) / 5), stdout);
    assert.equal(states, 2, stdout); // and FATAL
    assert.ok(least >= 5, stdout);
    assert.ok(after >= before - 4, stdout);
    assert.equal(state, "RUNNING");
  });

  it("who is STOPPED, FATAL or EXITED for good holds none", async (t) => {
    const fds = () => readdirSync("/proc/self/fd").length;
    const { supervisor, next } = supervise(t, {
      stopped: { command: "sleep 1000", startsecs: 0, autostart: false },
      exited: { command: "true", startsecs: 0, autorestart: false, autostart: false },
      fatal: { command: "false", startretries: 0, autostart: false },
      missing: { command: "/nowhere", startretries: 0, autostart: false },
    });
    // with the guardian, and whatever else the first start opens
    await supervisor.start("stopped");
    const running = fds();
    await supervisor.stop("stopped");
    const before = fds();
    assert.ok(before <= running - 4, `${running} descriptors, then ${before}`);
    await supervisor.start("exited");
    await next("PROCESS_STATE_EXITED");
    await assert.rejects(supervisor.start("fatal"));
    await assert.rejects(supervisor.start("missing"));
    assert.ok(fds() <= before, `${before} descriptors, then ${fds()}`);
  });

  it("what a grandchild writes after that arrives, and then nothing is held", async (t) => {
    const fds = () => readdirSync("/proc/self/fd").length;
    const grandchild = "read -r go <$CHANNEL.go; echo from the grandchild; echo written >$CHANNEL";
    const { supervisor, channel, next } = supervise(t, {
      web: {
        command: sh(`mkfifo $CHANNEL.go; { trap "" HUP TERM; ${grandchild}; } & echo up >$CHANNEL`),
        ...once,
        sweep: false,
      },
    });
    const lines = supervisor.follow("web").lines()[Symbol.asyncIterator]();
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    await channel.hear(/^up$/);
    const before = fds();
    writeFileSync(`${channel.path}.go`, "go\n");
    assert.equal((await lines.next()).value, "from the grandchild");
    await channel.hear(/^written$/);
    for (let i = 0; i < 200 && fds() >= before; i++) await pause(5); // its end tells the kernel alone
    assert.ok(fds() < before, `${before} descriptors, then ${fds()}`);
  });
});
