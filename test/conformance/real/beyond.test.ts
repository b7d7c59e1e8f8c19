/** The deviations of docs/deviations.md that no recording shows, shown. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { Supervisor, type ProgramSettings } from "../../../src/index.ts";
import { FakeClock, FakeSpawner } from "../../../src/testing/index.ts";
import { needsRoot } from "../../support/processes.ts";
import { readTable } from "../deviations.ts";

const dir = mkdtempSync(path.join(tmpdir(), "beyond-"));
after(() => rmSync(dir, { recursive: true }));

const library = new URL("../../../src/index.js", import.meta.url).href;

const demonstrations: Readonly<Record<string, () => Promise<void>>> = {
  async "path-lookup"() {
    for (const [place, mode] of [
      ["first", 0o644],
      ["second", 0o755],
    ] as const) {
      mkdirSync(path.join(dir, place));
      writeFileSync(path.join(dir, place, "tool"), "#!/bin/sh\necho $0\nexec sleep 300\n");
      chmodSync(path.join(dir, place, "tool"), mode);
    }
    const PATH = `${dir}/first:${dir}/second:/usr/bin:/bin`;
    const said = await firstWords({ command: "tool", environment: { PATH } });
    assert.equal(said, `${dir}/second/tool\n`);
  },

  async sigpipe() {
    const said = await firstWords({ command: "grep SigIgn /proc/self/status", autorestart: false });
    assert.equal(said, "SigIgn:\t0000000000000000\n");
  },

  async device() {
    const program = `
      import { Supervisor } from ${JSON.stringify(library)};
      const supervisor = new Supervisor({ programs: {
        p: { command: "echo line", startsecs: 0, autorestart: false, stdout_logfile: "/dev/stdout" } } });
      supervisor.on("LOGFILE", (event) => console.log(event.type));
      supervisor.on("PROCESS_STATE_EXITED", () => supervisor.shutdown());
      await supervisor.start();`;
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    const host = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio });
    const [out, errors] = await Promise.all([text(host.stdout), text(host.stderr)]);
    assert.deepEqual({ out, errors }, { out: "line\n", errors: "" });
  },

  async descriptors() {
    const program = `
      import { Supervisor } from ${JSON.stringify(library)};
      const supervisor = new Supervisor({ programs: {
        p: { command: "ls /proc/self/fd", startsecs: 0, autorestart: false } } });
      const ended = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", resolve));
      await supervisor.start();
      await ended;
      while (!(await supervisor.tail("p")).toString().endsWith("\\n")) await new Promise(setImmediate);
      console.log((await supervisor.tail("p")).toString().split("\\n").includes("40"));`;
    const stdio = Array.from({ length: 41 }, (_, fd) =>
      fd === 40 ? openSync(dir, "r") : "ignore",
    );
    const host = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit", ...stdio.slice(3)] as ["ignore", "pipe", "inherit"],
    });
    assert.equal(await text(host.stdout), "true\n");
  },

  async "capture-end"() {
    const file = path.join(dir, "half");
    const command = ["printf", "a<!--XSUPERVISOR:BEGIN-->b"];
    await run({ command, stdout_logfile: file, stdout_capture_maxbytes: "1KB" });
    assert.equal(readFileSync(file, "utf8"), "a<!--XSUPERVISOR:BEGIN-->b");
  },

  async "shared-file"() {
    const file = path.join(dir, "both");
    const script = "for i in 1 2 3 4 5 6; do echo out $i; echo err $i >&2; done";
    const log = { stdout_logfile: file, stderr_logfile: file };
    const limits = { stdout_logfile_maxbytes: 12, stderr_logfile_maxbytes: 12 };
    await run({ command: ["sh", "-c", script], ...log, ...limits });
    const files = readdirSync(dir).filter((name) => name.startsWith("both"));
    const all = files.map((name) => readFileSync(path.join(dir, name), "utf8")).join("");
    const wanted = [1, 2, 3, 4, 5, 6].flatMap((i) => [`err ${i}`, `out ${i}`]);
    assert.deepEqual(all.trimEnd().split("\n").toSorted(), wanted.toSorted());
  },

  async "foreign-log"() {
    const [precious, link] = [path.join(dir, "precious"), path.join(dir, "link")];
    writeFileSync(precious, "precious\n");
    symlinkSync(precious, link);
    lchownSync(link, 65_534, 65_534);
    const told = await troublesOf({ command: "echo line", stdout_logfile: link });
    assert.deepEqual(told, ["EPERM"]);
    assert.equal(readFileSync(precious, "utf8"), "precious\n");
  },

  async "log-pipe"() {
    const file = path.join(dir, "piped");
    const programs = { p: { command: "cat", startsecs: 0, stdout_logfile: file } };
    await using supervisor = new Supervisor({ programs });
    await supervisor.start();
    rmSync(file);
    execFileSync("mkfifo", [file]);
    supervisor.reopen();
    const lines = supervisor.follow("p").lines()[Symbol.asyncIterator]();
    await supervisor.send("p", "line\n");
    assert.equal((await lines.next()).value, "line");
  },

  async "log-trouble"() {
    const directory = path.join(dir, "removed");
    mkdirSync(directory);
    const stdout_logfile = path.join(directory, "log");
    const supervisor = new Supervisor({
      programs: { p: { command: "sleep 300", startsecs: 0, stdout_logfile } },
    });
    const told: string[] = [];
    supervisor.on("LOGFILE_FAILED", ({ code }) => told.push(code));
    rmSync(directory, { recursive: true });
    await supervisor.start();
    assert.equal(supervisor.process("p")?.state, "RUNNING");
    await supervisor.shutdown();
    assert.deepEqual(told, ["ENOENT"]);
  },

  async "rotated-mode"() {
    const file = path.join(dir, "shipped");
    writeFileSync(file, "");
    chmodSync(file, 0o666); // which no umask in use leaves
    await run({ command: "echo line", stdout_logfile: file, stdout_logfile_maxbytes: 5 });
    assert.deepEqual(
      [file, `${file}.1`].map((name) => [readFileSync(name, "utf8"), statSync(name).mode & 0o777]),
      [
        ["", 0o666],
        ["line\n", 0o666],
      ],
    );
  },

  async "backup-gap"() {
    const file = path.join(dir, "gap");
    for (const n of [1, 3]) writeFileSync(`${file}.${n}`, String(n));
    await run({ command: "echo line", stdout_logfile: file, stdout_logfile_maxbytes: 5 });
    const kept = [1, 2, 3].map((n) => readFileSync(`${file}.${n}`, "utf8"));
    assert.deepEqual(kept, ["line\n", "1", "3"]);
  },

  async "line-bound"() {
    const script = "read go; head -c 1048577 /dev/zero";
    const programs = { p: { command: ["sh", "-c", script], startsecs: 0, autorestart: false } };
    const supervisor = new Supervisor({ programs });
    await supervisor.start();
    const lines = supervisor.follow("p").lines()[Symbol.asyncIterator]();
    await supervisor.send("p", "\n");
    assert.equal((await lines.next()).value?.length, 1_048_576);
    await supervisor.shutdown();
    assert.equal((await lines.next()).value?.length, 1);
  },

  async "result-limits"() {
    const programs = { el: { command: "el", startsecs: 0, events: ["REMOTE_COMMUNICATION"] } };
    const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
    const supervisor = new Supervisor({ programs }, io);
    const log: string[] = [];
    supervisor.on("ACTIVITY", ({ message }) => log.push(message));
    void supervisor.start();
    for (const [answer, outcome] of [
      ["RESULT 0\n", "el: event was rejected"],
      [`RESULT ${2 ** 20}\n${"x".repeat(2 ** 20)}`, "el: event was rejected"],
      [`RESULT ${2 ** 20 + 1}\n`, "el: BUSY -> UNKNOWN"],
      ["RESULT -2\n", "el: BUSY -> UNKNOWN"],
      ["x".repeat(1025), "el: BUSY -> UNKNOWN"],
    ] as const) {
      const restarted = supervisor.restart("el");
      io.spawner.last.exit(0);
      io.clock.advance(0);
      await restarted;
      io.spawner.last.print("READY\n");
      supervisor.sendRemoteCommEvent("t", "x");
      io.spawner.last.print(answer);
      assert.ok(log.splice(0).includes(outcome), answer.slice(0, 20));
      io.clock.advance(0);
    }
  },

  async "rejected-again"() {
    const programs = { el: { command: "el", startsecs: 0, events: ["REMOTE_COMMUNICATION"] } };
    const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
    const supervisor = new Supervisor({ programs }, io);
    void supervisor.start();
    const got = () => io.spawner.last.written.splice(0).map((words) => words.split("\n").at(-1));
    io.spawner.last.print("READY\n");
    supervisor.sendRemoteCommEvent("t", "one");
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(got(), ["one"]);
      io.spawner.last.print("RESULT 4\nFAILREADY\n");
      io.clock.advance(0);
    }
    supervisor.sendRemoteCommEvent("t", "two");
    assert.deepEqual(got(), ["two"]);
    io.spawner.last.print("RESULT 2\nOKREADY\n");
    io.clock.advance(999);
    assert.deepEqual(got(), []);
    io.clock.advance(1);
    assert.deepEqual(got(), ["one"]);
  },

  async "start-stopping"() {
    const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
    const supervisor = new Supervisor({ programs: { p: { command: "p", startsecs: 0 } } }, io);
    await supervisor.start();

    const stopped = supervisor.stop("p");
    const started = supervisor.start("p");
    io.spawner.last.exit(null, "SIGTERM");
    io.clock.advance(0);
    await Promise.all([stopped.catch(() => {}), started]);
    assert.equal(supervisor.process("p")?.state, "RUNNING");
    assert.equal(io.spawner.children.length, 2);
  },

  async stuck() {
    const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
    const programs = { p: { command: "p", startsecs: 0, stopwaitsecs: 1 } };
    const supervisor = new Supervisor({ programs }, io);
    await supervisor.start();
    const down = supervisor.shutdown();
    io.clock.advance(7000);
    assert.deepEqual(io.spawner.last.kills.slice(0, 2), ["SIGTERM", "SIGKILL"]);
    const left = await down;
    assert.deepEqual(
      left.map(({ process, error }) => [process, error.code]),
      [["p", "STILL_RUNNING"]],
    );
  },

  async "socket-in-group"() {
    const programs = { f: { command: "f", socket: "tcp://127.0.0.1:9" } };
    const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
    const supervisor = new Supervisor({ programs, groups: { g: { programs: ["f"] } } }, io);
    void supervisor.start();
    assert.equal(io.spawner.of("g:f").command.socket?.url, "tcp://127.0.0.1:9");
  },

  async "group-update"() {
    const settings = (priority: number) => ({
      programs: { a: { command: "a", priority }, b: { command: "b" } },
      groups: { g: { programs: ["a", "b"] } },
    });
    const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
    const supervisor = new Supervisor(settings(1), io);
    void supervisor.start();
    const [a, b] = [supervisor.process("g:a")?.pid, supervisor.process("g:b")?.pid];
    const updated = supervisor.update(settings(2));
    await Promise.resolve();
    io.spawner.of("g:a").exit(null, "SIGTERM");
    assert.deepEqual((await updated).changed, ["a"]);
    assert.notEqual(supervisor.process("g:a")?.pid, a);
    assert.equal(supervisor.process("g:b")?.pid, b);
    assert.deepEqual(io.spawner.of("g:b").kills, []);
  },

  async "fd-limit"() {
    const said = await hostSays('ulimit -Sn 500; ulimit -Hn 1000; exec "$@"', {
      command: ["/bin/sh", "-c", "ulimit -Sn"],
    });
    assert.equal(said, "1000\n");
  },

  async "env-bytes"() {
    const dump = `printf '%s ' "$CITY" "$NAMED" | od -An -tx1 | tr -d ' '`;
    const said = await hostSays(`CITY=$(printf 'K\\366'); export CITY; exec "$@"`, {
      command: ["/bin/sh", "-c", dump],
      environment: { NAMED: "%(ENV_CITY)s" },
    });
    assert.equal(said, "4bf6204befbfbd20\n");
  },

  "real-time": async () => {
    const settings = { command: ["sh", "-c", "kill -34 $$"], startsecs: 0, autorestart: false };
    await using supervisor = new Supervisor({ programs: { p: settings } });
    const exits: unknown[] = [];
    const exited = new Promise<void>((resolve) => {
      supervisor.on("PROCESS_STATE_EXITED", ({ exitstatus, signal }) => {
        exits.push([exitstatus, signal]);
        resolve();
      });
    });
    await supervisor.start();
    await exited;
    assert.deepEqual(exits, [[0, null]]);
  },
};

describe("Deviations from supervisord that no recording shows", { concurrency: true }, () => {
  it("are those that the table marks so", () => {
    // those of configuration files are shown by the files of test/config
    const marked = readTable().filter(
      ({ id, recordings }) => recordings === "none" && !id.startsWith("conf-"),
    );
    assert.deepEqual(marked.map(({ id }) => id).toSorted(), Object.keys(demonstrations).toSorted());
  });

  const needs: Readonly<Record<string, string | false>> = {
    "foreign-log": needsRoot,
    "env-bytes": process.platform !== "linux" && "only Linux tells",
  };
  for (const [id, show] of Object.entries(demonstrations))
    it(`has ${id}`, { skip: needs[id] ?? false }, show);
});

/** Runs a program to its end in a host that a shell script has started; what it writes. */
async function hostSays(script: string, settings: ProgramSettings): Promise<string> {
  const program = { ...settings, startsecs: 0, autorestart: false, stdout_logfile: "/dev/stdout" };
  const source = `
    import { Supervisor } from ${JSON.stringify(library)};
    const supervisor = new Supervisor({ programs: { p: ${JSON.stringify(program)} } });
    supervisor.on("PROCESS_STATE_EXITED", () => supervisor.shutdown());
    await supervisor.start();`;
  const node = [process.execPath, "--input-type=module", "-e", source];
  const host = spawn("/bin/sh", ["-c", script, "sh", ...node], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return text(host.stdout);
}

/** Runs a program to its end. */
async function run(settings: ProgramSettings): Promise<void> {
  const once = { startsecs: 0, autorestart: false };
  await using supervisor = new Supervisor({ programs: { p: { ...once, ...settings } } });
  const ended = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", resolve));
  await supervisor.start();
  await ended;
}

/** What is told of the log of a program that runs to its end. */
async function troublesOf(settings: ProgramSettings): Promise<string[]> {
  const once = { startsecs: 0, autorestart: false };
  await using supervisor = new Supervisor({ programs: { p: { ...once, ...settings } } });
  const told: string[] = [];
  supervisor.on("LOGFILE_FAILED", ({ code }) => told.push(code));
  const ended = new Promise((resolve) => supervisor.on("PROCESS_STATE_EXITED", resolve));
  await supervisor.start();
  await ended;
  return told;
}

/** What a program says first. */
async function firstWords(settings: ProgramSettings): Promise<string> {
  await using supervisor = new Supervisor({ programs: { p: { startsecs: 0, ...settings } } });
  await supervisor.start();
  for (;;) {
    const said = (await supervisor.tail("p")).toString();
    if (said.includes("\n")) return said;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
