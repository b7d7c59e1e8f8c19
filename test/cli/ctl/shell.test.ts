import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { Run, conf, scratch, serve } from "./helpers.ts";
import type { Answer, Asked, FakeServer } from "./helpers.ts";

const info = (group: string, name: string) => ({
  group,
  name,
  state: 20,
  statename: "RUNNING",
  description: "pid 7",
  pid: 7,
});

/** A server with one process alone and two in a group. */
function answer({ call = "" }: Asked): Answer {
  const all = [info("a", "a"), info("g", "x"), info("g", "y")];
  const answers: Readonly<Record<string, Answer>> = {
    "supervisor.getVersion": { result: "3.0" },
    "supervisor.getSupervisorVersion": { result: "4.2.5" },
    "supervisor.getAllProcessInfo": { result: all },
    "supervisor.getProcessInfo": { result: info("a", "a") },
    "supervisor.sendProcessStdin": { result: true },
    "supervisor.shutdown": { result: true },
    "supervisor.getPID": { result: 42 },
  };
  return answers[call] ?? { fault: [1, "UNKNOWN_METHOD"] };
}

const STATUS = ["a", "g:x", "g:y"].map((name) => `${name.padEnd(33)}RUNNING   pid 7`);

const calls = (server: FakeServer) => server.asked.map(({ call, request }) => call ?? request);

async function shell(t: TestContext, more: readonly string[] = [], isTerminal = false) {
  const server = await serve(t, answer);
  const run = new Run(["-c", conf(t), "-s", server.url, ...more], { isTerminal });
  await run.stdout.until(/supervisor> /);
  return { server, run };
}

describe("the shell of ctl, with a pipe", () => {
  it("begins with the status and ends with the input", async (t) => {
    const { run } = await shell(t);
    run.stdin.end();
    assert.equal(await run.status, 0);
    assert.deepEqual(run.lines, [...STATUS, "supervisor> "]);
  });

  it("takes many lines without a warning", async (t) => {
    const warnings: Error[] = [];
    const keep = (warning: Error) => warnings.push(warning);
    process.on("warning", keep);
    t.after(() => process.off("warning", keep));
    const { run } = await shell(t);
    for (let i = 0; i < 20; i++) {
      run.stdin.write("version\n");
      await run.stdout.until(new RegExp(`(4\\.2\\.5[^]*){${i + 1}}supervisor> $`));
    }
    run.stdin.end();
    await run.status;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, []);
  });

  it("takes lines one by one, with 0 whatever they bring", async (t) => {
    const { run } = await shell(t);
    run.stdin.end("\n  \nversion\nnonsense 1\n?version\n-f\nhelp nothing\npid");
    assert.equal(await run.status, 0);
    assert.deepEqual(run.lines.slice(3), [
      "supervisor> supervisor> supervisor> 4.2.5",
      "supervisor> *** Unknown syntax: nonsense 1",
      "supervisor> version\t\t\tShow the version of the server",
      "supervisor> *** Unknown syntax: -f",
      "supervisor> *** No help on nothing",
      "supervisor> 42",
      "supervisor> ",
    ]);
  });

  for (const word of ["quit", "exit", "EOF"]) {
    it(`is left by ${word}`, async (t) => {
      const { run } = await shell(t);
      run.stdin.write(`${word}\nversion\n`);
      assert.equal(await run.status, 0);
      assert.deepEqual(run.lines.slice(3), ["supervisor> "]);
    });
  }

  it("asks before shutdown, and takes anything but y for no", async (t) => {
    const { run, server } = await shell(t);
    run.stdin.write("shutdown\nn\nshutdown\n\nshutdown\nYes\n");
    await run.stdout.until(/Shut down\n/);
    run.stdin.end();
    await run.status;
    assert.equal(calls(server).filter((call) => call === "supervisor.shutdown").length, 1);
    const question = "Really shut the remote supervisord process down y/N? ";
    assert.equal(
      run.lines[3],
      `supervisor> ${question}supervisor> ${question}supervisor> ${question}Shut down`,
    );
  });

  it("does not shut down when the input ends at the question", async (t) => {
    const { run, server } = await shell(t);
    run.stdin.end("shutdown\n");
    await run.status;
    assert.ok(!calls(server).includes("supervisor.shutdown"));
  });

  it("goes on after Ctrl-C in tail -f", async (t) => {
    const server = await serve(t, (asked) =>
      asked.request.startsWith("GET")
        ? { stream: (response) => response.write("some output\n") }
        : answer(asked),
    );
    const run = new Run(["-c", conf(t), "-s", server.url]);
    run.stdin.write("tail -f a\nversion\n");
    await run.stdout.until(/some output\n/);
    run.interrupt();
    await run.stdout.until(/4\.2\.5/);
    run.stdin.end();
    await run.status;
    assert.deepEqual(run.lines.slice(3), [
      "supervisor> ==> Press Ctrl-C to exit <==",
      "some output",
      "",
      "supervisor> 4.2.5",
      "supervisor> ",
    ]);
  });

  it("ends at Ctrl-C, also while an action waits", async (t) => {
    const news = new EventEmitter();
    const begun = once(news, "begun");
    const server = await serve(t, (asked) => {
      if (asked.call !== "supervisor.startProcess") return answer(asked);
      news.emit("begun");
      return new Promise<Answer>(() => {}); // never
    });
    const run = new Run(["-c", conf(t), "-s", server.url]);
    run.stdin.write("start a\n");
    await begun;
    run.interrupt();
    assert.equal(await run.status, 0);
    assert.deepEqual(run.lines.slice(3), ["supervisor> "]);
    assert.equal(run.interrupts.listenerCount("SIGINT"), 0);
  });

  it("asks who is there when the server wants to know", async (t) => {
    const server = await serve(t, (asked) =>
      asked.authorization === `Basic ${btoa("me:secret")}` ? answer(asked) : { status: 401 },
    );
    const run = new Run(["-c", conf(t), "-s", server.url]);
    run.stdin.end("me\nsecret\nversion\n");
    assert.equal(await run.status, 0);
    assert.deepEqual(run.lines, [
      "Server requires authentication",
      "Username:Password:",
      ...STATUS,
      "supervisor> 4.2.5",
      "supervisor> ",
    ]);
  });

  it("gives up when nobody says who is there", async (t) => {
    const server = await serve(t, () => ({ status: 401 }));
    const run = new Run(["-c", conf(t), "-s", server.url]);
    run.stdin.end();
    assert.equal(await run.status, 0);
    assert.deepEqual(run.lines, ["Server requires authentication", "Username:", "supervisor> "]);
  });

  it("goes to another server with open", async (t) => {
    const { run, server } = await shell(t);
    const other = await serve(t, answer);
    run.stdin.end(`open ${other.url}\nversion\nopen nowhere\n`);
    await run.status;
    assert.equal(server.asked.length, 2);
    assert.equal(calls(other).at(-1), "supervisor.getSupervisorVersion");
    assert.equal(run.lines.at(-2), "supervisor> ERROR: url must be http:// or unix://");
  });
});

describe("the shell of ctl, on a terminal", () => {
  it("completes actions, groups and names", async (t) => {
    const { run } = await shell(t, [], true);
    run.stdin.write("vers\t");
    await run.stdout.until(/version $/);
    run.stdin.write("\n");
    await run.stdout.until(/4\.2\.5\n/);
    run.stdin.write("pid g:x\t");
    await run.stdout.until(/pid g:x $/);
    run.stdin.write("\n");
    run.stdin.write("add g\t");
    await run.stdout.until(/add g $/);
    run.stdin.write("\n\x04");
    assert.equal(await run.status, 0);
  });

  it("ends at Ctrl-C and at Ctrl-D", async (t) => {
    for (const key of ["\x03", "\x04"]) {
      const { run } = await shell(t, [], true);
      run.stdin.write(key);
      assert.equal(await run.status, 0);
      assert.match(run.stdout.text, /supervisor> \S*\n$/);
    }
  });

  it("keeps what was typed, but no answers and no passwords", async (t) => {
    const history = path.join(scratch(t), "history");
    writeFileSync(history, "first\n");
    const server = await serve(t, (asked) =>
      asked.authorization === undefined ? { status: 401 } : answer(asked),
    );
    const run = new Run(["-c", conf(t), "-s", server.url, "-r", history], { isTerminal: true });
    await run.stdout.until(/Username:/);
    run.stdin.write("me\n");
    await run.stdout.until(/Password:/);
    run.stdin.write("secret\n");
    await run.stdout.until(/supervisor> /);
    run.stdin.write("version\n");
    await run.stdout.until(/4\.2\.5\n/);
    run.stdin.write("shutdown\n");
    await run.stdout.until(/y\/N\? /);
    run.stdin.write("no\n");
    await run.stdout.until(/no\s+supervisor> $/);
    run.stdin.write("\x1b[A\x1b[A\x1b[A"); // the third line from the end
    await run.stdout.until(/first/);
    run.stdin.write("\x15quit\n");
    assert.equal(await run.status, 0);
    assert.deepEqual(readFileSync(history, "utf8").split("\n"), [
      "first",
      "version",
      "shutdown",
      "quit",
      "",
    ]);
    assert.doesNotMatch(run.stdout.text, /secret/);
  });

  it("makes a history that only its owner reads, and lives without one", async (t) => {
    const history = path.join(scratch(t), "history");
    const { run } = await shell(t, ["-r", history], true);
    run.stdin.write("quit\n");
    await run.status;
    assert.equal(readFileSync(history, "utf8"), "quit\n");
    if (process.platform !== "win32") assert.equal(statSync(history).mode & 0o777, 0o600);
    const nowhere = await shell(t, ["-r", "/no/such/directory/history"], true);
    nowhere.run.stdin.write("quit\n");
    assert.equal(await nowhere.run.status, 0);
  });

  it("goes back to the prompt after Ctrl-C in fg", async (t) => {
    const server = await serve(t, (asked) =>
      asked.request.startsWith("GET")
        ? { stream: (response) => response.write("some output\n") }
        : answer(asked),
    );
    const run = new Run(["-c", conf(t), "-s", server.url], { isTerminal: true });
    await run.stdout.until(/supervisor> /);
    run.stdin.write("fg a\n");
    await run.stdout.until(/(some output\n){2}/);
    run.stdin.write("typed\n");
    while (!calls(server).includes("supervisor.sendProcessStdin"))
      await new Promise((resolve) => setImmediate(resolve));
    run.stdin.write("\x03");
    await run.stdout.until(/Exiting foreground\n[^]*supervisor> /);
    run.stdin.write("quit\n");
    assert.equal(await run.status, 0);
    const sent = server.asked.find(({ call }) => call === "supervisor.sendProcessStdin");
    assert.deepEqual(sent?.params, ["a", "typed\n"]);
  });
});
