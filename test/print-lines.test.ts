import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { printLines } from "../src/index.ts";
import { Stage } from "./support/helpers.ts";
import { nothingLeft, root } from "./support/processes.ts";

const settings = { programs: { web: { command: "w" }, worker: { command: "x" } } };

describe("printLines", () => {
  it("puts the names in front, of one width", async () => {
    const stage = new Stage(settings);
    const stream = new PassThrough();
    const printed = printLines(stage.supervisor, stream);
    await stage.up();
    stage.spawner.of("web").print("a\nunfinished");
    stage.spawner.of("worker").print("b\n", "stderr");
    stage.supervisor.add("longer-one", { command: "y" });
    stage.spawner.of("longer-one").print("c\n");
    stage.spawner.of("web").print(" d\n");
    await stage.supervisor.shutdown();
    await printed;
    assert.equal(
      await text(stream.end()),
      "web    | a\nworker | b\nlonger-one | c\nweb        | unfinished d\n",
    );
  });

  it("has the colours of the stream, another for each name, and lets no text change them", async () => {
    const stage = new Stage(settings);
    const stream = Object.assign(new PassThrough(), { hasColors: () => true });
    const printed = printLines(stage.supervisor.select("all"), stream);
    await stage.up();
    stage.spawner.of("web").print("\u001B[31mred\nplain\n");
    stage.spawner.of("worker").print("b\n");
    await stage.supervisor.shutdown();
    await printed;
    const lines = (await text(stream.end())).trimEnd().split("\n");
    assert.deepEqual(lines, [
      "\u001B[36mweb    |\u001B[39m \u001B[31mred\u001B[0m",
      "\u001B[36mweb    |\u001B[39m plain",
      "\u001B[33mworker |\u001B[39m b",
    ]);
    assert.equal(stripVTControlCharacters(lines[0] ?? ""), "web    | red");
  });

  it("colors: false has none, whatever the stream says", async () => {
    const stage = new Stage(settings);
    const stream = Object.assign(new PassThrough(), { hasColors: () => true });
    const printed = printLines(stage.supervisor, stream, { colors: false });
    await stage.up();
    stage.spawner.of("web").print("a\n");
    await stage.supervisor.shutdown();
    await printed;
    assert.equal(await text(stream.end()), "web    | a\n");
  });

  it("waits for a slow stream, and ends with one that is closed", async () => {
    const stage = new Stage(settings);
    const taken: (() => void)[] = [];
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void taken.push(done),
    });
    const printed = printLines(stage.supervisor, stream);
    await stage.up();
    stage.spawner.of("web").print("a\nb\nc\n");
    await stage.pass(0);
    assert.equal(stream.writableLength, "web    | a\n".length); // no more than one
    taken.shift()?.();
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(taken.length, 1);
    stream.destroy();
    taken.shift()?.();
    stage.spawner.of("web").print("d\n");
    await printed.catch((error: NodeJS.ErrnoException) =>
      assert.equal(error.code, "ERR_STREAM_DESTROYED"),
    );
    await stage.supervisor.shutdown();
  });

  it("settles when the stream is closed while nothing is printed", async () => {
    const stage = new Stage(settings);
    const stream = new PassThrough();
    const printed = printLines(stage.supervisor, stream);
    stream.destroy();
    await printed;
    const closed = new PassThrough();
    closed.destroy();
    await printLines(stage.supervisor, closed);
    assert.deepEqual(stream.listenerCount("error"), 0);
  });

  it("rejects with a late error of the stream, and settles when nobody reads any more", async () => {
    for (const code of ["ENOSPC", "EPIPE"]) {
      const stage = new Stage(settings);
      const stream = new Writable({
        write: (_chunk, _encoding, done) =>
          void turn().then(() => done(Object.assign(new Error("no"), { code }))),
      });
      const printed = printLines(stage.supervisor, stream).then(
        () => "settled",
        (error: NodeJS.ErrnoException) => error.code,
      );
      await stage.up();
      stage.spawner.of("web").print("a\n");
      assert.equal(await printed, code === "EPIPE" ? "settled" : code);
    }
  });

  it("rejects with the reason of its signal", async () => {
    const stage = new Stage(settings);
    const gone = new AbortController();
    const printed = printLines(stage.supervisor, new PassThrough(), { signal: gone.signal });
    gone.abort(new Error("enough"));
    await assert.rejects(printed, /enough/);
  });
});

/** Runs a program in a terminal of its own: what comes from there goes to its output, and back. */
const PTY = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
import select
while True:
    ready, _, _ = select.select([terminal, 0], [], [])
    if 0 in ready:
        os.write(terminal, os.read(0, 100))
    if terminal in ready:
        try:
            said = os.read(terminal, 65536)
        except OSError:
            break
        if not said: break
        os.write(1, said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
const noPty =
  spawnSync("python3", ["-c", "import pty, os; os.waitstatus_to_exitcode"]).status === 0
    ? false
    : "no python3 that can open a terminal";

describe("docs/examples/dev.mjs", () => {
  const file = path.join(root, "docs/examples/dev.mjs");

  it("is no longer than fifteen lines", () => {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.ok(lines.length <= 16, String(lines.length)); // and a comment
  });

  it(
    "shows three programs with their names, in colours; Ctrl-C ends them all",
    { skip: noPty },
    async (t) => {
      const mark = `dev-${process.pid}`;
      const { PATH } = process.env; // nothing else: Node takes CI for a terminal without colours
      const host = spawn("python3", ["-c", PTY, process.execPath, file], {
        env: { PATH, TERM: "xterm-256color", LIBSUPERVISOR_TEST: mark },
        stdio: ["pipe", "pipe", "inherit"],
      });
      t.after(() => host.kill("SIGKILL"));
      let said = "";
      host.stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
      for (const line of [
        "\u001B[33mweb    |\u001B[39m listening on http:",
        "\u001B[32mworker |\u001B[39m worker: done",
        "\u001B[36mflaky  |\u001B[39m Out of luck",
      ])
        while (!said.includes(line)) await once(host.stdout, "data");
      const exited = once(host, "close");
      host.stdin.write("\u0003");
      assert.deepEqual(await exited, [0, null]);
      nothingLeft(mark);
    },
  );

  it("has no colours where its output is a pipe, and ends with its programs", async (t) => {
    const mark = `dev-pipe-${process.pid}`;
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const host = spawn(process.execPath, [file], {
      env: { ...environment, LIBSUPERVISOR_TEST: mark },
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => host.kill("SIGKILL"));
    const [line] = (await once(host.stdout.setEncoding("utf8"), "data")) as [string];
    assert.match(line, /^(?:web {3}|worker|flaky {1}) \| \w/);
    host.stdout.resume();
    host.kill("SIGINT");
    assert.deepEqual(await once(host, "exit"), [0, null]);
    nothingLeft(mark);
  });
});
