import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setImmediate as turn } from "node:timers/promises";
import { Stage, fault } from "../support/helpers.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await turn();
    gc();
  }
  return process.memoryUsage().arrayBuffers;
}

describe("follow", () => {
  it("lets go of whoever never looked, once the signal has ended it", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    await stage.up();
    const before = await heldBytes();
    const [child, text] = [stage.spawner.of("web"), "x".repeat(1 << 20)];
    for (let i = 0; i < 32; i++) {
      const gone = new AbortController();
      stage.supervisor.follow("web", "stdout", { signal: gone.signal });
      child.print(text);
      gone.abort();
    }
    const grown = (await heldBytes()) - before;
    assert.ok(grown < 4 << 20, `${grown} bytes`);
  });
});

/** The items of an iteration, collected while it goes on. */
function collect<T>(items: AsyncIterable<T>): { readonly all: T[]; outcome: unknown } {
  const seen: { all: T[]; outcome: unknown } = { all: [], outcome: "pending" };
  void (async () => {
    for await (const item of items) seen.all.push(item);
  })().then(
    () => (seen.outcome = "done"),
    (error: unknown) => (seen.outcome = error),
  );
  return seen;
}

const programs = (level: string) => ({
  programs: { web: { command: "w", environment: { LEVEL: level } } },
});

describe("follow by a name", () => {
  it("goes on with the process that an update has put in the place of the former", async () => {
    const stage = new Stage(programs("a"));
    const { supervisor, spawner } = stage;
    const [byName, byProgram, bySelection, byProcess] = [
      collect(supervisor.follow("web").lines()),
      collect(supervisor.programs.get("web")!.follow().lines()),
      collect(supervisor.select("web").follow({}).lines()),
      collect(supervisor.process("web")!.follow().lines()),
    ];
    await stage.up();
    spawner.of("web").print("of a\nunfinished");
    await supervisor.update(programs("b"));
    spawner.of("web").print("of b\n");
    await stage.pass(0);
    for (const { all, outcome } of [byName, byProgram, bySelection]) {
      assert.deepEqual(all, ["of a", "unfinished", "of b"]);
      assert.equal(outcome, "pending");
    }
    assert.deepEqual(byProcess, { all: ["of a", "unfinished"], outcome: "done" });
    await supervisor.shutdown();
    await stage.pass(0);
    for (const { outcome } of [byName, byProgram, bySelection]) assert.equal(outcome, "done");
  });

  it("ends when the name is removed, also if it comes back later", async () => {
    const stage = new Stage(programs("a"));
    const { supervisor, spawner } = stage;
    const seen = collect(supervisor.follow("web").lines());
    await stage.up();
    await supervisor.remove("web");
    supervisor.add("web", { command: "w" });
    spawner.of("web").print("another\n");
    await stage.pass(0);
    assert.deepEqual(seen, { all: [], outcome: "done" });
  });

  it("stays with its process when the name comes to mean several, and refuses to guess", async () => {
    const numbered = { command: "w", process_name: "%(process_num)d" };
    const stage = new Stage({ programs: { web: { ...numbered, numprocs: 1 } } });
    const { supervisor, spawner } = stage;
    const seen = collect(supervisor.follow("web").lines());
    await stage.up();
    await supervisor.update({ programs: { web: { ...numbered, numprocs: 2 } } });
    spawner.of("web:0").print("still\n");
    await stage.pass(0);
    assert.deepEqual(seen, { all: ["still"], outcome: "pending" });
    const other = { ...numbered, command: "other", numprocs: 2 };
    await supervisor.update({ programs: { web: other } });
    await stage.pass(0);
    assert.ok(fault("BAD_NAME", /"web" is not one process but 2: web:0, web:1/)(seen.outcome));
  });

  it("leaves nothing at a signal that lives on", async () => {
    const stage = new Stage(programs("a"));
    const { signal } = new AbortController();
    await stage.up();
    for (let i = 0; i < 3; i++) {
      const chunks = stage.supervisor.follow("web", { signal });
      stage.spawner.of("web").print("a\n");
      for await (const line of chunks.lines()) {
        assert.equal(line, "a");
        break;
      }
    }
    const unread = stage.supervisor.follow("web", { signal });
    assert.ok(getEventListeners(signal, "abort").length > 0);
    await stage.supervisor.remove("web");
    assert.equal(await textOf(unread), "");
    await stage.pass(0);
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  });

  it("an abort ends it with the reason, also after an update", async () => {
    const stage = new Stage(programs("a"));
    const gone = new AbortController();
    const seen = collect(stage.supervisor.follow("web", { signal: gone.signal }));
    await stage.up();
    await stage.supervisor.update(programs("b"));
    const reason = new Error("enough");
    gone.abort(reason);
    await stage.pass(0);
    assert.equal(seen.outcome, reason);
  });
});

describe("follow with a tail", () => {
  it("begins with the last bytes, without a gap and without doubles", async () => {
    const stage = new Stage(programs("a"));
    const { supervisor, spawner } = stage;
    await stage.up();
    spawner.of("web").print("0123456789");
    const [some, all, none] = [3, 100, 0].map((tail) => supervisor.follow("web", { tail }));
    spawner.of("web").print("abc");
    const other = supervisor.process("web")?.follow("stdout", { tail: 4 });
    await supervisor.shutdown();
    const texts = await Promise.all([some, all, none, other].map((one) => textOf(one ?? [])));
    assert.deepEqual(texts, ["789abc", "0123456789abc", "abc", "9abc"]);
  });

  it("of any length is there, whatever follows before it is read", async () => {
    const stage = new Stage(programs("a"));
    await stage.up();
    stage.spawner.of("web").print("x".repeat(16_384));
    const chunks = stage.supervisor.follow("web", { tail: 16_384 });
    stage.spawner.of("web").print("y".repeat(1 << 20));
    await stage.supervisor.shutdown();
    assert.equal((await textOf(chunks)).length, 16_384 + (1 << 20));
  });

  it("comes once, not with each process that takes the place", async () => {
    const stage = new Stage(programs("a"));
    const { supervisor, spawner } = stage;
    await stage.up();
    spawner.of("web").print("one ");
    const chunks = supervisor.follow("web", { tail: 100 });
    await supervisor.update(programs("b"));
    spawner.of("web").print("two");
    await supervisor.shutdown();
    assert.equal(await textOf(chunks), "one two");
  });

  it("must be a whole number of bytes, and the stream a stream", () => {
    const { supervisor } = new Stage(programs("a"));
    for (const tail of [-1, 1.5, Number.NaN, "3" as unknown as number])
      assert.throws(
        () => supervisor.follow("web", { tail }),
        fault("BAD_ARGUMENTS", /"tail", got/),
      );
    assert.throws(
      () => supervisor.follow("web", "stdoot" as "stdout"),
      fault("BAD_ARGUMENTS", /expected "stdout" or "stderr", got "stdoot"/),
    );
  });
});

async function textOf(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}
