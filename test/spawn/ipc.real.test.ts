import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { describe, it, type TestContext } from "node:test";
import type { ProcessMessageEvent, ProgramSettings } from "../../src/index.ts";
import { executor, loadExeca } from "../../src/spawn/execute.ts";
import { NodeIpc, openIpc } from "../../src/spawn/ipc.ts";
import { prepareLaunch } from "../../src/spawn/launch.ts";
import { fault, turn } from "../support/helpers.ts";
import { runHost } from "../support/host.ts";
import { LineChannel } from "../support/line-channel.ts";
import { needsRoot, nothingLeft, scratch } from "../support/processes.ts";
import { forever, sh, supervise, type Rig } from "../support/real-supervisor.ts";

const windows = process.platform === "win32" && "the programs are of POSIX";

interface Talk extends Rig {
  /** The messages so far that were not handed out. */
  readonly messages: ProcessMessageEvent[];
  /** The next message, as an event or alone. */
  readonly event: () => Promise<ProcessMessageEvent>;
  readonly message: () => Promise<unknown>;
}

function talk(t: TestContext, programs: Readonly<Record<string, ProgramSettings>>): Talk {
  const rig = supervise(t, programs);
  const messages: ProcessMessageEvent[] = [];
  let heard = () => {};
  rig.supervisor.on("PROCESS_MESSAGE", (event) => {
    messages.push(event);
    heard();
  });
  const event = async () => {
    for (;;) {
      const first = messages.shift();
      if (first) return first;
      await new Promise<void>((resolve) => (heard = resolve));
    }
  };
  return { ...rig, messages, event, message: async () => (await event()).message };
}

/** A Node program with a channel. */
function node(script: string): ProgramSettings {
  return { command: [process.execPath, "-e", script], ipc: true, startsecs: 0 };
}

const echo = node(`process.on("message", (message) => process.send({ got: message }));
  process.send("up");`);

/** The number of descriptors of this process. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe("the channel of a program", { skip: windows }, () => {
  it("a message that waits when the process ends is not sent", async (t) => {
    const { supervisor } = supervise(t, {
      web: { startsecs: 0, command: ["sleep", "1000"], ipc: true },
    });
    await supervisor.start();
    const sent = supervisor.process("web")?.sendMessage("x".repeat(20e6)); // nobody reads
    const refused = assert.rejects(sent ?? Promise.resolve(), { code: "NO_FILE" });
    await supervisor.stop("web");
    await refused;
  });

  it("carries any value that JSON can carry, both ways", async (t) => {
    const { supervisor, event, message } = talk(t, { web: echo });
    await supervisor.start();
    const web = supervisor.process("web");
    const { at, ...first } = await event();
    const names = { processname: "web", groupname: "web", namespec: "web", pid: web?.pid };
    assert.deepEqual(first, { type: "PROCESS_MESSAGE", ...names, message: "up" });
    assert.ok(at > 1e12);
    const values = [
      "é€😀\n\u2028",
      "",
      0,
      -1.5,
      true,
      null,
      [],
      {},
      [[1, { a: [null] }]],
      "x".repeat(1e6),
    ];
    for (const value of values) {
      await web?.sendMessage(value);
      assert.deepEqual(await message(), { got: value });
    }
    await supervisor.programs.get("web")?.sendMessage(new Date(0));
    assert.deepEqual(await message(), { got: "1970-01-01T00:00:00.000Z" });
  });

  const user = needsRoot ? {} : { user: "nobody" };
  const ways: Readonly<Record<string, Partial<ProgramSettings>>> = {
    umask: { umask: "022" },
    user,
    cgroup: { cgroup: true }, // where there is none, it runs without
    environment: { environment_inherit: false, environment: { "odd.name": "1" } },
    all: { umask: "022", cgroup: true, environment_inherit: false, ...user },
  };
  for (const [name, way] of Object.entries(ways)) {
    it(`${name}: what stands before the program passes it on`, async (t) => {
      const { supervisor, message } = talk(t, { web: { ...echo, ...way } });
      await supervisor.start();
      assert.equal(await message(), "up");
      await supervisor.process("web")?.sendMessage(1);
      assert.deepEqual(await message(), { got: 1 });
    });
  }

  it("stands beside a socket, and beside the standard streams of an event listener", async (t) => {
    const url = `unix://${scratch(t)}/web.sock`;
    const listener = node(`process.on("message", (message) => process.send({ got: message }));
      process.stdin.once("data", (chunk) => process.send(String(chunk).split(" ")[0]));
      console.log("READY");`);
    const { supervisor, message } = talk(t, {
      socket: { ...echo, socket: url, autostart: false },
      listener: { ...listener, events: ["TICK_5", "PROCESS_STATE"], autostart: false },
    });
    await supervisor.start("socket");
    assert.equal(await message(), "up");
    await supervisor.process("socket")?.sendMessage(1);
    assert.deepEqual(await message(), { got: 1 });
    await supervisor.start("listener");
    await supervisor.restart("socket");
    const two = [await message(), await message()]; // in any order
    assert.deepEqual(new Set(two), new Set(["up", "ver:3.0"]));
    await supervisor.process("listener")?.sendMessage(2);
    assert.deepEqual(await message(), { got: 2 });
  });

  it("what a process sent before its exit is announced before its exit", async (t) => {
    const count = 5000;
    const script = `for i in $(seq ${count}); do echo "{\\"number\\":$i}"; done >&3; sleep 1000 & exit 0`;
    const { supervisor, messages, next } = talk(t, {
      web: { command: sh(script), ipc: true, startsecs: 0, autorestart: false },
    });
    const seen = next("PROCESS_STATE_EXITED").then(() => messages.length);
    await supervisor.start();
    assert.equal(await seen, count);
    messages.forEach(({ message }, i) => assert.deepEqual(message, { number: i + 1 }));
  });

  it("a start again gets a new channel, and a hundred of them leave no descriptor", async (t) => {
    const { supervisor, event } = talk(t, {
      web: {
        command: sh(`echo '"up"' >&3; sleep 1000 & exit 0`),
        ipc: true,
        startsecs: 0,
        autorestart: true,
      },
    });
    await supervisor.start();
    const pids = new Set<number>();
    let before = 0;
    while (pids.size < 110) {
      if (pids.size === 10) before = descriptors();
      pids.add((await event()).pid);
    }
    const after = descriptors();
    assert.ok(after <= before + 5, `${before} descriptors before, ${after} after`);
  });

  it("a message needs a process, its channel, and a value for JSON", async (t) => {
    const { supervisor, message, next } = talk(t, {
      web: node(
        `process.on("message", (m) => m === "leave" && process.disconnect()); process.send("up"); setInterval(() => {}, 1e6)`,
      ),
      plain: { command: forever, startsecs: 0, autostart: false },
      job: { command: "true", ipc: true, startsecs: 0, autostart: false, autorestart: false },
    });
    const [web, plain, job] = ["web", "plain", "job"].map((name) => supervisor.process(name));
    const stopped = `Cannot send a message to "web": it is STOPPED`;
    await assert.rejects(async () => web?.sendMessage(1), fault("NOT_RUNNING", stopped));
    await supervisor.start();
    assert.equal(await message(), "up");
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    for (const bad of [undefined, () => {}, Symbol("s"), 1n, cyclic, { toJSON: () => undefined }]) {
      await assert.rejects(
        async () => web?.sendMessage(bad),
        (error: Error) => {
          assert.ok(error.cause instanceof TypeError);
          return fault(
            "BAD_ARGUMENTS",
            /^Cannot send a message to "web": expected a value that JSON can carry, got .+$/,
          )(error);
        },
      );
    }
    await web?.sendMessage("leave");
    // the end of the channel arrives later; Node's own code throws in a program that has disconnected
    // and has no listener for messages any more
    for (;;) {
      const refused = await web?.sendMessage("late").then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused === undefined) continue;
      fault("NO_FILE", /^Cannot send a message to "web": /)(refused);
      break;
    }
    await assert.rejects(
      async () => web?.sendMessage(1),
      fault("NO_FILE", `Cannot send a message to "web": its channel is closed`),
    );
    await supervisor.start("plain");
    const without = `Cannot send a message to "plain": it has no channel; set "ipc: true"`;
    await assert.rejects(async () => plain?.sendMessage(1), fault("NO_FILE", without));
    const exited = next("PROCESS_STATE_EXITED");
    await supervisor.start("job");
    await exited;
    await assert.rejects(async () => job?.sendMessage(1), fault("NOT_RUNNING"));
  });

  it("a message to a process that does not read ends with the process, or with the wait", async (t) => {
    const { supervisor, channel } = talk(t, { web: { command: forever, ipc: true, startsecs: 0 } });
    await supervisor.start();
    await channel.pid("up");
    const web = supervisor.process("web");
    const [giant, waits] = ["x".repeat(1e7), new AbortController()];
    const aborted = assert.rejects(
      async () => web?.sendMessage(giant, { signal: waits.signal }),
      /enough/,
    );
    const pending = assert.rejects(async () => web?.sendMessage(giant), fault("NO_FILE"));
    waits.abort(new Error("enough"));
    await aborted;
    await supervisor.stop();
    await pending;
  });

  it("a process that sends anything but messages loses its channel, and no more", async (t) => {
    const { supervisor, message, channel } = talk(t, {
      web: {
        command: sh(
          `echo '"up"' >&3; read -r go; echo garbage >&3; echo '"late"' >&3; echo said >$CHANNEL; exec sleep 1000`,
        ),
        ipc: true,
        startsecs: 0,
      },
      other: { ...echo, autostart: false },
    });
    const lines: string[] = [];
    const warned = new Promise<void>((resolve) => {
      supervisor.on("ACTIVITY", ({ level, message: line }) => {
        if (level !== "WARN") return;
        lines.push(line);
        resolve();
      });
    });
    await supervisor.start();
    assert.equal(await message(), "up");
    await supervisor.process("web")?.send("go\n");
    await Promise.all([warned, channel.hear(/^said$/)]);
    const problem = `it sent text that is not JSON: "garbage"`;
    assert.deepEqual(lines, [`The channel of 'web' was closed: ${problem}`]);
    assert.equal(supervisor.process("web")?.state, "RUNNING");
    await assert.rejects(
      async () => supervisor.process("web")?.sendMessage(1),
      fault("NO_FILE", `Cannot send a message to "web": its channel was closed: ${problem}`),
    );
    await supervisor.start("other");
    assert.equal(await message(), "up"); // and not "late"
  });

  it("a flood of messages delays no timer and no stop, and all of them arrive", async (t) => {
    const wanted = 100_000;
    const { supervisor, messages } = talk(t, {
      web: { command: sh(`seq ${wanted} >&3; yes 0 >&3`), ipc: true, startsecs: 0 },
      other: { ...echo, autostart: false },
    });
    await supervisor.start();
    let turns = 0;
    for (; messages.length < wanted; turns++) await turn();
    const perTurn = messages.length / turns;
    assert.ok(perTurn < 250, `${perTurn} messages in one turn of the event loop`);
    messages.slice(0, wanted).forEach(({ message }, i) => assert.equal(message, i + 1));
    await supervisor.start("other");
    await supervisor.stop("web");
    assert.equal(supervisor.process("web")?.state, "STOPPED");
  });

  it("a giant message arrives", async (t) => {
    const { supervisor, message } = talk(t, {
      web: node(`process.send("x".repeat(2e7)); setInterval(() => {}, 1e6)`),
    });
    await supervisor.start();
    assert.equal(String(await message()).length, 2e7);
  });

  it("a handle does not arrive, but its message does, and what follows", async (t) => {
    const script = `const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
      process.send("with a handle", server); process.send("after it"); });`;
    const { supervisor, message } = talk(t, { web: node(script) });
    const before = descriptors();
    await supervisor.start();
    assert.deepEqual([await message(), await message()], ["with a handle", "after it"]);
    await supervisor.stop();
    assert.ok(descriptors() <= before + 5);
  });

  it("keeps nobody alive: the host ends, and the process hears of it", async (t) => {
    const channel = new LineChannel(t);
    const script = `process.on("disconnect", () => {}); process.on("message", (m) => { process.send(m); if (m === 9) console.log("nine"); }); process.send("up");`;
    const end = await runHost(
      `const web = { command: [process.execPath, "-e", ${JSON.stringify(script)}], ipc: true, startsecs: 0 };
      const supervisor = new Supervisor({ programs: { web } });
      const messages = [];
      const nine = new Promise((resolve) => supervisor.on("PROCESS_MESSAGE", ({ message }) => {
        messages.push(message);
        if (message === 9) resolve();
      }));
      await supervisor.start();
      supervisor.unref();
      for (let i = 0; i < 10; i++) await supervisor.process("web").sendMessage(i);
      supervisor.ref();
      await nine;
      supervisor.unref();
      console.log(messages.join());`,
      { channel },
    );
    assert.deepEqual([end.status, end.stderr], [0, ""]);
    assert.equal(end.stdout, "up,0,1,2,3,4,5,6,7,8,9\n");
    nothingLeft(end.mark);
  });

  it("a host with a program that has exited ends at once", async () => {
    const end = await runHost(
      `const web = { command: ["/bin/sh", "-c", "sleep 1000 & exit 0"], ipc: true, startsecs: 0, autorestart: false };
      const supervisor = new Supervisor({ guardian: false, programs: { web } });
      await supervisor.start();
      await new Promise((resolve) => supervisor.once("PROCESS_STATE_EXITED", resolve));
      const begun = performance.now();
      process.on("exit", () => console.log(performance.now() - begun < 900));`,
    );
    assert.deepEqual([end.status, end.stderr, end.stdout], [0, "", "true\n"]);
  });
});

/** The two ways in which a process is executed, and the two kinds of channels. */
describe("the host's end of a channel", { skip: windows }, () => {
  const command = {
    name: "web",
    argv: [
      process.execPath,
      "-e",
      `process.on("message", (m) => { process.send({ ...m, map: new Map([[1, 2]]) }); process.disconnect(); })`,
    ],
    environment: {},
    sweep: true,
    cgroup: false,
    stopstdin: false,
    stopsignal: "SIGTERM",
    ipc: true,
  } as const;

  it("is the same however the process is executed, and without a listener of execa", async () => {
    const execute = executor(await loadExeca());
    const launch = prepareLaunch(command);
    assert.ok(!("code" in launch));
    const { cwd: _, ...inPlace } = launch;
    for (const way of [launch, inPlace]) {
      const execution = execute(way, ["pipe", "pipe", "pipe", "pipe"]);
      assert.ok("process" in execution);
      const child = execution.process;
      const got = new Promise((message) => {
        const ipc = openIpc(child, { message, failed: assert.fail });
        ipc.send('{"a":1}', assert.ifError);
      });
      const exit = once(child, "exit");
      assert.deepEqual(await got, { a: 1, map: {} });
      assert.deepEqual(await exit, [0, null]);
    }
  });

  it("of Node's own kind, as on Windows: the same", async () => {
    const execute = executor(await loadExeca());
    const launch = prepareLaunch({ ...command, ipc: false });
    assert.ok(!("code" in launch));
    const execution = execute(launch, ["pipe", "pipe", "pipe", "ipc"]);
    assert.ok("process" in execution);
    const child = execution.process;
    assert.equal(child.listenerCount("message"), 0);
    const received: unknown[] = [];
    let heard = () => {};
    const got = new Promise<void>((resolve) => (heard = resolve));
    const message = (value: unknown) => {
      received.push(value);
      heard();
    };
    const ipc = new NodeIpc(child, { message, failed: assert.fail });
    ipc.send('{"a":1}', assert.ifError);
    await got;
    assert.deepEqual(received, [{ a: 1, map: {} }]); // JSON, not structured clones
    await once(child, "exit");
    await ipc.drain();
    const error = await new Promise<Error | undefined>((done) => ipc.send("1", done));
    assert.equal(error?.message, "its channel is closed");
    ipc.close();
  });

  it("of Node's own kind: a handle is closed, and what was sent before an exit arrives", async () => {
    const script = `const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
      process.send("handle", server); process.send("last", () => process.exit()); });`;
    const child = spawn(process.execPath, ["-e", script], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const received: unknown[] = [];
    const ipc = new NodeIpc(child, {
      message: (value) => received.push(value),
      failed: assert.fail,
    });
    await once(child, "exit");
    await ipc.drain();
    ipc.close();
    assert.deepEqual(received, ["handle", "last"]);
  });
});
