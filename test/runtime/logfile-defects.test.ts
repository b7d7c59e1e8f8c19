import assert from "node:assert/strict";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { LogFile } from "../../src/runtime/logfile.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { bytes, put, read, user } from "../support/writing.ts";

function make(t: TestContext, slowness = 0) {
  const clock = new FakeClock();
  const told: string[] = [];
  const directory = path.join(scratch(t), "directory");
  const file = path.join(directory, "log");
  const log = new LogFile(
    file,
    {
      now: () => {
        clock.stall(slowness);
        return clock.now();
      },
      date: () => clock.date(),
      setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    },
    {
      failed: (_, { code, syscall }) => told.push(`failed ${syscall} ${code}`),
      recovered: (_, lost) => told.push(`recovered ${lost}`),
    },
  );
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
