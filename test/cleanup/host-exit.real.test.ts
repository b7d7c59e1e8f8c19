import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, it } from "node:test";
import { LineChannel } from "../support/line-channel.ts";
import { runHost, type HostEnd } from "../support/host.ts";
import {
  alive,
  gone,
  needsRoot,
  nothingLeft,
  nothingLeftSoon,
  root,
} from "../support/processes.ts";

/** A program with a child of its own, which has told that both are there. */
const family = `
  import { closeSync, constants, openSync, readSync } from "node:fs";
  const settings = (name) => ({ [name]: {
    command: ["/bin/sh", "-c", "sleep 1000 & echo " + name + " $$ >$CHANNEL; wait"], startsecs: 0,
  } });
`;

/** Both silent and well. */
function assertFine({ status, signal, stderr }: HostEnd, expected = 0): void {
  assert.deepEqual([status, signal, stderr], [expected, null, ""]);
}

describe("the host's life", () => {
  it("importing the package does nothing", async () => {
    const entry = JSON.stringify(pathToFileURL(path.join(root, "dist/index.js")).href);
    const end = await runHost(
      `
      const look = () => [
        process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
        process.getActiveResourcesInfo(), process.umask(), process.cwd(),
        Object.keys(process.env),
        Object.getOwnPropertyNames(globalThis).filter((name) => !name.startsWith("__zod_")),
      ].map((part) => JSON.stringify(part));
      const settled = async () => {
        for (let i = 0; i < 10; i++) await new Promise(setImmediate);
      };
      // Node's own doing: with its util, some versions open a standard stream
      await Promise.all([import("node:child_process"), import("node:util")]);
      await settled();
      const before = look();
      const { Supervisor } = await import(${entry});
      new Supervisor({ programs: { web: { command: "sleep 1000" } } });
      await settled(); // the loader closes its files
      for (const [i, part] of look().entries())
        if (part !== before[i]) console.log(before[i], part);
      `,
      { isBare: true },
    );
    assertFine(end);
    assert.equal(end.stdout, "");
  });

  it("the end of main, everything being stopped: it exits by itself", async (t) => {
    const end = await runHost(
      `${family}
      const supervisor = new Supervisor({ programs: settings("web") });
      await supervisor.start();
      await supervisor.stop();
      `,
      { channel: new LineChannel(t) },
    );
    assertFine(end);
    nothingLeft(end.mark);
  });

  for (const [flag, what] of [
    ["--frozen-intrinsics", "execa fails once it has started a child"],
    ["--no-experimental-require-module", "require() takes no ES modules"],
  ] as const) {
    it(`${flag}: programs start and stop, although ${what}`, async (t) => {
      const channel = new LineChannel(t);
      const end = await runHost(
        `${family}
        const supervisor = new Supervisor({ programs: settings("web") });
        await supervisor.start();
        console.log(supervisor.process("web").state);
        process.stdin.once("data", async () => {
          console.log((await supervisor.shutdown()).length);
          process.stdin.destroy();
        });
        `,
        {
          channel,
          wrapper: ["env", `NODE_OPTIONS=${flag} --no-warnings`],
          meanwhile: async (_pid, tell) => {
            await channel.pid("web");
            tell("go on");
          },
        },
      );
      assertFine(end);
      assert.equal(end.stdout, "RUNNING\n0\n");
      nothingLeft(end.mark);
    });
  }

  it("a living child: keeps the host alive", async (t) => {
    const channel = new LineChannel(t);
    let child = 0;
    const end = await runHost(
      `${family}
      const supervisor = new Supervisor({ programs: settings("web") });
      await supervisor.start();
      supervisor.on("PROCESS_STATE_EXITED", ({ signal }) => {
        console.log(signal);
        void supervisor.shutdown();
      });
      `,
      {
        channel,
        meanwhile: async () => {
          child = await channel.pid("web");
          process.kill(child, "SIGKILL");
        },
      },
    );
    assertFine(end);
    assert.equal(end.stdout, "SIGKILL\n");
    nothingLeft(end.mark);
  });

  for (const { title, words, status, complains } of [
    { title: "process.exit", words: "process.exit(7)", status: 7, complains: false },
    { title: "an exception", words: `throw new Error("of the host")`, status: 1, complains: true },
    {
      title: "an unhandled rejection",
      words: `await new Promise(() => Promise.reject(new Error("of the host")))`,
      status: 1,
      complains: true,
    },
    {
      title: "an exception of a listener",
      words: `supervisor.on("PROCESS_STATE_STOPPING", () => { throw new Error("of the host"); }); await supervisor.stop();`,
      status: 1,
      complains: true,
    },
  ]) {
    it(`${title}: kills the children and theirs`, async (t) => {
      const channel = new LineChannel(t);
      const end = await runHost(
        `${family}
        import { once } from "node:events";
        const supervisor = new Supervisor({ programs: settings("web") });
        await supervisor.start();
        await once(process.stdin, "data");
        ${words};
        `,
        {
          channel,
          meanwhile: async (_pid, tell) => {
            assert.ok(alive(await channel.pid("web")));
            tell("now");
          },
        },
      );
      assert.equal(end.status, status);
      assert.equal(end.stderr.includes("of the host"), complains, end.stderr);
      await nothingLeftSoon(end.mark);
    });
  }

  it("unref: lets the host exit while children run, and they are gone", async (t) => {
    const channel = new LineChannel(t);
    const end = await runHost(
      `${family}
      const supervisor = new Supervisor({ programs: { ...settings("one"), ...settings("two") } });
      await supervisor.start("one");
      const hold = setInterval(() => {}, 1e6);
      supervisor.unref();
      supervisor.start("two");
      await new Promise((resolve) => supervisor.on("PROCESS_STATE_RUNNING", resolve));
      clearInterval(hold);
      `,
      { channel },
    );
    assertFine(end);
    await nothingLeftSoon(end.mark);
  });

  it("unref: what is awaited still comes, and what never does ends the host by 13", async () => {
    const verbs = `
      const programs = {
        slow: { command: ["/bin/sh", "-c", "trap 'sleep 0.3; exit' TERM; echo up; while :; do sleep 0.05; done"], startsecs: 0.3 },
        gone: { command: ["/bin/sh", "-c", "exit 1"], autostart: false, startretries: 1 },
      };
      const supervisor = new Supervisor({ programs }).unref();
      await supervisor.start();
      await supervisor.start("gone").catch(({ code }) => console.log(code));
      await supervisor.restart("slow");
      await supervisor.update({ programs: { ...programs, slow: { ...programs.slow, startsecs: 0.2 } } });
      await supervisor.start("slow");
      await supervisor.send("slow", "hello");
      await supervisor.stop("slow");
      await supervisor.start("slow");
    `;
    const [ended, left, waits] = await Promise.all([
      runHost(`${verbs} await supervisor.shutdown(); console.log("end");`),
      runHost(`${verbs} console.log("end");`),
      runHost(`${verbs} for await (const _ of supervisor.events()); console.log("end");`),
    ]);
    for (const end of [ended, left, waits]) await nothingLeftSoon(end.mark);
    assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, "SPAWN_ERROR\nend\n", ""]);
    assert.deepEqual([left.status, left.stdout, left.stderr], [0, "SPAWN_ERROR\nend\n", ""]);
    assert.deepEqual([waits.status, waits.stdout], [13, "SPAWN_ERROR\n"]);
  });

  it(
    "a process that may not be killed: the shutdown names it, and the host ends",
    { skip: needsRoot },
    async (t) => {
      const channel = new LineChannel(t);
      let pid = 0;
      const end = await runHost(
        `const command = ["/bin/sh", "-c", "echo up $$ >$CHANNEL; exec sleep 1000"];
      const supervisor = new Supervisor({ programs: { web: { command, startsecs: 0 } } });
      await supervisor.start();
      process.stdin.once("data", async () => {
        process.stdin.destroy();
        process.setuid(65534);
        console.log((await supervisor.shutdown()).map(({ error }) => error.message).join());
      });
      `,
        {
          channel,
          meanwhile: async (_pid, tell) => {
            pid = await channel.pid("up");
            tell("now");
          },
        },
      );
      process.kill(pid, "SIGKILL");
      assert.equal(end.status, 0);
      assert.match(
        end.stdout,
        new RegExp(`^Cannot stop "web": .*\\(UNKNOWN, pid ${pid}\\): kill EPERM\n$`),
      );
      await gone(pid);
    },
  );

  it("ref: takes it back", async (t) => {
    const channel = new LineChannel(t);
    const end = await runHost(
      `${family}
      const hold = setInterval(() => {}, 1e6);
      const supervisor = new Supervisor({ programs: settings("web") }).unref();
      supervisor.on("PROCESS_STATE_EXITED", () => { void supervisor.shutdown(); console.log("exited"); });
      await supervisor.start();
      supervisor.ref();
      clearInterval(hold);
      `,
      { channel, meanwhile: async () => void process.kill(await channel.pid("web"), "SIGKILL") },
    );
    assertFine(end);
    assert.equal(end.stdout, "exited\n");
  });

  it("a wait for the next attempt: keeps the host alive, but not after unref", async () => {
    const source = (last: string) => `
      const supervisor = new Supervisor({ programs: { web: { command: "/nonexistent", startretries: 1 } } });
      supervisor.on("PROCESS_STATE", ({ type }) => console.log(type.slice(14)));
      const backoff = new Promise((resolve) => supervisor.once("PROCESS_STATE_BACKOFF", resolve));
      supervisor.start().catch(() => {});
      await backoff;
      ${last}
    `;
    const [held, free] = await Promise.all([
      runHost(source("")),
      runHost(source("supervisor.unref()")),
    ]);
    assertFine(held);
    assert.equal(held.stdout, "STARTING\nBACKOFF\nSTARTING\nBACKOFF\nFATAL\n");
    assertFine(free);
    assert.equal(free.stdout, "STARTING\nBACKOFF\n");
  });

  it("listeners: only that of exit, and only while children live; none for signals", async (t) => {
    const end = await runHost(
      `${family}
      const names = ["exit", "beforeExit", "SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD", "uncaughtException", "unhandledRejection", "warning"];
      const count = () => names.map((name) => process.listenerCount(name)).join("");
      const none = count();
      const supervisor = new Supervisor({ programs: settings("web") });
      await supervisor.start();
      console.log([...count()].map((n, i) => n - none[i]).join(""));
      await supervisor.restart();
      console.log([...count()].map((n, i) => n - none[i]).join(""));
      await supervisor.shutdown();
      console.log([...count()].map((n, i) => n - none[i]).join(""));
      `,
      { channel: new LineChannel(t) },
    );
    assertFine(end);
    assert.equal(end.stdout, "100000000\n100000000\n000000000\n");
  });

  it("thirty supervisors: no warning, no word, and no listener is left", async () => {
    const end = await runHost(`
      const before = process.listenerCount("exit");
      const many = Array.from({ length: 30 }, (_, i) => new Supervisor({
        programs: { ["p" + i]: { command: "sleep 1000", startsecs: 0 } },
      }));
      await Promise.all(many.map((one) => one.start()));
      if (process.listenerCount("exit") !== before + 1) console.log("exit listeners");
      await Promise.all(many.map((one) => one.shutdown()));
      if (process.listenerCount("exit") !== before) console.log("exit listeners left");
    `);
    assertFine(end);
    assert.equal(end.stdout, "");
    nothingLeft(end.mark);
  });

  it("two supervisors: do not know each other", async (t) => {
    const channel = new LineChannel(t);
    const end = await runHost(
      `${family}
      const [one, two] = [1, 2].map(() => new Supervisor({ programs: settings("web") }));
      await Promise.all([one.start(), two.start()]);
      await one.shutdown();
      console.log(one.state, one.status()[0].state, two.state, two.status()[0].state);
      process.kill(two.process("web").pid, 0);
      await two.shutdown();
      `,
      { channel },
    );
    assertFine(end);
    assert.equal(end.stdout, "SHUTDOWN STOPPED RUNNING RUNNING\n");
    nothingLeft(end.mark);
  });

  it("a failing child: the host hears of it by events alone", async () => {
    const end = await runHost(`
      const supervisor = new Supervisor({ programs: {
        missing: { command: "/nonexistent", startretries: 0 },
        crashing: { command: ["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], startretries: 0 },
        refused: { command: ["true", "x".repeat(200000)], startretries: 0 },
      } });
      const all = new Promise((resolve) => {
        let n = 0;
        supervisor.on("PROCESS_STATE_FATAL", () => { if (++n === 3) resolve(); });
      });
      for (const program of supervisor.programs.values()) program.start().catch(() => {});
      await all;
    `);
    assertFine(end);
    assert.equal(end.stdout, "");
  });

  it("a host whose directory was removed: supervisors are made, and programs run", async () => {
    const end = await runHost(`
      import { mkdtempSync, rmdirSync } from "node:fs";
      const directory = mkdtempSync("/tmp/libsupervisor-");
      process.chdir(directory);
      rmdirSync(directory);
      const programs = {
        here: { command: "sleep 1000", startsecs: 0, environment: { HERE: "%(here)s" } },
        root: { command: "sleep 1000", startsecs: 0, directory: "/", stdout_logfile: "/dev/null" },
      };
      const supervisor = new Supervisor({ programs });
      await supervisor.start();
      console.log(...supervisor.status().map(({ state }) => state));
      await supervisor.update({ programs: { ...programs, bad: { command: "x", stdout_logfile: "log" } } })
        .catch(({ name, issues }) => console.log(name, issues.length));
      await supervisor.shutdown();
    `);
    assertFine(end);
    assert.equal(end.stdout, "RUNNING RUNNING\nSettingsError 1\n");
  });

  it("a worker: has children of its own, which are gone with it", async (t) => {
    const channel = new LineChannel(t);
    const end = await runHost(
      `
      import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      for (const mode of ["shutdown", "exit", "throw"]) {
        const worker = new Worker(${JSON.stringify(path.join(root, "test/fixtures/worker.mjs"))}, { workerData: mode, execArgv: [] });
        const problem = await new Promise((resolve) => {
          worker.once("error", resolve);
          worker.once("exit", resolve);
        });
        console.log(mode, problem.message ?? problem);
      }
      `,
      { channel },
    );
    assertFine(end);
    assert.equal(end.stdout, "shutdown 0\nexit 3\nthrow of the worker\n");
    for (let i = 0; i < 3; i++) await channel.pid("up");
    await nothingLeftSoon(end.mark);
  });
});
