import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OutputLine } from "../../src/index.ts";
import { Stage } from "../support/helpers.ts";

/** `app:web err> text`: the lines that have come, until none is ready. */
async function taken(lines: AsyncIterator<OutputLine>, stage: Stage): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    let next: IteratorResult<OutputLine> | undefined;
    pending.set(lines, pending.get(lines) ?? lines.next());
    void pending.get(lines)?.then((result) => (next = result));
    await stage.pass(0);
    if (!next) return texts;
    pending.delete(lines);
    if (next.done) return [...texts, "(end)"];
    const { namespec, stream, line, partial } = next.value;
    texts.push(`${namespec} ${stream === "stderr" ? "err" : "out"}> ${line}${partial ? "…" : ""}`);
  }
}
const pending = new WeakMap<AsyncIterator<OutputLine>, Promise<IteratorResult<OutputLine>>>();

const two = {
  programs: { web: { command: "w" }, db: { command: "d" } },
  groups: { app: { programs: ["web"] } },
};

describe("lines", () => {
  it("are of all processes and both streams, in the order of reading, with names and time", async () => {
    const stage = new Stage(two);
    const { supervisor, spawner } = stage;
    const lines = supervisor.lines();
    await stage.up();
    spawner.of("app:web").print("a\nb");
    spawner.of("db").print("d\n", "stderr");
    spawner.of("app:web").print("e\n", "stderr");
    spawner.of("app:web").print("c\n");
    assert.deepEqual(await lines.next(), {
      done: false,
      value: {
        namespec: "app:web",
        processname: "web",
        groupname: "app",
        stream: "stdout",
        line: "a",
        at: stage.clock.date(),
      },
    });
    assert.deepEqual(await taken(lines, stage), ["db err> d", "app:web err> e", "app:web out> bc"]);
    await supervisor.shutdown();
    assert.deepEqual(await taken(lines, stage), ["(end)"]);
    assert.deepEqual(await taken(supervisor.lines(), stage), ["(end)"]);
  });

  it("go on over updates: with changed, added and without removed processes", async () => {
    const stage = new Stage({ programs: { web: { command: "w" }, db: { command: "d" } } });
    const { supervisor, spawner } = stage;
    const lines = supervisor.lines();
    const ofWeb = supervisor.programs.get("web")?.lines() ?? lines;
    const ofOne = supervisor.process("web")?.lines() ?? lines;
    await stage.up();
    spawner.of("web").print("unfinished");
    await supervisor.update({ programs: { web: { command: "other" }, more: { command: "m" } } });
    for (const name of ["web", "more"]) spawner.of(name).print(`of ${name}\n`);
    assert.deepEqual(await taken(lines, stage), [
      "web out> unfinished",
      "web out> of web",
      "more out> of more",
    ]);
    assert.deepEqual(await taken(ofWeb, stage), ["web out> unfinished", "web out> of web"]);
    assert.deepEqual(await taken(ofOne, stage), ["web out> unfinished", "(end)"]);
    await supervisor.remove("web");
    assert.deepEqual(await taken(ofWeb, stage), ["(end)"]);
    assert.deepEqual(await taken(lines, stage), []);
    await supervisor.shutdown();
  });

  it("of a program without processes, and of a supervisor without programs, wait for some", async () => {
    const stage = new Stage({ programs: { web: { command: "w", numprocs: 0 } } });
    const { supervisor, spawner } = stage;
    await stage.up();
    const [all, ofWeb] = [supervisor.lines(), supervisor.select("web").lines()];
    await supervisor.update({ programs: { web: { command: "w" } } });
    spawner.of("web").print("here\n");
    for (const lines of [all, ofWeb])
      assert.deepEqual(await taken(lines, stage), ["web out> here"]);
    await supervisor.shutdown();
    for (const lines of [all, ofWeb]) assert.deepEqual(await taken(lines, stage), ["(end)"]);
  });

  it("of several names go on while one of them is left", async () => {
    const stage = new Stage({ programs: { web: { command: "w" }, db: { command: "d" } } });
    const { supervisor, spawner } = stage;
    const lines = supervisor.select("web", "db").lines();
    await stage.up();
    await supervisor.remove("web");
    await supervisor.update({ programs: { db: { command: "other" } } });
    spawner.of("db").print("here\n");
    assert.deepEqual(await taken(lines, stage), ["db out> here"]);
    await supervisor.remove("db");
    assert.deepEqual(await taken(lines, stage), ["(end)"]);
  });

  it("with redirect_stderr are of one stream", async () => {
    const stage = new Stage({ programs: { web: { command: "w", redirect_stderr: true } } });
    const lines = stage.supervisor.lines();
    await stage.up();
    stage.spawner.of("web").print("a\n");
    assert.deepEqual(await taken(lines, stage), ["web out> a"]);
    await stage.supervisor.shutdown();
    assert.deepEqual(await taken(lines, stage), ["(end)"]);
  });

  it("a last line without an end comes when its run has ended, not with the next run", async () => {
    const stage = new Stage({ programs: { web: { command: "w", autorestart: true } } });
    const lines = stage.supervisor.lines();
    await stage.up();
    stage.spawner.of("web").print("last words");
    stage.spawner.of("web").exit(1);
    await stage.pass(0);
    assert.deepEqual(await taken(lines, stage), ["web out> last words"]);
    stage.spawner.of("web").print("first words\n");
    assert.deepEqual(await taken(lines, stage), ["web out> first words"]);
    await stage.supervisor.shutdown();
  });

  it("partial: an unfinished line is there at once, and once more when it is complete", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    const { supervisor, spawner } = stage;
    const [lines, whole] = [supervisor.lines({ partial: true }), supervisor.lines()];
    await stage.up();
    spawner.of("web").print("name: ");
    assert.deepEqual(await taken(lines, stage), ["web out> name: …"]);
    spawner.of("web").print("a");
    spawner.of("web").print("n", "stderr");
    spawner.of("web").print("da");
    assert.deepEqual(await taken(lines, stage), [
      "web out> name: a…",
      "web err> n…",
      "web out> name: ada…",
    ]);
    for (const text of ["!", "\n"]) spawner.of("web").print(text);
    assert.deepEqual(await taken(lines, stage), ["web out> name: ada!"]); // the latest alone
    await supervisor.shutdown();
    assert.deepEqual(await taken(lines, stage), ["web err> n", "(end)"]);
    assert.deepEqual(await taken(whole, stage), ["web out> name: ada!", "web err> n", "(end)"]);
  });

  it("a reader that does not read loses the oldest, and holds no more than a MiB", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    const lines = stage.supervisor.lines();
    await stage.up();
    const child = stage.spawner.of("web");
    for (let i = 0; i < 100; i++)
      child.print(`${String(i).padStart(3, "0")}${"x".repeat(50_000)}\n`);
    for (let i = 0; i < 100_000; i++) child.print("\n");
    child.print("last\n");
    await stage.supervisor.shutdown();
    const all = await taken(lines, stage);
    assert.ok(all.length < 12_000, String(all.length));
    assert.deepEqual(all.slice(-2), ["web out> last", "(end)"]);
  });

  it("of nearly a MiB, and of a MiB, come whole", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    const lines = stage.supervisor.lines();
    await stage.up();
    for (const length of [(1 << 20) - 50, 1 << 20]) {
      stage.spawner.of("web").print(`${"x".repeat(length)}\n`);
      const { value } = (await lines.next()) as IteratorYieldResult<OutputLine>;
      assert.equal(value.line.length, length);
    }
    await stage.supervisor.shutdown();
  });

  it("an abort ends them with its reason; a reader that leaves is forgotten", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    const { supervisor, spawner } = stage;
    const reason = new Error("enough");
    await assert.rejects(supervisor.lines({ signal: AbortSignal.abort(reason) }).next(), reason);
    const gone = new AbortController();
    const [lines, left] = [supervisor.lines({ signal: gone.signal }), supervisor.lines()];
    await stage.up();
    spawner.of("web").print("a\nb\n");
    gone.abort(reason);
    spawner.of("web").print("c\n");
    assert.deepEqual(
      [(await lines.next()).value, (await lines.next()).value].map(({ line }) => line),
      ["a", "b"],
    );
    await assert.rejects(lines.next(), reason);
    for await (const { line } of left) {
      assert.equal(line, "a");
      break;
    }
    assert.equal((await left.next()).done, true);
  });
});
