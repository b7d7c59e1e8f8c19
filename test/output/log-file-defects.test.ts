import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import nodeFs, * as fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { LogFile } from "../../src/output/log-file.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { turn } from "../support/helpers.ts";
import { scratch } from "../support/processes.ts";
import { bytes, put, read, user } from "../support/writing.ts";

function make(t: TestContext, slowness = 0) {
  const clock = new FakeClock();
  const told: string[] = [];
  const directory = path.join(scratch(t), "directory");
  const file = path.join(directory, "log");
  const log = new LogFile(file, {
    now: () => {
      clock.stall(slowness);
      return clock.now();
    },
    date: () => clock.date(),
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  });
  log.audience.add({
    failed: (_, { code, syscall }) => told.push(`failed ${syscall} ${code}`),
    recovered: (_, lost) => told.push(`recovered ${lost}`),
  });
  return { clock, told, directory, file, log, mend: () => fs.mkdirSync(directory) };
}

describe("LogFile: what was found", () => {
  it("a directory that was deleted: what is written meanwhile is kept, and comes", (t) => {
    const { clock, told, file, directory, log, mend } = make(t);
    mend();
    log.acquire(user());
    put(log, "gone");
    fs.rmSync(directory, { recursive: true });
    for (let i = 0; i < 10; i++) {
      clock.advance(700);
      put(log, `${i}`);
    }
    mend();
    clock.advance(1000);
    put(log, "!");
    // what was written in the first second went with the file
    assert.equal(read(file), "123456789!");
    assert.deepEqual(told, ["failed open ENOENT", "recovered 0"]);
  });

  it("a file that cannot be opened has not recovered because nothing was written to it", (t) => {
    const { clock, told, log, mend, file } = make(t);
    log.acquire(user());
    clock.advance(10_000);
    assert.deepEqual(told, ["failed open ENOENT"]);
    mend();
    clock.advance(1000);
    assert.deepEqual(told, ["failed open ENOENT", "recovered 0"]);
    put(log, "x");
    assert.equal(read(file), "x");
  });

  it("a deleted file is made anew on a slow disk, too", async (t) => {
    const { clock, log, mend, file } = make(t, 7);
    mend();
    log.acquire(user());
    await log.write(bytes("old"));
    await log.write(bytes("old"));
    fs.unlinkSync(file);
    clock.advance(1001);
    await log.write(bytes("new"));
    assert.equal(read(file), "new");
  });

  it("a process that is started again while the disk takes nothing loses nothing that fits", (t) => {
    const { clock, told, log, mend, file } = make(t);
    const one = user();
    for (let i = 0; i < 5; i++) {
      log.acquire(one);
      put(log, `life ${i}\n`);
      log.release(one);
      clock.advance(300);
    }
    assert.deepEqual(told, ["failed open ENOENT"]);
    mend();
    clock.advance(1000);
    assert.equal(read(file), "life 0\nlife 1\nlife 2\nlife 3\nlife 4\n");
    assert.deepEqual(told, ["failed open ENOENT", "recovered 0"]);
    assert.equal(log.fd, undefined);
    assert.equal(clock.pending, 0);
  });

  it("keeps mode and owner over a rotation, whatever the umask", (t) => {
    const { file, log, mend } = make(t);
    mend();
    fs.writeFileSync(file, "");
    fs.chmodSync(file, 0o664);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) fs.chownSync(file, 65_534, 4);
    const mask = process.umask(0o077);
    t.after(() => process.umask(mask));
    log.acquire(user(5, 2));
    put(log, "12345");
    fs.chmodSync(file, 0o604); // while it is written
    put(log, "67890");
    for (const [name, mode] of [
      [file, 0o604],
      [`${file}.1`, 0o604],
      [`${file}.2`, 0o664],
    ] as const) {
      const stat = fs.statSync(name);
      assert.equal(stat.mode & 0o777, mode, name);
      if (isRoot) assert.deepEqual([stat.uid, stat.gid], [65_534, 4], name);
    }
  });

  it("keeps the mode of a file that was removed", (t) => {
    const { clock, file, log, mend } = make(t);
    mend();
    log.acquire(user());
    fs.chmodSync(file, 0o622);
    put(log, "x");
    fs.unlinkSync(file);
    clock.advance(1001);
    put(log, "y");
    assert.equal(fs.statSync(file).mode & 0o777, 0o622);
  });

  it("a named pipe in its place holds up nobody, and gets what is written", async (t) => {
    const { clock, told, file, log, mend } = make(t);
    mend();
    log.acquire(user());
    put(log, "gone");
    fs.unlinkSync(file);
    execFileSync("mkfifo", [file]);
    clock.advance(1001);
    put(log, "for the reader");
    const reader = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    t.after(() => fs.closeSync(reader));
    const buffer = Buffer.alloc(100);
    const readAll = () => buffer.subarray(0, fs.readSync(reader, buffer)).toString();
    assert.equal(readAll(), "for the reader");
    put(log, Buffer.alloc(70_000, "x")); // more than it takes
    assert.deepEqual(told, ["failed write EAGAIN"]);
    log.reopen();
    log.clear();
    assert.equal(log.audience.failure?.code, "EAGAIN");
  });

  it("two hundred thousand backups, of which there are few: each rotation looks at few", (t) => {
    const { file, log, mend } = make(t);
    mend();
    log.acquire(user(1, 200_000));
    const rename = t.mock.method(nodeFs, "renameSync");
    syncBuiltinESMExports();
    t.after(syncBuiltinESMExports);
    for (let i = 0; i < 20; i++) put(log, String(i % 10));
    const names = fs.readdirSync(path.dirname(file));
    assert.equal(names.length, 21);
    assert.ok(rename.mock.callCount() <= 210, `${rename.mock.callCount()} renames`);
    assert.equal(read(`${file}.1`), "9");
    assert.equal(read(`${file}.20`), "0");
  });

  it("thousands of backups are moved by and by, and what is written meanwhile comes after", async (t) => {
    const { clock, told, file, log, mend } = make(t);
    mend();
    const count = 1500;
    for (let n = 1; n <= count; n++) fs.writeFileSync(`${file}.${n}`, String(n));
    const one = user(4, 5000);
    log.acquire(one);
    const busy = log.write(bytes("full"));
    assert.ok(busy, "the writer waits");
    assert.equal(read(`${file}.1`), "1", "not all at once");
    const more = log.write(bytes("more"));
    log.reopen();
    let turns = 0;
    const done = Promise.all([busy, more]).then(() => (turns = -turns));
    while (turns >= 0) {
      clock.advance(0);
      await turn();
      turns++;
    }
    await done;
    assert.equal(read(`${file}.1`), "more");
    assert.equal(read(`${file}.2`), "full");
    assert.equal(read(`${file}.${count + 2}`), String(count));
    assert.deepEqual(told, []);
    log.release(one);
    assert.equal(log.fd, undefined);
    assert.equal(clock.pending, 0);
  });

  it("may be reopened while a thread writes: nothing is lost, nor told", async (t) => {
    const { log, file, told, mend, directory } = make(t, 7);
    mend();
    log.acquire(user());
    const text = Array.from({ length: 600 }, (_, i) => `line ${i}\n`);
    for (const [i, line] of text.entries()) {
      const busy = log.write(bytes(line));
      if (i % 5 === 4) {
        fs.renameSync(file, `${file}.${999 - i}`);
        log.reopen();
      }
      await busy;
    }
    await log.settled();
    assert.deepEqual(told, []);
    const names = fs.readdirSync(directory).toSorted().toReversed();
    assert.equal(names.map((name) => read(path.join(directory, name))).join(""), text.join(""));
  });
});
