import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { SupervisorError, type SupervisorSettings } from "../../src/index.ts";
import { runHost } from "../support/host.ts";
import { Stage } from "../support/helpers.ts";

/** A mark of a line, and a call in the same line. */
type Call = readonly [mark: Error, promise: Promise<unknown>];

const settings: SupervisorSettings = {
  programs: { a: { command: "a", priority: 1 }, b: { command: "b", priority: 2 } },
};

const wrong = "stdin" as "stdout";

/** The frames of an error, without its message. */
function framesOf({ name, message, stack = "" }: Error): string[] {
  const header = `${name}: ${message}\n`;
  assert.ok(stack.startsWith(header), stack);
  return stack.slice(header.length).split("\n");
}

/** `file:line` of the first frame. */
function placeOf(error: Error): string | undefined {
  return /([^/(]+:\d+):\d+\)?$/.exec(framesOf(error)[0] ?? "")?.[1];
}

/** Waits for a rejection, long after the call, and gives the error. */
async function errorOf(promise: Promise<unknown>): Promise<SupervisorError> {
  const error: unknown = await promise.then(
    () => assert.fail("it was not rejected"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SupervisorError, String(error));
  return error;
}

/** A stage on which every start fails for good after two retries. */
async function failing(call: (stage: Stage) => Call): Promise<Call> {
  const stage = new Stage(settings);
  stage.spawner.broken = "ENOENT";
  const [mark, promise] = call(stage);
  promise.catch(() => {});
  for (let second = 0; second < 10; second++) await stage.pass(1000);
  return [mark, promise];
}

/** A stage on which no stop succeeds. */
async function stuck(call: (stage: Stage) => Call): Promise<Call> {
  const stage = new Stage(settings);
  await stage.up();
  for (const child of stage.spawner.children)
    child.kill = () => {
      throw new Error("EPERM");
    };
  const [mark, promise] = call(stage);
  promise.catch(() => {});
  await stage.pass(1000);
  return [mark, promise];
}

describe("the stack of an error begins with the call", () => {
  const late: readonly [title: string, call: Promise<Call>][] = [
    ["start()", failing(({ supervisor: s }) => [new Error("mark"), s.start()])],
    ["start(name)", failing(({ supervisor: s }) => [new Error("mark"), s.start("a")])],
    ["restart()", failing(({ supervisor: s }) => [new Error("mark"), s.restart()])],
    ["a selection", failing(({ supervisor: s }) => [new Error("mark"), s.select("a").start()])],
    ["a program", failing(({ supervisor: s }) => [new Error("mark"), s.program("a").start()])],
    ["a process", failing(({ supervisor: s }) => [new Error("mark"), s.process("a")!.start()])],
    ["its restart", failing(({ supervisor: s }) => [new Error("mark"), s.process("a")!.restart()])],
    ["stop()", stuck(({ supervisor: s }) => [new Error("mark"), s.stop()])],
    ["its stop", stuck(({ supervisor: s }) => [new Error("mark"), s.process("a")!.stop()])],
    ["a restart that cannot stop", stuck(({ supervisor: s }) => [new Error("mark"), s.restart()])],
    ["remove()", stuck(({ supervisor: s }) => [new Error("mark"), s.remove("a")])],
    ["remove() of nothing", stuck(({ supervisor: s }) => [new Error("mark"), s.remove("c")])],
    ["update()", stuck(({ supervisor: s }) => [new Error("mark"), s.update({})])],
    ["update(function)", stuck(({ supervisor: s }) => [new Error("mark"), s.update(() => ({}))])],
  ];
  for (const [title, call] of late)
    it(`${title}, which fails later`, async () => {
      const [mark, promise] = await call;
      const error = await errorOf(promise);
      assert.equal(placeOf(error), placeOf(mark), error.stack);
      for (const one of error.errors ?? []) assert.equal(placeOf(one), placeOf(mark), one.stack);
      assert.ok(framesOf(error).length <= Error.stackTraceLimit);
    });

  const atOnce: readonly [title: string, call: (stage: Stage) => Call][] = [
    ["start()", ({ supervisor: s }) => [new Error("mark"), s.start("c")]],
    ["stop()", ({ supervisor: s }) => [new Error("mark"), s.stop("c")]],
    ["signal()", ({ supervisor: s }) => [new Error("mark"), s.signal("c", "HUP")]],
    ["a wrong signal", ({ supervisor: s }) => [new Error("mark"), s.signal("a", 99)]],
    ["a process", ({ supervisor: s }) => [new Error("mark"), s.process("a")!.signal("HUP")]],
    ["tail()", ({ supervisor: s }) => [new Error("mark"), s.tail("all")]],
    ["read()", ({ supervisor: s }) => [new Error("mark"), s.read("a", "stdout", 0, -1)]],
    ["its tail", ({ supervisor: s }) => [new Error("mark"), s.process("a")!.tail(wrong)]],
    ["its read", ({ supervisor: s }) => [new Error("mark"), s.process("a")!.read(wrong, 0, 0)]],
    ["clear()", ({ supervisor: s }) => [new Error("mark"), s.clear("c")]],
  ];
  for (const [title, call] of atOnce)
    it(`${title}, which fails at once`, async () => {
      const [mark, promise] = call(new Stage(settings));
      const error = await errorOf(promise);
      assert.equal(placeOf(error), placeOf(mark), error.stack);
    });

  it("clear() of a process, which the system refuses", async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), "call-site-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const stdout_logfile = path.join(directory, "log");
    const { supervisor } = new Stage({ programs: { a: { command: "a", stdout_logfile } } });
    symlinkSync("log", stdout_logfile); // a link to itself
    const process = supervisor.process("a")!;
    const [mark, promise]: Call = [new Error("mark"), process.clear()];
    const error = await errorOf(promise);
    assert.equal(error.code, "FAILED");
    assert.equal(placeOf(error), placeOf(mark), error.stack);
  });

  it("also if the error is thrown: the caller is among the first frames", () => {
    const { supervisor } = new Stage(settings);
    for (const call of [
      () => supervisor.select("c"),
      () => supervisor.program("c"),
      () => supervisor.status("c"),
      () => supervisor.follow("c"),
      () => supervisor.add("a", { command: "a" }),
    ])
      assert.throws(call, (error: Error) =>
        framesOf(error).some((frame) => frame.includes("call-site.test")),
      );
  });

  it("of a combined error, and of those that it combines", async () => {
    const [mark, promise] = await failing(({ supervisor: s }) => [new Error("mark"), s.start()]);
    const { errors = [] } = await errorOf(promise);
    assert.deepEqual(errors.map(placeOf), [placeOf(mark), placeOf(mark)]);
  });

  it("whoever waits: each of two callers has a line of its own", async () => {
    const stage = new Stage(settings);
    stage.spawner.broken = "ENOENT";
    const process = stage.supervisor.process("a")!;
    const first: Call = [new Error("mark"), process.start()];
    const second: Call = [new Error("mark"), process.start()];
    for (const [, promise] of [first, second]) promise.catch(() => {});
    for (let seconds = 0; seconds < 10; seconds++) await stage.pass(1000);
    const places = [first, second].map(([mark]) => placeOf(mark));
    assert.notEqual(places[0], places[1]);
    const errors = [await errorOf(first[1]), await errorOf(second[1])];
    assert.deepEqual(errors.map(placeOf), places);
  });
});

describe("the stack of an error of somebody else", () => {
  it("stays: of the function that an update calls", async () => {
    const { supervisor } = new Stage(settings);
    const promise = supervisor.update(function newSettings() {
      supervisor.program("c");
      return {};
    });
    assert.match(framesOf(await errorOf(promise)).join("\n"), /at newSettings /);
  });

  it("stays: of another operation, as the reason of an abort", async () => {
    const [, first] = await failing(({ supervisor: s }) => [new Error("mark"), s.start("a")]);
    const error = await errorOf(first);
    const { stack } = error;
    const abort = new AbortController();
    const second = new Stage(settings).supervisor.start("a", { signal: abort.signal });
    abort.abort(error);
    assert.equal(await errorOf(second), error);
    assert.equal(error.stack, stack);
  });
});

describe("the wishes of the host for stacks", () => {
  /** Fails under this limit, and gives the frames. */
  async function under(limit: number | undefined): Promise<string[]> {
    const before = Error.stackTraceLimit;
    try {
      Error.stackTraceLimit = limit as number;
      const [, promise] = await failing(({ supervisor: s }) => [new Error("mark"), s.start("a")]);
      assert.equal(Error.stackTraceLimit, limit, "it is as it was");
      const { stack = "" } = await errorOf(promise);
      assert.doesNotMatch(stack, /\n$/);
      return stack.split("\n").filter((line) => line.startsWith("    at "));
    } finally {
      Error.stackTraceLimit = before;
    }
  }

  it("as many frames as are wanted, from the caller on", async () => {
    const [frame = "", ...others] = await under(1);
    assert.match(frame, /call-site\.test/);
    assert.deepEqual(others, []);
    assert.ok((await under(Infinity)).length > 1);
  });

  it("none", async () => {
    assert.deepEqual(await under(0), []);
    assert.deepEqual(await under(undefined), []);
  });

  it("a form of its own", async () => {
    const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
    try {
      Error.prepareStackTrace = (_error, frames) => frames;
      const [, promise] = await failing(({ supervisor: s }) => [new Error("mark"), s.start("a")]);
      const { code, stack } = await errorOf(promise);
      assert.equal(code, "SPAWN_ERROR");
      assert.ok(Array.isArray(stack));
    } finally {
      if (before) Object.defineProperty(Error, "prepareStackTrace", before);
      else Reflect.deleteProperty(Error, "prepareStackTrace");
    }
  });
});

describe("the built package", () => {
  const host = `
    const supervisor = new Supervisor({ programs: { a: { command: "no-such-command" } } });
    async function main() {
      await supervisor.start();
    }
    await main().catch(({ name, message, stack }) => {
      console.log(stack.slice(name.length + message.length + 3).split("\\n")[0]);
    });
    await supervisor.shutdown();
  `;
  for (const [options, frame] of [
    ["", /^ {4}at main .*eval/],
    ["--enable-source-maps", /^ {4}at main .*eval/],
    ["--stack-trace-limit=0", /^$/],
    ["--frozen-intrinsics --no-warnings", /^ {4}at /], // of the error itself
  ] as const)
    it(`node ${options}: shows ${frame}`, async () => {
      const wrapper = ["env", `NODE_OPTIONS=${options}`] as const;
      const end = await runHost(host, { wrapper });
      assert.equal(end.stderr, "");
      assert.equal(end.status, 0);
      assert.match(end.stdout.trimEnd(), frame);
    });
});
