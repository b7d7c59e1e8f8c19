import assert from "node:assert/strict";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { LogAudience } from "../../src/output/log-audience.ts";
import { OpenedLog } from "../../src/output/opened-log.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { bytes, read } from "../support/writing.ts";

function make(t: TestContext) {
  const clock = new FakeClock();
  const file = path.join(scratch(t), "log");
  const log = new OpenedLog(file, clock, new LogAudience(file));
  t.after(() => log.close());
  return { clock, file, log };
}

describe("OpenedLog", () => {
  it("appends, at once and in a thread, and knows its size", async (t) => {
    const { file, log } = make(t);
    fs.writeFileSync(file, "old ");
    log.refresh();
    assert.equal(log.size, 4);
    assert.equal(log.write(bytes("one ")), 4);
    assert.equal(await log.writeInThread(bytes("two")), 3);
    assert.equal(log.size, 11);
    assert.equal(read(file), "old one two");
    log.truncate();
    assert.equal(log.size, 0);
    assert.equal(read(file), "");
  });

  it("opens a file again that was deleted, a second later", (t) => {
    const { clock, file, log } = make(t);
    log.open();
    fs.unlinkSync(file);
    log.refresh();
    assert.ok(!fs.existsSync(file));
    clock.advance(1000);
    log.refresh();
    assert.ok(fs.existsSync(file));
  });

  it("opens a file again that was renamed, before the next write once it is outdated", (t) => {
    const { file, log } = make(t);
    log.open();
    fs.renameSync(file, `${file}.1`);
    log.outdate();
    log.refresh();
    log.write(bytes("new"));
    assert.deepEqual([read(`${file}.1`), read(file)], ["", "new"]);
  });

  it("gives the next file the mode of the former one", (t) => {
    const { file, log } = make(t);
    log.open();
    fs.chmodSync(file, 0o600);
    fs.renameSync(file, `${file}.1`);
    log.open();
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  });

  it("of a device is never full", (t) => {
    const { file, log } = make(t);
    fs.symlinkSync("/dev/null", file);
    log.open();
    log.write(bytes("many bytes"));
    assert.equal(log.size, -Infinity);
  });

  it("writes nothing while it is closed", (t) => {
    const { log } = make(t);
    assert.throws(() => log.write(bytes("x")), /This is a bug in libsupervisor/);
  });
});
