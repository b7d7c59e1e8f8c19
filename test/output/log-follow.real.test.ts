import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { renameSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import type { ProgramSettings } from "../../src/index.ts";
import { runHost } from "../support/host.ts";
import { filesOf, once } from "../support/output.ts";
import { scratch } from "../support/processes.ts";
import { sh, supervise } from "../support/real-supervisor.ts";

/** Follows from now on: asks for the first before anything can come. */
function ahead<T>(source: AsyncIterable<T>): {
  rest(): Promise<T[]>;
  next(): Promise<T | undefined>;
} {
  const iterator = source[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<T>> | undefined = iterator.next();
  const step = () => {
    const result = first ?? iterator.next();
    first = undefined;
    return result;
  };
  return {
    async next() {
      const { done, value } = await step();
      return done ? undefined : value;
    },
    async rest() {
      const all: T[] = [];
      for (let result; !(result = await step()).done;) all.push(result.value);
      return all;
    },
  };
}

const ways: readonly [title: string, settings: (file: string) => Partial<ProgramSettings>][] = [
  ["in memory", () => ({})],
  ["a file with rotation", (file) => ({ stdout_logfile: file, stdout_logfile_maxbytes: 30 })],
  ["a file of its own", (file) => ({ stdout_logfile: file, stdout_logfile_maxbytes: 0 })],
];

for (const [title, settings] of ways) {
  describe(`follow: ${title}`, () => {
    it("with a tail, over an update, misses nothing and repeats nothing", async (t) => {
      const file = path.join(scratch(t), "out");
      const programs = (word: string) => ({
        web: {
          command: sh('echo "first $WORD"; read line; echo "last $WORD"; exec cat'),
          environment: { WORD: word },
          startsecs: 0,
          ...settings(file),
        },
      });
      const { supervisor } = supervise(t, programs("a"));
      const early = ahead(supervisor.follow("web").lines());
      const lines = ahead(supervisor.lines());
      await supervisor.start();
      assert.equal(await early.next(), "first a");
      const late = supervisor.follow("web", { tail: 5 }); // read only when all is over
      await supervisor.send("web", "\n");
      assert.equal(await early.next(), "last a");
      await supervisor.update({ programs: programs("b") });
      await supervisor.start();
      await supervisor.send("web", "\n");
      assert.deepEqual([await early.next(), await early.next()], ["first b", "last b"]);
      await supervisor.shutdown();
      assert.deepEqual(await early.rest(), []);
      const text = Buffer.concat(await ahead(late).rest()).toString();
      assert.equal(text, "st a\nlast a\nfirst b\nlast b\n");
      assert.deepEqual(
        (await lines.rest()).map(({ namespec, stream, line }) => `${namespec} ${stream} ${line}`),
        ["first a", "last a", "first b", "last b"].map((line) => `web stdout ${line}`),
      );
    });

    it("gives what comes from now on, over restarts, until the shutdown", async (t) => {
      const file = path.join(scratch(t), "out");
      const { supervisor } = supervise(t, {
        web: { command: sh("printf 'début '; exec cat"), startsecs: 0, ...settings(file) },
      });
      await supervisor.start();
      const before = ahead(supervisor.follow("web").lines());
      await supervisor.send("web", "zero\n");
      await before.next(); // what the file of its own had already may be missing here
      const bytes = ahead(supervisor.follow("web"));
      const lines = ahead(supervisor.follow("web").lines());
      for (let life = 1; life <= 5; life++) {
        await supervisor.send("web", `${life}: ${"é€😀".repeat(9)}\r\n`);
        assert.match((await lines.next()) ?? "", new RegExp(`${life}: (?:é€😀){9}$`));
        await supervisor.restart("web");
      }
      await supervisor.send("web", "last");
      let text = "";
      while (!text.endsWith("last")) text += (await bytes.next())?.toString("latin1") ?? "last";
      await supervisor.shutdown();
      const expected = [1, 2, 3, 4, 5].map((life) => `${life}: ${"é€😀".repeat(9)}\r\ndébut `);
      assert.equal(Buffer.from(text, "latin1").toString(), `${expected.join("")}last`);
      assert.deepEqual(await bytes.rest(), []);
      assert.deepEqual(await lines.rest(), ["début last"]);
      if (title === "a file with rotation") assert.ok(filesOf(file).length > 3);
    });

    it("gives no line twice and none in pieces, of 20,000 in a flood", async (t) => {
      const file = path.join(scratch(t), "out");
      const { supervisor, next } = supervise(t, {
        web: {
          ...once,
          command: sh("read go; seq 20000; echo end"),
          ...settings(file),
          stdout_logfile_maxbytes: settings(file).stdout_logfile_maxbytes === 0 ? 0 : "20KB",
        },
      });
      await supervisor.start();
      const lines = ahead(supervisor.follow("web").lines());
      await supervisor.send("web", "\n");
      for (let i = 1; i <= 20_000; i++) assert.equal(await lines.next(), String(i));
      assert.equal(await lines.next(), "end");
      await next("PROCESS_STATE_EXITED");
    });

    it("an abort ends it with its reason, after what has come", async (t) => {
      const file = path.join(scratch(t), "out");
      const { supervisor } = supervise(t, {
        web: { ...once, command: "cat", ...settings(file) },
      });
      await supervisor.start();
      const abort = new AbortController();
      const bytes = ahead(supervisor.follow("web", "stdout", { signal: abort.signal }));
      const lines = ahead(supervisor.follow("web", "stdout", { signal: abort.signal }).lines());
      await supervisor.send("web", "one\nhalf");
      assert.equal((await bytes.next())?.toString(), "one\nhalf");
      assert.equal(await lines.next(), "one");
      abort.abort(new Error("enough"));
      assert.equal(await lines.next(), "half");
      for (const ended of [bytes, lines]) await assert.rejects(ended.next(), { message: "enough" });
      const never = supervisor.follow("web", "stdout", { signal: abort.signal });
      await assert.rejects(ahead(never).rest(), { message: "enough" });
    });

    it("ends when the program is removed", async (t) => {
      const file = path.join(scratch(t), "out");
      const { supervisor } = supervise(t, {
        web: { ...once, command: "cat", ...settings(file) },
      });
      await supervisor.start();
      const lines = ahead(supervisor.follow("web").lines());
      await supervisor.remove("web");
      assert.deepEqual(await lines.rest(), []);
    });
  });
}

describe("follow", () => {
  it("of a reader that sleeps: the process goes on, the oldest bytes are missed", async (t) => {
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: sh("read go; echo first; seq -f %07.0f 1000000; echo end") },
    });
    await supervisor.start();
    const lines = ahead(supervisor.follow("web").lines());
    await supervisor.send("web", "\n");
    assert.equal(await lines.next(), "first");
    assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 0);
    await supervisor.shutdown();
    const all = await lines.rest();
    assert.equal(all.at(-1), "end");
    assert.ok(all.length < 8_100_000 / 8 / 2, `${all.length} lines were kept`);
    assert.ok(all.length > (1 << 20) / 8 - 9000);
    const kept = all.slice(-100_000, -1);
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, i) =>
        String(1_000_001 - kept.length + i).padStart(7, "0"),
      ),
    );
  });

  it("of a file of its own: goes on where the file is emptied or replaced", async (t) => {
    const file = path.join(scratch(t), "out");
    const { supervisor } = supervise(t, {
      web: { ...once, command: "cat", stdout_logfile: file, stdout_logfile_maxbytes: 0 },
    });
    await supervisor.start();
    const lines = ahead(supervisor.follow("web").lines());
    await supervisor.send("web", "one longer line\n");
    assert.equal(await lines.next(), "one longer line");
    await supervisor.clear("web");
    await supervisor.send("web", "two\n");
    assert.equal(await lines.next(), "two");
    renameSync(file, `${file}.old`);
    await supervisor.send("web", "three\n");
    assert.equal(await lines.next(), "three");
    await supervisor.restart("web");
    await supervisor.send("web", "four\n");
    assert.equal(await lines.next(), "four");
  });

  const deprived = [
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"',
    "sh",
  ] as const;
  const [unshare, ...words] = [...deprived, "true"];
  const noLimit =
    spawnSync(unshare, words).status === 0 ? false : "unshare cannot take inotify away here";

  it(
    "of a file of its own: shows what comes where no inotify instance is left",
    { skip: noLimit },
    async (t) => {
      const file = path.join(scratch(t), "out");
      const { status, stdout, stderr } = await runHost(
        `const supervisor = new Supervisor({ programs: { web: {
           command: "cat", startsecs: 0,
           stdout_logfile: ${JSON.stringify(file)}, stdout_logfile_maxbytes: 0 } } });
         await supervisor.start();
         const lines = supervisor.follow("web").lines();
         for (const line of ["one", "two"]) await supervisor.send("web", line + "\\n");
         for await (const line of lines) {
           console.log(line);
           if (line === "one") await supervisor.send("web", "three\\n");
           if (line === "three") await supervisor.shutdown();
         }`,
        { wrapper: deprived },
      );
      assert.equal(stderr, "");
      assert.deepEqual({ status, stdout }, { status: 0, stdout: "one\ntwo\nthree\n" });
    },
  );

  it("lines() of two streams that write to one file come once", async (t) => {
    const log = path.join(scratch(t), "both");
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: sh("echo one; echo two >&2"),
        stdout_logfile: log,
        stderr_logfile: log,
        stdout_logfile_maxbytes: 0,
        stderr_logfile_maxbytes: 0,
      },
    });
    const lines = ahead(supervisor.lines());
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    await supervisor.shutdown();
    assert.deepEqual(
      (await lines.rest()).map(({ line }) => line),
      ["one", "two"],
    );
  });

  it("of a program that has not been started yet", async (t) => {
    for (const maxbytes of [0, 1000]) {
      const { supervisor } = supervise(t, {
        web: {
          ...once,
          command: "echo hello",
          stdout_logfile: path.join(scratch(t), "out"),
          stdout_logfile_maxbytes: maxbytes,
        },
      });
      const lines = ahead(supervisor.follow("web").lines());
      await supervisor.start();
      assert.equal(await lines.next(), "hello");
    }
  });
});
