import assert from "node:assert/strict";
import fs, { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { watchFile } from "../../src/output/watch-file.ts";
import { scratch } from "../support/processes.ts";

/** Follows a file, with the first look already made. */
function following(t: TestContext, file: string) {
  const over = new AbortController();
  let isDone = false;
  const chunks = watchFile(file, over.signal, () => (isDone = true));
  let next = chunks.next();
  const alive = setInterval(() => {}, 1000); // a watch does not keep the host alive
  t.after(() => {
    over.abort();
    clearInterval(alive);
  });
  return {
    /** What comes, until it ends so. */
    async until(end: string): Promise<string> {
      let text = "";
      while (!text.endsWith(end)) {
        const { value } = await next;
        text += String(value);
        next = chunks.next();
      }
      return text;
    },
    async ends(): Promise<boolean> {
      over.abort();
      await next;
      return isDone;
    },
  };
}

/** Has the kernel refuse to watch until it is let. */
function withoutInotify(t: TestContext): () => void {
  const mock = t.mock.method(fs, "watch", () => {
    throw Object.assign(new Error("EMFILE: too many open files, watch"), { code: "EMFILE" });
  });
  syncBuiltinESMExports();
  const restore = () => {
    mock.mock.restore();
    syncBuiltinESMExports();
  };
  t.after(restore);
  return restore;
}

describe("a file that somebody else writes", () => {
  it("is looked at now and then where no inotify instance is left, until there is one", async (t) => {
    const file = path.join(scratch(t), "log");
    writeFileSync(file, "before\n");
    const restore = withoutInotify(t);
    const followed = following(t, file);
    appendFileSync(file, "one\n");
    assert.equal(await followed.until("one\n"), "one\n");
    renameSync(file, `${file}.1`);
    writeFileSync(file, "two\n");
    assert.equal(await followed.until("two\n"), "two\n");
    restore();
    const watch = t.mock.method(fs, "watch");
    syncBuiltinESMExports();
    appendFileSync(file, "three\n");
    assert.equal(await followed.until("three\n"), "three\n");
    appendFileSync(file, "four\n");
    assert.equal(await followed.until("four\n"), "four\n");
    assert.equal(watch.mock.callCount(), 1, "the kernel tells again");
    watch.mock.restore();
    assert.equal(await followed.ends(), true);
  });

  it("is found again when its directory was removed and made again", async (t) => {
    const directory = path.join(scratch(t), "logs");
    const file = path.join(directory, "log");
    mkdirSync(directory);
    writeFileSync(file, "");
    const followed = following(t, file);
    appendFileSync(file, "one\n");
    assert.equal(await followed.until("one\n"), "one\n");
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(file, "two\n");
    assert.equal(await followed.until("two\n"), "two\n");
    appendFileSync(file, "three\n");
    assert.equal(await followed.until("three\n"), "three\n");
  });

  it("may come into being together with its directory", async (t) => {
    const directory = path.join(scratch(t), "logs");
    const file = path.join(directory, "log");
    const followed = following(t, file);
    mkdirSync(directory);
    writeFileSync(file, "one\n");
    assert.equal(await followed.until("one\n"), "one\n");
  });
});
