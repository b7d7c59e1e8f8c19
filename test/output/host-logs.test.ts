import assert from "node:assert/strict";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { LogEvents } from "../../src/output/log-audience.ts";
import { Logs } from "../../src/output/logs.ts";
import { hostLogsOf } from "../../src/output/host-logs.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { bytes, read, user } from "../support/writing.ts";

function rig(t: TestContext) {
  const clock = new FakeClock();
  const directory = scratch(t);
  const at = (name: string) => path.join(directory, name);
  const told: string[] = [];
  const events = (name: string): LogEvents => ({
    failed: (file, { code }) => told.push(`${name}: failed ${path.basename(file)} ${code}`),
    recovered: (file, lost) => told.push(`${name}: recovered ${path.basename(file)} ${lost}`),
  });
  return { clock, at, told, logs: (name: string) => new Logs(clock, events(name)) };
}

describe("the log files of a host", () => {
  it("are one for each file, for all supervisors, and for all its names", (t) => {
    const { at, logs } = rig(t);
    fs.mkdirSync(at("real"));
    fs.symlinkSync("real", at("alias"));
    const [one, two] = [logs("one"), logs("two")];
    const users = [user(0, 0), user(10, 1), user(0, 0)] as const;
    one.plan(users[0], at("real/log"));
    one.plan(users[1], at("alias/log"));
    two.plan(users[2], at("real/../real/log"));
    const file = one.file(users[0]);
    assert.ok(file);
    assert.equal(one.file(users[1]), file);
    assert.equal(two.file(users[2]), file);
    assert.deepEqual(file.rule, { maxbytes: 10, backups: 1 });
  });

  it("of a hard link are the same, though it is known only since the file was opened", (t) => {
    const { at, logs } = rig(t);
    const [one, two] = [logs("one"), logs("two")];
    const [a, b] = [user(), user()];
    fs.writeFileSync(at("log"), "");
    fs.linkSync(at("log"), at("hard"));
    one.plan(a, at("log"));
    two.plan(b, at("hard"));
    assert.equal(one.file(a), two.file(b));
  });

  it("are not told apart by a number that belongs to another file by now", (t) => {
    const { at, logs } = rig(t);
    const one = logs("one");
    const [a, b] = [user(5, 1), user()];
    one.plan(a, at("log"));
    const file = one.file(a);
    file?.acquire(a);
    void file?.write(bytes("rotated"));
    fs.renameSync(at("log.1"), at("other")); // it has the number that the log had
    one.plan(b, at("other"));
    assert.notEqual(one.file(b), file);
  });

  it("take nobody into account who has only been planned by one that does not write", (t) => {
    const { at, logs } = rig(t);
    const [one, two] = [logs("one"), logs("two")];
    const [strict, lax] = [user(10, 1), user(100, 1)];
    one.plan(strict, at("log")); // settings that are only checked, say
    two.plan(lax, at("log"));
    assert.equal(two.file(lax)?.rule.maxbytes, 100);
    assert.equal(one.file(strict)?.rule.maxbytes, 10);
    assert.equal(two.file(lax)?.rule.maxbytes, 10);
    one.forget(strict);
    assert.equal(two.file(lax)?.rule.maxbytes, 100);
  });

  it("tell all who write of a trouble, also who comes later, and nobody who has gone", (t) => {
    const { clock, at, told, logs } = rig(t);
    const [one, two, three] = [logs("one"), logs("two"), logs("three")];
    const [a, b, c] = [user(), user(), user()];
    one.plan(a, at("gone/log"));
    two.plan(b, at("gone/log"));
    three.plan(c, at("gone/log"));
    one.file(a)?.acquire(a);
    assert.deepEqual(told.splice(0), ["one: failed log ENOENT"]);
    two.file(b)?.acquire(b);
    three.file(c);
    assert.deepEqual(told.splice(0), ["two: failed log ENOENT", "three: failed log ENOENT"]);
    two.file(b)?.release(b); // it writes now and then
    void two.file(b)?.write(bytes("kept"));
    one.file(a)?.release(a);
    three.forget(c);
    three.close(); // and does not give up what others have written
    fs.mkdirSync(at("gone"));
    clock.advance(1000);
    assert.deepEqual(told, ["one: recovered log 0", "two: recovered log 0"]);
    assert.equal(read(at("gone/log")), "kept");
  });

  it("forget a file that nobody needs, once all is written", (t) => {
    const { clock, at, logs } = rig(t);
    const one = logs("one");
    const a = user();
    one.plan(a, at("gone/log"));
    const file = one.file(a);
    assert.ok(file);
    file.acquire(a);
    void file.write(bytes("kept"));
    one.forget(a);
    assert.ok(hostLogsOf(clock).has(file), "there is something to write still");
    fs.mkdirSync(at("gone"));
    clock.advance(1000);
    assert.equal(read(at("gone/log")), "kept");
    assert.ok(!hostLogsOf(clock).has(file));
    assert.equal(clock.pending, 0);
  });
});
