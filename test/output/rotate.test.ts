import assert from "node:assert/strict";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { LogAudience } from "../../src/output/log-audience.ts";
import { LogUsers } from "../../src/output/log-users.ts";
import { OpenedLog } from "../../src/output/opened-log.ts";
import { Rotator } from "../../src/output/rotate.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { bytes, read, user } from "../support/writing.ts";

function make(t: TestContext, maxbytes: number, backups: number) {
  const clock = new FakeClock();
  const file = path.join(scratch(t), "log");
  const told: string[] = [];
  const audience = new LogAudience(file);
  audience.add({
    failed: (_, { code }) => told.push(`failed ${code}`),
    recovered: (_, lost) => told.push(`recovered ${lost}`),
  });
  const users = new LogUsers();
  users.plan(user(maxbytes, backups));
  const log = new OpenedLog(file, clock, audience);
  log.open();
  t.after(() => log.close());
  return { clock, file, told, log, rotator: new Rotator(log, users, clock, audience) };
}

describe("Rotator", () => {
  it("leaves a file alone that is not full", (t) => {
    const { file, log, rotator } = make(t, 10, 2);
    log.write(bytes("123456789"));
    assert.ok(rotator.rotateNow());
    assert.ok(!fs.existsSync(`${file}.1`));
  });

  it("renames a full file, and opens the next", (t) => {
    const { file, log, rotator } = make(t, 3, 2);
    for (const text of ["one", "two", "six", ""]) {
      log.write(bytes(text));
      assert.ok(rotator.rotateNow());
    }
    assert.deepEqual([read(file), read(`${file}.1`), read(`${file}.2`)], ["", "six", "two"]);
  });

  it("tries a rotation that has failed again after a second, and tells when it succeeds", (t) => {
    const { clock, file, log, told, rotator } = make(t, 3, 1);
    fs.mkdirSync(`${file}.1`);
    log.write(bytes("one"));
    rotator.rotateNow();
    assert.ok(rotator.isFailing);
    assert.equal(told.length, 1);
    fs.rmdirSync(`${file}.1`);
    rotator.rotateNow();
    assert.ok(rotator.isFailing);
    clock.advance(1000);
    rotator.rotateNow();
    assert.ok(!rotator.isFailing);
    assert.equal(told[1], "recovered 0");
    assert.equal(read(`${file}.1`), "one");
  });

  it("does not rotate at once where that takes many steps", (t) => {
    const { file, log, rotator } = make(t, 1, 600);
    for (let n = 1; n < 600; n++) fs.writeFileSync(`${file}.${n}`, `${n}`);
    log.write(bytes("x"));
    assert.ok(!rotator.rotateNow());
    assert.equal(read(file), "x");
    const turns = [...rotator.rotate()].length;
    assert.equal(turns, 2);
    assert.deepEqual([read(`${file}.1`), read(`${file}.600`)], ["x", "599"]);
  });
});
