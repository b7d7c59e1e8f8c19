/** What holds on every platform, with children that are only Node: this file is the Windows lane's. */
import assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../src/config/index.ts";
import { decodeAnswer, encodeCall, serve } from "../src/control/index.ts";
import {
  ActivityLog,
  Supervisor,
  type SupervisorEvent,
  type SupervisorSettings,
} from "../src/index.ts";

/** What a child process is asked to start. */
interface SpawnOptions {
  readonly file: string;
  readonly windowsHide: boolean;
}

const node = process.execPath;
const forever = [
  node,
  "-e",
  "console.log('up', process.pid); setInterval(() => {}, 1000)",
] as const;

/** Runs `work` with a supervisor, and proves that nothing is left of it. */
async function supervised(
  settings: SupervisorSettings,
  work: (supervisor: Supervisor, events: string[]) => Promise<void>,
): Promise<void> {
  const supervisor = new Supervisor(settings);
  const events: string[] = [];
  const pids = new Set<number>();
  supervisor.on("EVENT", (event: SupervisorEvent) => {
    if ("processname" in event) events.push(event.type.replace("PROCESS_STATE_", ""));
    if ("pid" in event && event.pid > 0) pids.add(event.pid);
  });
  try {
    await work(supervisor, events);
  } finally {
    assert.deepEqual(await supervisor.shutdown(), []);
  }
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
}

async function waitFor(supervisor: Supervisor, name: string, text: string): Promise<string> {
  for (;;) {
    const tail = String(await supervisor.tail(name));
    if (tail.includes(text)) return tail;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("on every platform", () => {
  it("start settles at RUNNING, stop when the process is gone", async () => {
    await supervised(
      { programs: { p: { command: forever, startsecs: 0.2 } } },
      async (s, events) => {
        await s.start();
        assert.equal(s.status()[0]?.state, "RUNNING");
        await waitFor(s, "p", "up");
        await s.stop("p");
        assert.deepEqual(events, ["STARTING", "RUNNING", "STOPPING", "STOPPED"]);
      },
    );
  });

  it("restart brings another process", async () => {
    await supervised({ programs: { p: { command: forever, startsecs: 0 } } }, async (s) => {
      await s.start();
      const before = s.process("p")?.pid;
      await s.restart("p");
      const after = s.process("p")?.pid;
      assert.ok(before !== undefined && after !== undefined && before !== after);
    });
  });

  it("an exit code that is not expected is restarted, an expected one is not", async () => {
    const command = [node, "-e", "process.exit(Number(process.argv[1]))"] as const;
    const programs = {
      bad: { command: [...command, "3"], startsecs: 0 },
      good: { command: [...command, "0"], startsecs: 0 },
    } satisfies SupervisorSettings["programs"];
    await supervised({ programs }, async (s) => {
      const starts = new Map<string, number>();
      const twice = new Promise<void>((resolve) => {
        s.on("PROCESS_STATE_STARTING", ({ processname }) => {
          starts.set(processname, (starts.get(processname) ?? 0) + 1);
          if (starts.get("bad") === 3) resolve();
        });
      });
      const exited = once(s as never, "PROCESS_STATE_EXITED");
      await s.start();
      await Promise.all([twice, exited]);
      await s.stop("bad");
      assert.equal(starts.get("good"), 1);
      assert.equal(s.process("good")?.info().exitstatus, 0);
    });
  });

  it("a command that cannot be found gives up, and says so", async () => {
    const programs = { p: { command: "no-such-program-anywhere", startretries: 0 } };
    await supervised({ programs }, async (s) => {
      await assert.rejects(s.start(), {
        code: "SPAWN_ERROR",
        spawnerr: "can't find command 'no-such-program-anywhere'",
      });
      assert.equal(s.status()[0]?.state, "FATAL");
    });
  });

  it("stop ends the child of the child, too", async () => {
    const script = `
      const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      console.log("grandchild", child.pid);
      setInterval(() => {}, 1000);`;
    await supervised({ programs: { p: { command: [node, "-e", script] } } }, async (s) => {
      await s.start();
      const pid = Number(/grandchild (\d+)/.exec(await waitFor(s, "p", "grandchild"))?.[1]);
      assert.ok(process.kill(pid, 0));
      await s.stop();
      assert.ok(!(await isAlive(pid)));
    });
  });

  it(
    "start and stop show no console window",
    { skip: process.platform !== "win32" && "only Windows has such windows" },
    async (t) => {
      const begin = t.mock.method(
        ChildProcess.prototype as unknown as { spawn(options: SpawnOptions): number },
        "spawn",
      );
      await supervised({ programs: { p: { command: forever } } }, async (s) => {
        await s.start();
        await s.stop();
      });
      const seen = begin.mock.calls.map(({ arguments: [{ file, windowsHide }] }) => [
        path.basename(file).toLowerCase(),
        windowsHide,
      ]);
      assert.deepEqual(seen, [
        [path.basename(node).toLowerCase(), true],
        ["taskkill.exe", true],
      ]);
    },
  );

  it("update replaces what has changed, and touches nothing else", async () => {
    const kept = { command: forever, startsecs: 0 };
    const before = { programs: { kept, changed: kept, removed: kept } };
    await supervised(before, async (s) => {
      await s.start();
      const pid = s.process("kept")?.pid;
      const changed = { ...kept, environment: { NEW: "1" } };
      const result = await s.update({ programs: { kept, changed, added: kept } });
      assert.deepEqual(result, { added: ["added"], changed: ["changed"], removed: ["removed"] });
      await s.start();
      assert.equal(s.process("kept")?.pid, pid);
      assert.deepEqual([...s.programs.keys()].toSorted(), ["added", "changed", "kept"]);
    });
  });

  it("send reaches standard input, environment and directory the child", async () => {
    const script = `
      process.stdin.on("data", (data) => console.log(process.env.WORD + " " + data + " " + process.cwd()));`;
    const directory = import.meta.dirname;
    const programs = {
      p: { command: [node, "-e", script], environment: { WORD: "hello" }, directory, startsecs: 0 },
    } satisfies SupervisorSettings["programs"];
    await supervised({ programs }, async (s) => {
      await s.start();
      await s.send("p", "world");
      assert.ok((await waitFor(s, "p", "world")).includes(`hello world ${directory}`));
    });
  });

  it("a log is turned over, read back and followed", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "libsupervisor-test-"));
    const log = path.join(directory, "out");
    const script = `
      let i = 0;
      const timer = setInterval(() => {
        console.log(("line " + i).padEnd(99, "."));
        if (++i === 25) clearInterval(timer);
      }, 5);
      setInterval(() => {}, 1000);`;
    const programs = {
      p: {
        command: [node, "-e", script],
        startsecs: 0,
        stdout_logfile: log,
        stdout_logfile_maxbytes: 1000,
        stdout_logfile_backups: 5,
      },
    } satisfies SupervisorSettings["programs"];
    await supervised({ programs }, async (s) => {
      const lines = s.follow("p").lines()[Symbol.asyncIterator]();
      await s.start();
      for (let i = 0; i < 25; i++) {
        const { value } = (await lines.next()) as { value: string };
        assert.equal(value.trimEnd(), `line ${i}`.padEnd(99, "."));
      }
      assert.ok(readdirSync(directory).includes("out.1"));
      const files = readdirSync(directory).toSorted().toReversed();
      const text = [...files.filter((name) => name !== "out"), "out"]
        .map((name) => readFileSync(path.join(directory, name), "utf8"))
        .join("");
      assert.equal(text.match(/line \d+/g)?.length, 25);
      assert.deepEqual(await s.tail("p", "stdout", 0), Buffer.alloc(0));
    });
    rmSync(directory, { recursive: true });
  });

  it("stopstdin: a program may end with its standard input", async () => {
    const script = `
      process.stdin.on("end", () => process.exit(7)).resume();
      setInterval(() => {}, 1000);
      console.log("up");`;
    const command = [node, "-e", script];
    const programs = { p: { command, startsecs: 0, stopstdin: true, stopsignal: "CONT" } } as const;
    await supervised({ programs }, async (s) => {
      await s.start();
      await waitFor(s, "p", "up");
      await s.stop();
      assert.equal(s.process("p")?.info().exitstatus, 7);
    });
  });

  it("a configuration file is read and run, and its supervisor served", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "libsupervisor-"));
    const file = path.join(directory, "app.conf");
    const line = `"${node.replaceAll("\\", "/")}" -e "console.log('up'); setInterval(Boolean, 1000)"`;
    const text = `[supervisord]\n[program:web]\ncommand=${line}\nstartsecs=0\nstdout_logfile=%(here)s/out\n`;
    writeFileSync(file, text.replaceAll("\n", "\r\n"));
    const log = new ActivityLog({ logfile: path.join(directory, "log") });
    await supervised(await loadConfig(file), async (s) => {
      log.listen(s);
      await s.start();
      await waitFor(s, "web", "up");
      const server = await serve(s, { port: 0 }, { username: "me", password: "secret" });
      const headers = { "content-type": "text/xml", authorization: `Basic ${btoa("me:secret")}` };
      const body = encodeCall({ method: "supervisor.getProcessInfo", params: ["web"] });
      const answer = await fetch(`${server.url}/RPC2`, { method: "POST", headers, body });
      const decoded = decodeAnswer(new Uint8Array(await answer.arrayBuffer()));
      assert.ok("value" in decoded);
      assert.equal((decoded.value as Record<string, unknown>)["statename"], "RUNNING");
      assert.equal((await fetch(server.url)).status, 401);
      await server.close();
    });
    assert.match((await log.tail()).toString(), /INFO spawned: 'web' with pid \d+/);
    log.close();
    rmSync(directory, { recursive: true });
  });

  it("a host that is killed takes its children along", async () => {
    const library = new URL("../src/index.js", import.meta.url).href;
    const source = `
      const { Supervisor } = await import(${JSON.stringify(library)});
      const command = [process.execPath, "-e", "setInterval(() => {}, 1000)"];
      const supervisor = new Supervisor({ programs: { p: { command, startsecs: 0 } } });
      await supervisor.start();
      console.log(supervisor.process("p").pid);`;
    const host = spawn(node, ["--input-type=module", "-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(host.stdout, "data")) as [Buffer];
    const pid = Number(String(said));
    assert.ok(await isAlive(pid));
    host.kill("SIGKILL");
    await once(host, "exit");
    for (let i = 0; i < 500 && (await isAlive(pid)); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(!(await isAlive(pid)));
  });
});

/** Whether a process lives; somebody else's zombie counts as dead. */
async function isAlive(pid: number): Promise<boolean> {
  const { readFile } = await import("node:fs/promises");
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    return !/\) [ZX] /.test(await readFile(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
