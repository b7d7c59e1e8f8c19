import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { LineChannel } from "../support/line-channel.ts";
import {
  deaf,
  death,
  guardiansOf,
  isLinux,
  nap,
  program,
  trees,
  until,
  ups,
} from "../support/guards.ts";
import { runHost } from "../support/host.ts";
import {
  alive,
  gone,
  marked,
  needsRoot,
  nothingLeftSoon,
  root,
  scratch,
} from "../support/processes.ts";

/** How often a process has waited for something, 0 when it is gone. */
function waitsOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

describe("a host that is killed", { skip: isLinux ? false : "there is no /proc" }, () => {
  for (const [what, [script, count]] of Object.entries(trees)) {
    it(`leaves nothing of ${what}`, async (t) => {
      let pids: number[] = [];
      await death(
        t,
        `const supervisor = new Supervisor({ programs: { web: ${program(script)} } });
         await supervisor.start();`,
        async (_pid, channel) => {
          pids = await ups(channel, count);
        },
      );
      for (const pid of pids) await gone(pid); // also who carries no mark
    });
  }

  it("guardian_waitsecs: lets them clean up, asks once, and kills the deaf", async (t) => {
    // in `wait`, a trap is not missed that comes just before it
    const tidy = `trap 'echo asked >$CHANNEL; sleep 0.2; echo clean >$CHANNEL; exit 0' USR1; echo up $$ >$CHANNEL; sleep 1000 & wait`;
    const { channel } = await death(
      t,
      `const supervisor = new Supervisor({ guardian_waitsecs: 1, programs: {
         tidy: { ...${program(tidy)}, stopsignal: "USR1" }, deaf: ${program(deaf)},
       } });
       await supervisor.start();`,
      async (_pid, heard) => {
        await ups(heard, 2);
      },
    );
    await channel.hear(/^asked$/);
    await channel.hear(/^clean$/);
    assert.deepEqual(channel.rest, []);
  });

  it("is guarded again after somebody has killed the guardian", async (t) => {
    const { stdout } = await death(
      t,
      `const supervisor = new Supervisor({ programs: { web: ${program(trees["a daemon that ignores TERM"]?.[0] ?? "")} } });
       supervisor.on("GUARDIAN_LOST", ({ reason }) => console.log("lost", reason));
       await supervisor.start();`,
      async (pid, channel, heard) => {
        await ups(channel, 2);
        const [first = 0, ...others] = guardiansOf(pid);
        assert.deepEqual(others, []);
        process.kill(first, "SIGKILL");
        await heard(/lost/);
        await until(() => guardiansOf(pid).length === 1);
        assert.notEqual(guardiansOf(pid)[0], first);
      },
    );
    assert.equal(stdout, "lost SIGKILL\n");
  });

  it("is guarded again when there are descriptors again", async (t) => {
    const { stdout } = await death(
      t,
      `import { closeSync, openSync } from "node:fs";
       const supervisor = new Supervisor({ programs: { web: ${program(trees["a daemon that ignores TERM"]?.[0] ?? "")} } });
       supervisor.on("GUARDIAN", ({ type, reason }) => console.log(type, reason));
       await supervisor.start();
       process.on("SIGUSR1", () => {
         const held = [];
         try {
           for (;;) held.push(openSync("/dev/null"));
         } catch {}
         supervisor.once("GUARDIAN_FAILED", () => held.map((fd) => closeSync(fd)));
         console.log("none is left");
       });
       console.log("started");`,
      async (pid, channel, heard) => {
        await ups(channel, 2);
        await heard(/started/);
        const [first = 0] = guardiansOf(pid);
        process.kill(pid, "SIGUSR1");
        await heard(/none is left/);
        process.kill(first, "SIGKILL");
        await heard(/FAILED/);
        await until(() => guardiansOf(pid).some((one) => one !== first));
      },
      { wrapper: ["/bin/sh", "-c", `ulimit -n 200; exec "$@"`, "sh"] },
    );
    assert.equal(
      stdout,
      "started\nnone is left\nGUARDIAN_LOST SIGKILL\nGUARDIAN_FAILED spawn /bin/sh EMFILE\n",
    );
  });

  it("is guarded, although its user may have no more processes", { skip: needsRoot }, async (t) => {
    const same = ["--reuid", "54324", "--regid", "54324", "--clear-groups"];
    await death(
      t,
      `process.setgroups([]); process.setgid(54324); process.setuid(54324);
       const supervisor = new Supervisor({ programs: { web: ${program(trees["one in a session of its own"]?.[0] ?? "")} } });
       await supervisor.start();`,
      async (pid, channel) => {
        await ups(channel, 2);
        const [guardian] = guardiansOf(pid);
        // only the same user may: root needs a capability for it that containers lack
        const limit = ["prlimit", "--nproc=1:1", "--pid", String(guardian)];
        execFileSync("setpriv", [...same, ...limit]);
      },
    );
  });

  it("has its files removed soon, though nobody collects the dead", async (t) => {
    const file = path.join(scratch(t), "pid");
    writeFileSync(file, "1");
    const channel = new LineChannel(t);
    const entry = pathToFileURL(path.join(root, "dist/index.js")).href;
    const inside = `import(${JSON.stringify(entry)}).then(async ({ Supervisor }) => {
      const supervisor = new Supervisor({ programs: { web: ${nap} } });
      supervisor.ownFile(${JSON.stringify(file)});
      await supervisor.start();
    });`;
    const end = await runHost(
      `import { Worker } from "node:worker_threads";
       const worker = new Worker(${JSON.stringify(inside)}, { eval: true });
       process.stdin.once("data", async () => {
         await worker.terminate();
         console.log("terminated");
         process.stdin.once("data", () => process.exit());
       });`,
      {
        channel,
        meanwhile: async (pid, tell, heard) => {
          const pids = await ups(channel, 1);
          const guardians = guardiansOf(pid);
          const [guardian = 0] = guardians;
          assert.equal(guardians.length, 1);
          tell("now");
          await heard(/terminated/);
          let waits = 0;
          await until(() => {
            waits = Math.max(waits, waitsOf(guardian));
            return !existsSync(file);
          });
          assert.ok(waits < 200, `${waits} waits`); // each of its 200 passes would wait twice
          for (const one of [...pids, ...guardians]) await gone(one);
          tell("end");
        },
      },
    );
    await nothingLeftSoon(end.mark);
  });

  it("guardian: false: leaves them", async (t) => {
    const channel = new LineChannel(t);
    let pids: number[] = [];
    await runHost(
      `setInterval(() => {}, 1000);
       await new Supervisor({ guardian: false, programs: { web: ${nap} } }).start();`,
      {
        channel,
        meanwhile: async (pid) => {
          pids = await ups(channel, 1);
          assert.deepEqual(guardiansOf(pid), []);
          process.kill(pid, "SIGKILL");
        },
      },
    );
    for (const pid of pids) {
      assert.ok(alive(pid));
      process.kill(pid, "SIGKILL");
      await gone(pid);
    }
  });

  it("without ps on its PATH, leaves nothing", async (t) => {
    await death(
      t,
      `process.env.PATH = "/nowhere";
       const supervisor = new Supervisor({ programs: { web: ${nap.replace("sleep", "/bin/sleep")} } });
       await supervisor.start();
       await supervisor.restart();`,
      async (_pid, channel) => {
        await channel.pid("up");
        await ups(channel, 1);
      },
    );
  });

  for (const way of ["worker.terminate()", "process.exit()"]) {
    it(`leaves nothing of a worker's children: ${way}`, async (t) => {
      const channel = new LineChannel(t);
      const entry = pathToFileURL(path.join(root, "dist/index.js")).href;
      const inside = `import(${JSON.stringify(entry)}).then(({ Supervisor }) =>
        new Supervisor({ programs: {
          web: ${nap}, daemon: ${program(trees["a daemon that ignores TERM"]?.[0] ?? "")},
        } }).start());`;
      const end = await runHost(
        `import { Worker } from "node:worker_threads";
         const worker = new Worker(${JSON.stringify(inside)}, { eval: true });
         process.stdin.once("data", async () => {
           ${way.replace("worker", "await worker")};
           console.log("terminated");
           process.stdin.once("data", () => process.exit());
         });`,
        {
          channel,
          meanwhile: async (pid, tell, heard) => {
            const pids = await ups(channel, 3);
            tell("now");
            if (way === "worker.terminate()") {
              await heard(/terminated/);
              for (const one of pids) await gone(one);
              assert.ok(alive(pid));
              tell("end");
            }
          },
        },
      );
      await nothingLeftSoon(end.mark);
    });
  }
});

describe("marks", () => {
  it("find a process that a host has left", { skip: !isLinux }, async (t) => {
    const channel = new LineChannel(t);
    const end = await runHost(
      `await new Supervisor({ guardian: false, programs: { web: ${nap} } }).start();
       process.kill(process.pid, "SIGKILL");`,
      { channel },
    );
    const left = marked(end.mark);
    assert.equal(left.length, 1); // so that all the other tests here can fail
    for (const pid of left) process.kill(pid, "SIGKILL");
    await nothingLeftSoon(end.mark);
  });
});
