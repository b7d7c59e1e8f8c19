import assert from "node:assert/strict";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { LogFile } from "../../src/output/log-file.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { bytes, put, read, user } from "../support/writing.ts";

interface Rig {
  readonly clock: FakeClock;
  readonly log: LogFile;
  readonly file: string;
  readonly told: readonly string[];
}

/** `slowness`: how long each look at the clock takes, so that a write seems to have taken as long. */
function rig(t: TestContext, slowness: () => number = () => 0): Rig {
  const clock = new FakeClock();
  const told: string[] = [];
  const file = path.join(scratch(t), "log");
  const now = () => {
    clock.stall(slowness());
    return clock.now();
  };
  const slow = {
    now,
    date: () => clock.date(),
    setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms),
    clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
  };
  const log = new LogFile(file, slow);
  log.audience.add({
    failed: (_, { code, syscall }) => told.push(`failed ${syscall} ${code}`),
    recovered: (_, lost) => told.push(`recovered ${lost}`),
  });
  return { clock, log, file, told };
}

const numbered = (file: string, n: number) => (n === 0 ? file : `${file}.${n}`);

/** What is there of the log, the oldest first. */
function filesOf(file: string): string[] {
  const names = fs.readdirSync(path.dirname(file));
  const numbers = names.map((name) => Number(name.slice("log.".length) || 0));
  return numbers.toSorted((a, b) => b - a).map((n) => numbered(file, n));
}

describe("LogFile: rotation", () => {
  it("keeps the end of what was written, in files of the right sizes", (t) => {
    const { clock, file } = rig(t);
    const events = { failed: assert.fail, recovered: assert.fail };
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        sizes,
        fc.nat(100),
        fc.nat(4),
        fc.nat(120),
        fc.boolean(),
        (lengths, maxbytes, backups, before, restarts) => {
          for (const name of filesOf(file)) fs.unlinkSync(name);
          let written = "b".repeat(before);
          fs.writeFileSync(file, written);
          const log = new LogFile(file, clock);
          log.audience.add(events);
          const writer = user(maxbytes, backups);
          log.acquire(writer);
          let count = 0;
          const pieces = lengths.map((length) =>
            Array.from({ length }, () => String.fromCodePoint(33 + (count++ % 90))).join(""),
          );
          for (const piece of pieces) {
            const lent = bytes(piece);
            put(log, lent);
            lent.fill(0);
            written += piece;
            if (restarts) log.release(writer);
            log.acquire(writer);
          }
          log.release(writer);
          assert.equal(log.fd, undefined);
          checkFiles(file, written, { maxbytes, backups, longest: Math.max(60, before + 60) });
        },
      ),
      { numRuns: 150 },
    );
  });

  function checkFiles(
    file: string,
    written: string,
    rule: { readonly maxbytes: number; readonly backups: number; readonly longest: number },
  ): void {
    const { maxbytes, backups, longest } = rule;
    const texts = filesOf(file).map(read);
    const all = texts.join("");
    assert.ok(written.endsWith(all));
    if (maxbytes === 0) {
      assert.deepEqual(texts, [written]);
      return;
    }
    const rotated = texts.slice(0, -1);
    assert.ok(rotated.length <= backups);
    if (rotated.length < backups) assert.equal(all, written, "nothing had to go yet");
    assert.ok((texts.at(-1) as string).length < maxbytes || written.length < longest);
    for (const text of rotated) {
      assert.ok(text.length >= maxbytes);
      assert.ok(text.length < maxbytes + longest);
    }
  }

  it("turns over after the write that fills the file: 45 lines of 100 bytes, as recorded", (t) => {
    const { log, file } = rig(t);
    log.acquire(user(1000, 3));
    for (let i = 0; i < 45; i++) put(log, `${String(i).padStart(99, ".")}\n`);
    assert.deepEqual(
      filesOf(file).map((name) => read(name).length),
      [1000, 1000, 1000, 500],
    );
    assert.equal(filesOf(file).map(read).join("").slice(97, 100), "10\n");
  });

  it("empties the file where no backups are kept", (t) => {
    const { log, file } = rig(t);
    log.acquire(user(10, 0));
    for (const text of ["12345", "67890", "abc"]) put(log, text);
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ["log"]);
    assert.equal(read(file), "abc");
  });

  it("turns over a file that was too long already, after the next write", (t) => {
    const { log, file } = rig(t);
    fs.writeFileSync(file, "x".repeat(50));
    log.acquire(user(10, 2));
    assert.equal(read(file).length, 50);
    put(log, "y");
    assert.equal(read(`${file}.1`), `${"x".repeat(50)}y`);
    assert.equal(read(file), "");
  });

  it("has one writer for all, and the strictest rule of those who are there", (t) => {
    const { log, file } = rig(t);
    const [one, two, three] = [user(0, 0), user(20, 1), user(10, 3)];
    for (const each of [one, two, three]) log.acquire(each);
    assert.deepEqual(log.rule, { maxbytes: 10, backups: 3 });
    for (const text of ["0123456789", "abcdefghij"]) put(log, text);
    assert.deepEqual(filesOf(file).map(read), ["0123456789", "abcdefghij", ""]);
    log.release(three);
    assert.deepEqual(log.rule, { maxbytes: 20, backups: 1 });
    log.release(three);
    log.release(two);
    assert.notEqual(log.fd, undefined);
    log.release(one);
    assert.equal(log.fd, undefined);
  });

  it("never turns over a device", (t) => {
    const { log, file } = rig(t);
    fs.symlinkSync("/dev/null", file); // a writer that errs renames the link, not the device
    log.acquire(user(1, 1));
    for (let i = 0; i < 10; i++) put(log, "many bytes");
    log.release(user());
    assert.deepEqual(filesOf(file), [file]);
  });

  it("goes on where it was when a rotation fails, tells it once, and makes up for it", (t) => {
    const { log, file, clock, told } = rig(t);
    fs.mkdirSync(`${file}.1`); // in the way, as a directory that may not be written is
    log.acquire(user(10, 1));
    for (let i = 0; i < 5; i++) {
      put(log, "0123456789");
      clock.advance(600);
    }
    assert.equal(read(file).length, 50);
    assert.equal(told.length, 1);
    assert.match(told[0] as string, /^failed unlink /);
    fs.rmdirSync(`${file}.1`);
    clock.advance(1000);
    put(log, "x");
    assert.equal(read(`${file}.1`), `${"0123456789".repeat(5)}x`);
    assert.deepEqual(told.slice(1), ["recovered 0"]);
    put(log, "y");
    assert.equal(read(file), "y");
  });
});

describe("LogFile: a file that somebody else touches", () => {
  it("is made anew within a second of writing when it was deleted", (t) => {
    const { log, file, clock } = rig(t);
    log.acquire(user());
    put(log, "old");
    fs.unlinkSync(file);
    clock.advance(1001);
    put(log, "new");
    assert.equal(read(file), "new");
  });

  it("is opened anew by reopen(), when it was renamed", (t) => {
    const { log, file } = rig(t);
    log.acquire(user());
    put(log, "one");
    fs.renameSync(file, `${file}.1`);
    put(log, "two");
    log.reopen();
    put(log, "three");
    assert.deepEqual(filesOf(file).map(read), ["onetwo", "three"]);
  });

  it("stays closed after reopen(), when nobody writes", (t) => {
    const { log, file } = rig(t);
    log.reopen();
    assert.ok(!fs.existsSync(file));
  });

  it("is emptied by clear(), open or not, there or not, and begins to count anew", (t) => {
    const { log, file } = rig(t);
    log.clear();
    assert.ok(!fs.existsSync(file));
    fs.writeFileSync(file, "before");
    log.clear();
    assert.equal(read(file), "");
    log.acquire(user(10, 1));
    put(log, "12345678");
    log.clear();
    put(log, "1234");
    assert.deepEqual(filesOf(file).map(read), ["1234"]);
  });

  it("is appended to, and made with the mode of the host", (t) => {
    const { log, file } = rig(t);
    const mask = process.umask(0o027);
    t.after(() => process.umask(mask));
    log.acquire(user());
    assert.equal(fs.statSync(file).mode & 0o777, 0o640);
    fs.appendFileSync(file, "theirs ");
    put(log, "ours ");
    fs.appendFileSync(file, "theirs ");
    put(log, "ours");
    assert.equal(read(file), "theirs ours theirs ours");
  });
});

describe("LogFile: a slow disk", () => {
  it("last: what a thread has still to write comes once, after what was written", async (t) => {
    let slowness = 0;
    const { log } = rig(t, () => slowness);
    const one = user();
    log.plan(one);
    log.acquire(one);
    let all = "";
    for (let i = 0; i < 60; i++) {
      slowness = i >= 20 && i < 50 ? 7 : 0;
      const line = `line ${i}\n`;
      all += line;
      void log.write(Buffer.from(line));
      if (i % 3 === 0) await turn();
      for (const length of [1, 9, 100, 10_000])
        assert.equal(log.last(length).toString(), all.slice(-length), `${length} at ${i}`);
    }
    await log.settled();
    assert.equal(log.last(10_000).toString(), all);
    log.release(one);
    assert.equal(log.last(10).toString(), all.slice(-10));
  });

  it("is written to by a thread, in order, and the writer is asked to wait", async (t) => {
    let slowness = 0;
    const { log, file } = rig(t, () => slowness);
    log.acquire(user(50, 99));
    const text = Array.from({ length: 100 }, (_, i) => `line ${i}\n`);
    const waits: boolean[] = [];
    for (const [i, line] of text.entries()) {
      slowness = i >= 30 && i < 60 ? 7 : 0;
      const lent = bytes(line);
      const busy = log.write(lent);
      lent.fill(0);
      waits.push(busy !== undefined);
      await busy;
    }
    await log.settled();
    assert.equal(filesOf(file).map(read).join(""), text.join(""));
    assert.ok(!waits.slice(0, 31).includes(true), "fast before");
    assert.ok(!waits.slice(31, 61).includes(false), "slow");
    assert.ok(!waits.slice(62).includes(true), "fast again");
  });

  it("takes all that those write who do not wait", async (t) => {
    const { log, file } = rig(t, () => 7);
    log.acquire(user());
    const text = Array.from({ length: 50 }, (_, i) => `line ${i}\n`);
    const waits = text.map((line) => log.write(bytes(line)));
    await waits.at(-1);
    assert.equal(read(file), text.join(""));
    assert.equal(await log.settled(), undefined);
  });

  it("is closed behind the last user only when all is written", async (t) => {
    const { log, file } = rig(t, () => 7);
    const one = user();
    log.acquire(one);
    put(log, "a");
    const busy = log.write(bytes("b"));
    log.release(one);
    assert.notEqual(log.fd, undefined);
    await busy;
    assert.equal(log.fd, undefined);
    assert.equal(read(file), "ab");
  });
});
