import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { ChannelPlan } from "../../src/output/channel-plan.ts";
import { followOf } from "../../src/output/follow.ts";
import { Logs } from "../../src/output/logs.ts";
import { Streams } from "../../src/output/streams.ts";
import { FakeClock } from "../../src/testing/index.ts";

const plain: ChannelPlan = {
  log: undefined,
  rule: { maxbytes: 0, backups: 0 },
  capture: 0,
  events: false,
  stripAnsi: false,
};

/** Streams, with what they tell. */
function streams(stdout: ChannelPlan, stderr: ChannelPlan | "stdout") {
  const told: string[] = [];
  const logs = new Logs(new FakeClock(), { failed: () => {}, recovered: () => {} });
  const tell = (event: string) => (stream: string, data: Uint8Array) =>
    told.push(`${event} ${stream} ${Buffer.from(data).toString()}`);
  const both = new Streams({ stdout, stderr }, logs, {
    wrote: tell("wrote"),
    communicated: tell("communicated"),
    printed: (chunk) => told.push(`printed ${Buffer.from(chunk).toString()}`),
  });
  return { both, told, logs };
}

function directory(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), "streams-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

function fileIn(where: string, name: string): ChannelPlan {
  const file = path.join(where, name);
  return { ...plain, log: { type: "file", file }, rule: { maxbytes: 1000, backups: 0 } };
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk.toString();
  return text;
}

describe("the streams of a process", () => {
  it("are two: each is read, and tells, under its own name", async () => {
    const events = { ...plain, events: true };
    const { both, told } = streams(events, events);
    assert.deepEqual([both.stdout(), both.stderr(), both.pushed()], ["push", "push", 2]);
    void both.push("stdout", Buffer.from("out"));
    void both.push("stderr", Buffer.from("err"));
    assert.deepEqual(told, ["wrote stdout out", "printed out", "wrote stderr err"]);
    assert.equal(String(await both.read("stdout", 0, 0)), "out");
    assert.equal(String(both.lastBytes("stderr", 2)), "rr");
    both.clear();
    assert.equal(String(await both.read("stderr", 0, 0)), "");
  });

  it("are one where standard error is redirected, and the log of that has no path", (t) => {
    const log = fileIn(directory(t), "log");
    const { both, logs } = streams(log, "stdout");
    assert.deepEqual([both.stdout(), both.stderr(), both.pushed()], ["push", "stdout", 1]);
    assert.equal(both.file("stdout"), log.log?.type === "file" ? log.log.file : undefined);
    assert.equal(both.file("stderr"), "");
    both.end();
    both.close();
    logs.close();
  });

  it("write to files of their own", (t) => {
    const where = directory(t);
    const { both, logs } = streams(fileIn(where, "out"), fileIn(where, "err"));
    both.stdout();
    both.stderr();
    both.started();
    void both.push("stdout", Buffer.from("to out"));
    void both.push("stderr", Buffer.from("to err"));
    both.end();
    both.close();
    logs.close();
    const texts = ["out", "err"].map((name) => readFileSync(path.join(where, name), "utf8"));
    assert.deepEqual(texts, ["to out", "to err"]);
  });

  it("tell what was written between the tokens", () => {
    const { both, told } = streams({ ...plain, capture: 100 }, plain);
    const text = "<!--XSUPERVISOR:BEGIN-->hello<!--XSUPERVISOR:END-->";
    void both.push("stdout", Buffer.from(text));
    assert.deepEqual(told, ["communicated stdout hello", `printed ${text}`]);
  });

  it("are followed until the reader's signal, or the end of all readers", async () => {
    const { both } = streams(plain, plain);
    const abort = new AbortController();
    const [first, second] = [both.follow("stdout", abort.signal), both.follow("stdout", undefined)];
    void both.push("stdout", Buffer.from("a"));
    abort.abort(new Error("enough"));
    void both.push("stdout", Buffer.from("b"));
    both.endReaders();
    void both.push("stdout", Buffer.from("c"));
    assert.equal(await textOf(first), "a");
    assert.equal(await textOf(second), "ab");
    assert.equal(await textOf(both.follow("stdout", undefined)), "");
    const { signal } = abort;
    await assert.rejects(textOf(followOf([both.follow("stdout", signal)], signal)), /enough/);
  });
});
