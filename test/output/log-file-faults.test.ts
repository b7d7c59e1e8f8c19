import assert from "node:assert/strict";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { LogFile } from "../../src/output/log-file.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { bytes, put, read, user } from "../support/writing.ts";

const MIB = 1 << 20;

/** A log in a directory that is not there yet: what is written cannot be. */
function failing(t: TestContext) {
  const clock = new FakeClock();
  const told: string[] = [];
  const directory = path.join(scratch(t), "directory");
  const file = path.join(directory, "log");
  const log = new LogFile(file, clock);
  log.audience.add({
    failed: (_, { code, syscall }) => told.push(`failed ${syscall} ${code}`),
    recovered: (_, lost) => told.push(`recovered ${lost}`),
  });
  return { clock, told, directory, file, log, mend: () => fs.mkdirSync(directory) };
}

describe("LogFile: a file that cannot be written", () => {
  it("is told once, keeps what is written, and gives it when it can", (t) => {
    const { clock, told, file, log, mend } = failing(t);
    log.acquire(user());
    for (let i = 0; i < 10; i++) {
      const lent = bytes(`line ${i}\n`);
      put(log, lent);
      lent.fill(0);
      clock.advance(400);
    }
    assert.deepEqual(told, ["failed open ENOENT"]);
    mend();
    clock.advance(1000);
    assert.deepEqual(told, ["failed open ENOENT", "recovered 0"]);
    put(log, "after\n");
    assert.equal(
      read(file),
      `${Array.from({ length: 10 }, (_, i) => `line ${i}\n`).join("")}after\n`,
    );
    assert.equal(clock.pending, 0);
  });

  it("keeps the last MiB, and counts what had to go", (t) => {
    const { clock, told, file, log, mend } = failing(t);
    log.acquire(user());
    const written: Buffer[] = [];
    for (let i = 0; i < 40; i++) {
      const chunk = Buffer.alloc(50_000 + i, 65 + (i % 26));
      written.push(chunk);
      put(log, chunk);
    }
    const all = Buffer.concat(written);
    mend();
    clock.advance(1000);
    assert.deepEqual(told, ["failed open ENOENT", `recovered ${all.length - MIB}`]);
    assert.ok(fs.readFileSync(file).equals(all.subarray(-MIB)));
  });

  it("counts from 0 again after it has recovered, and is told again when it fails again", (t) => {
    const { clock, told, file, directory, log, mend } = failing(t);
    const one = user();
    log.acquire(one);
    put(log, Buffer.alloc(MIB + 5));
    mend();
    clock.advance(1000);
    log.release(one);
    fs.rmSync(directory, { recursive: true });
    log.acquire(one);
    put(log, "again");
    mend();
    clock.advance(1000);
    assert.deepEqual(told, [
      "failed open ENOENT",
      "recovered 5",
      "failed open ENOENT",
      "recovered 0",
    ]);
    assert.equal(read(file), "again");
  });

  it("is told again for another cause", (t) => {
    const { clock, told, file, directory, log, mend } = failing(t);
    log.acquire(user());
    put(log, "x");
    fs.writeFileSync(directory, ""); // a file where a directory should be
    clock.advance(3000);
    assert.deepEqual(told, ["failed open ENOENT", "failed open ENOTDIR"]);
    fs.unlinkSync(directory);
    mend();
    clock.advance(1000);
    assert.equal(read(file), "x");
    assert.equal(told.at(-1), "recovered 0");
  });

  it("rotates what it has kept by the same rule", (t) => {
    const { clock, file, log, mend } = failing(t);
    log.acquire(user(10, 9));
    for (const text of ["0123456789", "abcdefghijkl", "xyz"]) put(log, text);
    mend();
    clock.advance(1000);
    assert.deepEqual([`${file}.2`, `${file}.1`, file].map(read), [
      "0123456789",
      "abcdefghijkl",
      "xyz",
    ]);
  });

  it("gets a last chance when its last user goes", (t) => {
    const { told, clock, file, log, mend } = failing(t);
    const one = user();
    log.acquire(one);
    put(log, "last words");
    mend();
    log.release(one);
    assert.equal(read(file), "last words");
    assert.equal(told.at(-1), "recovered 0");
    assert.equal(log.fd, undefined);
    assert.equal(clock.pending, 0);
  });

  it("goes on in a directory that was renamed, and is made anew where that is made anew", (t) => {
    const { clock, told, file, directory, log, mend } = failing(t);
    mend();
    log.acquire(user(10, 2));
    put(log, "one");
    fs.renameSync(directory, `${directory}.old`);
    put(log, "two");
    assert.equal(read(`${directory}.old/log`), "onetwo");
    put(log, "three");
    assert.deepEqual(told, ["failed open ENOENT"]);
    mend();
    clock.advance(1001);
    put(log, "four");
    put(log, "five");
    assert.equal(read(`${directory}.old/log`), "onetwothreefour");
    assert.equal(read(file), "five");
    assert.deepEqual(told, ["failed open ENOENT", "recovered 0"]);
  });
});
