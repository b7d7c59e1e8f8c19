import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import type {
  LogfileFailedEvent,
  LogfileRecoveredEvent,
} from "../../src/events/supervisor-events.ts";
import { runHost } from "../support/host.ts";
import { once, text } from "../support/output.ts";
import { needsRoot, nothingLeft, scratch } from "../support/processes.ts";
import { needsUsers } from "../support/public.ts";
import { supervise } from "../support/real-supervisor.ts";

const needsMount =
  needsRoot ||
  (spawnSync("unshare", ["-m", "true"]).status === 0 ? false : "unshare cannot make a mount here");

/** Runs what follows where the directory is a small file system that nobody else sees. */
function mounted(directory: string, size: string): [string, ...string[]] {
  const script = `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`;
  return ["unshare", "-m", "/bin/sh", "-c", script, directory];
}

// Each host runs `cat` under supervision, and says what became of what it was sent.
const rig = `
  import * as fs from "node:fs";
  const told = [];
  let sent = "";
  const make = (settings) => {
    const supervisor = new Supervisor({ programs: { web: { command: "cat", startsecs: 0, ...settings } } });
    supervisor.on("LOGFILE", ({ type, code, lost }) => told.push(\`\${type.slice(8)} \${code ?? lost}\`));
    return supervisor;
  };
  const until = (type) => new Promise((resolve) => supervisor.once(type, resolve));
  const send = async (size) => {
    const line = String(sent.length).padEnd(size - 1, ".") + "\\n";
    sent += line;
    const seen = supervisor.follow("web");
    let length = 0;
    const all = (async () => {
      for await (const chunk of seen) if ((length += chunk.length) >= size) return;
    })();
    await supervisor.send("web", line);
    await all;
  };
`;

describe("a log that cannot be written", () => {
  it(
    "disk full: told once, the process lives, and nothing is lost that fits",
    { skip: needsMount },
    async (t) => {
      const directory = scratch(t);
      const host = await runHost(
        `${rig}
      const log = "${directory}/log";
      const supervisor = make({ stdout_logfile: log });
      await supervisor.start();
      await send(1000);
      fs.writeFileSync("${directory}/ballast", Buffer.alloc(180_000));
      const failed = until("LOGFILE_FAILED");
      for (let i = 0; i < 10; i++) await send(20_000);
      await failed;
      const state = supervisor.process("web").state;
      const onDisk = fs.statSync(log).size;
      fs.unlinkSync("${directory}/ballast");
      await until("LOGFILE_RECOVERED");
      await send(500);
      await supervisor.shutdown();
      console.log(JSON.stringify({ told, state, full: onDisk < 100_000, same: fs.readFileSync(log, "latin1") === sent }));
      `,
        {
          wrapper: mounted(directory, "256k"),
        },
      );
      assert.equal(host.stderr, "");
      assert.deepEqual(JSON.parse(host.stdout), {
        told: ["FAILED ENOSPC", "RECOVERED 0"],
        state: "RUNNING",
        full: true,
        same: true,
      });
      nothingLeft(host.mark);
    },
  );

  it(
    "disk full for long: the last MiB is kept, and what is lost is counted",
    { skip: needsMount },
    async (t) => {
      const directory = scratch(t);
      const host = await runHost(
        `${rig}
      const log = "${directory}/log";
      const supervisor = make({ stdout_logfile: log });
      await supervisor.start();
      fs.writeFileSync("${directory}/ballast", Buffer.alloc(1_900_000));
      for (let i = 0; i < 30; i++) await send(60_000);
      const onDisk = fs.statSync(log).size;
      fs.unlinkSync("${directory}/ballast");
      const { lost } = await until("LOGFILE_RECOVERED");
      await supervisor.shutdown();
      const kept = sent.slice(0, onDisk) + sent.slice(onDisk + lost);
      console.log(JSON.stringify({
        told: told.length, counted: lost === sent.length - onDisk - (1 << 20),
        same: fs.readFileSync(log, "latin1") === kept,
      }));
      `,
        {
          wrapper: mounted(directory, "2000k"),
        },
      );
      assert.equal(host.stderr, "");
      assert.deepEqual(JSON.parse(host.stdout), { told: 2, counted: true, same: true });
      nothingLeft(host.mark);
    },
  );

  it(
    "directory read-only: goes on in the same file, and turns it over when it can",
    { skip: needsUsers },
    async (t) => {
      const directory = path.join(scratch(t), "logs");
      mkdirSync(directory);
      chownSync(directory, 65_534, 65_534);
      const host = await runHost(
        `${rig}
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const log = "${directory}/log";
      const supervisor = make({ stdout_logfile: log, stdout_logfile_maxbytes: 1000 });
      await supervisor.start();
      await send(400);
      fs.chmodSync("${directory}", 0o555);
      for (let i = 0; i < 5; i++) await send(400);
      const meanwhile = fs.readFileSync(log, "latin1") === sent;
      fs.chmodSync("${directory}", 0o755);
      const recovered = until("LOGFILE_RECOVERED");
      const timer = setInterval(() => void send(10), 50);
      await recovered;
      clearInterval(timer);
      await supervisor.shutdown();
      const all = fs.readFileSync(log + ".1", "latin1") + fs.readFileSync(log, "latin1");
      console.log(JSON.stringify({ told, meanwhile, same: all === sent, files: fs.readdirSync("${directory}") }));
    `,
        { isPublic: true },
      );
      assert.equal(host.stderr, "");
      assert.deepEqual(JSON.parse(host.stdout), {
        told: ["FAILED EACCES", "RECOVERED 0"],
        meanwhile: true,
        same: true,
        files: ["log", "log.1"],
      });
      nothingLeft(host.mark);
    },
  );

  it(
    "cannot be opened: the process runs, and a warning tells where nobody listens",
    { skip: needsUsers },
    async (t) => {
      const directory = scratch(t);
      const log = path.join(directory, "log");
      const host = await runHost(
        `${rig}
      fs.writeFileSync("${log}", "");
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const warnings = [];
      process.on("warning", ({ message, code }) => warnings.push(code + " " + message));
      const supervisor = make({ stdout_logfile: "${log}" });
      supervisor.removeAllListeners("LOGFILE");
      await supervisor.start();
      await send(10);
      const tail = String(await supervisor.tail("web", "stdout", 4));
      await supervisor.shutdown();
      console.log(JSON.stringify({ warnings, state: supervisor.process("web").state, tail }));
    `,
        { isPublic: true },
      );
      const { warnings, state } = JSON.parse(host.stdout) as { warnings: string[]; state: string };
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] as string, /^EACCES Cannot write the log .*\/log: EACCES/);
      assert.equal(state, "STOPPED");
      nothingLeft(host.mark);
    },
  );

  it("deleted while it is written: made anew, within about a second", async (t) => {
    const directory = scratch(t);
    const log = path.join(directory, "log");
    const { supervisor } = supervise(t, {
      web: { ...once, command: "cat", stdout_logfile: log },
    });
    const told: (LogfileFailedEvent | LogfileRecoveredEvent)[] = [];
    supervisor.on("LOGFILE", (event) => told.push(event));
    await supervisor.start();
    const seen = supervisor.follow("web")[Symbol.asyncIterator]();
    const first = seen.next();
    await supervisor.send("web", "gone\n");
    await first;
    unlinkSync(log);
    chmodSync(directory, 0o755);
    const until = performance.now() + 1100;
    for (let i = 0; performance.now() < until; i++) {
      const chunk = seen.next();
      await supervisor.send("web", `${i}\n`);
      await chunk;
    }
    const last = seen.next();
    await supervisor.send("web", "last\n");
    await last;
    await supervisor.stop();
    assert.match(text(log), /^(?:\d+\n)*last\n$/);
    assert.deepEqual(told, []);
  });
});
