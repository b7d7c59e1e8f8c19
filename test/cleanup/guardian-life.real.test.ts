import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import {
  always,
  deaf,
  death,
  guardiansOf,
  isLinux,
  nap,
  program,
  residentOf,
  trees,
  until,
  ups,
} from "../support/guards.ts";
import { runHost, type HostOptions } from "../support/host.ts";
import { alive, gone, needsRoot, nothingLeftSoon, root, scratch } from "../support/processes.ts";

describe("a guardian", { skip: isLinux ? false : "there is no /proc" }, () => {
  it("is small, survives Ctrl-C, and is gone soon after the last child", async (t) => {
    await death(
      t,
      `process.on("SIGINT", () => console.log("interrupted"));
       const supervisor = new Supervisor({ programs: { web: ${nap} } });
       process.on("SIGUSR1", () => supervisor.stop());
       await supervisor.start();
       console.log("started");`,
      async (pid, channel, heard) => {
        await ups(channel, 1);
        await heard(/started/);
        const guardians = guardiansOf(pid);
        assert.equal(guardians.length, 1);
        const [guardian = 0] = guardians;
        assert.ok(residentOf(guardian) < 2048, `${residentOf(guardian)} kB`);
        process.kill(-pid, "SIGINT");
        await heard(/interrupted/);
        assert.deepEqual(guardiansOf(pid), guardians);
        process.kill(pid, "SIGUSR1");
        await gone(guardian);
        assert.ok(alive(pid));
      },
      { wrapper: ["setsid"] },
    );
  });

  for (const [what, does] of [
    ["a shutdown", "await supervisor.start(); await supervisor.shutdown();"],
    ["a start that fails", "await supervisor.start().catch(() => {});"],
  ] as const) {
    it(`is gone after ${what}`, async (t) => {
      const command =
        what === "a shutdown" ? nap : `{ command: "/nowhere/to-be-found", ${always} }`;
      await death(
        t,
        `const supervisor = new Supervisor({ programs: { web: ${command} } });
         ${does} console.log("done");`,
        async (pid, _ear, heard) => {
          await heard(/done/);
          await until(() => guardiansOf(pid).length === 0);
        },
      );
    });
  }

  it("stopped: is not waited for when there is nothing to guard", async (t) => {
    await death(
      t,
      `const supervisor = new Supervisor({ programs: { web: ${nap} } });
       process.on("SIGUSR1", () => supervisor.shutdown().then(() => console.log("shut down")));
       await supervisor.start();
       console.log("started");`,
      async (pid, channel, heard) => {
        await ups(channel, 1);
        await heard(/started/);
        const [guardian = 0] = guardiansOf(pid);
        process.kill(guardian, "SIGSTOP");
        process.kill(pid, "SIGUSR1");
        await heard(/shut down/);
        await gone(guardian);
        assert.ok(alive(pid));
      },
    );
  });

  it("does not keep the host", async () => {
    const { status, stdout, mark } = await runHost(`
      const supervisor = new Supervisor({ programs: {
        web: { command: "/bin/true", ${always}, autorestart: false },
      } });
      await supervisor.start();
      console.log("started");
    `);
    assert.deepEqual([status, stdout], [0, "started\n"]);
    await nothingLeftSoon(mark);
  });

  it("is each supervisor's own, also in another copy of the package", async (t) => {
    const copy = mkdtempSync(path.join(root, "build/copy-"));
    t.after(() => {
      rmSync(copy, { recursive: true });
    });
    cpSync(path.join(root, "dist"), copy, { recursive: true });
    await death(
      t,
      `const other = await import(${JSON.stringify(pathToFileURL(path.join(copy, "index.js")).href)});
       const one = new Supervisor({ programs: { web: ${nap} } });
       const two = new Supervisor({ programs: { web: ${nap} } });
       const three = new other.Supervisor({ programs: { web: ${nap} } });
       process.on("SIGUSR1", () => one.shutdown().then(() => console.log("shut down")));
       await Promise.all([one.start(), two.start(), three.start()]);
       console.log("started");`,
      async (pid, channel, heard) => {
        const pids = await ups(channel, 3);
        await heard(/started/);
        assert.equal(guardiansOf(pid).length, 3);
        process.kill(pid, "SIGUSR1");
        await heard(/shut down/);
        assert.equal(pids.filter(alive).length, 2);
      },
    );
  });
});

describe("a system that lacks something", { skip: isLinux ? needsRoot : "no unshare" }, () => {
  const hidden = (mount: string): HostOptions => ({
    wrapper: ["unshare", "-m", "--", "bash", "-c", `${mount}; exec "$@"`, "bash"],
  });

  it("/bin/sh: the supervisor says once that there is no guardian", async (t) => {
    const { stdout } = await death(
      t,
      `const nap = { command: "/bin/sleep 1000", ${always} };
       const supervisor = new Supervisor({ programs: { one: nap, two: nap } });
       supervisor.on("GUARDIAN", ({ type, reason }) => console.log(type, reason));
       await supervisor.start();
       await supervisor.restart();
       await supervisor.shutdown();
       console.log("over");`,
      (_pid, _ear, heard) => heard(/over/),
      hidden(`mount --bind /dev/null "$(readlink -f /bin/sh)"`),
    );
    assert.match(stdout, /^GUARDIAN_FAILED spawn \/bin\/sh \w+\nover\n$/);
  });

  it("grep, sed, tr, sleep: who has left the group is found all the same", async (t) => {
    const tools = ["grep", "sed", "tr", "sleep"].map(
      (name) => `"$(readlink -f "$(which ${name})")"`,
    );
    await death(
      t,
      `const web = ${program(trees["one in a session of its own"]?.[0] ?? "").replaceAll("sleep 1000", "tail -f /dev/null")};
       const supervisor = new Supervisor({ programs: { web } });
       await supervisor.start();`,
      async (_pid, channel) => {
        await ups(channel, 2);
      },
      hidden(`for tool in ${tools.join(" ")}; do mount --bind /dev/null "$tool"; done`),
    );
  });

  it("cgroups: the supervisor says so once", async (t) => {
    const { stdout } = await death(
      t,
      `const nap = { command: "/bin/sleep 1000", cgroup: true, ${always} };
       const supervisor = new Supervisor({ programs: { one: nap, two: nap } });
       supervisor.on("GUARDIAN", ({ type }) => console.log(type));
       await supervisor.start();
       await supervisor.shutdown();
       console.log("over");`,
      (_pid, _ear, heard) => heard(/over/),
      hidden("mount -t tmpfs none /sys/fs/cgroup"),
    );
    assert.equal(stdout, "CGROUP_FAILED\nover\n");
  });

  it("/proc: the group is swept all the same, and guarded", async (t) => {
    const { stdout } = await death(
      t,
      `const supervisor = new Supervisor({ programs: { web: ${program(trees["a shell with children"]?.[0] ?? "")} } });
       process.on("SIGUSR1", () => supervisor.restart().then(() => console.log("restarted")));
       await supervisor.start();
       console.log("started");`,
      async (pid, channel, heard) => {
        const first = await ups(channel, 3);
        await heard(/started/);
        process.kill(pid, "SIGUSR1");
        await heard(/restarted/);
        assert.deepEqual(first.filter(alive), []);
        await ups(channel, 3);
      },
      hidden("mount -t tmpfs none /proc"),
    );
    assert.equal(stdout, "started\nrestarted\n");
  });
});

describe("every shell", { skip: isLinux ? needsRoot : "no unshare" }, () => {
  for (const [name, tool] of [
    ["dash", "dash"],
    ["bash", "bash"],
    ["BusyBox", "busybox"],
  ] as const) {
    const file = ["/bin", "/usr/bin"].map((place) => path.join(place, tool)).find(existsSync);
    const skip = file === undefined && `there is no ${tool}`;

    for (const waitsecs of [0, 1]) {
      it(`${name}: serves the guardian, guardian_waitsecs: ${waitsecs}`, { skip }, async (t) => {
        const directory = scratch(t);
        const owned = path.join(directory, "it's $(mine) *\\");
        writeFileSync(owned, "");
        const { channel } = await death(
          t,
          `const supervisor = new Supervisor({ guardian_waitsecs: ${waitsecs}, programs: {
             tree: ${program(trees["one in a session of its own"]?.[0] ?? "")},
             deaf: ${program(deaf)},
             gone: { command: "/bin/true", ${always}, autorestart: false },
             polite: { ...${program(`trap 'echo asked >$CHANNEL; exit' USR2; echo up $$ >$CHANNEL; sleep 1000 & wait`)}, stopsignal: "USR2" },
           } });
           supervisor.ownFile(${JSON.stringify(owned)});
           await supervisor.start();`,
          async (_pid, heard) => {
            await ups(heard, 4);
          },
          {
            wrapper: [
              "unshare",
              "-m",
              "--",
              "bash",
              "-c",
              `mount --bind ${file} "$(readlink -f /bin/sh)"; exec "$@"`,
              "bash",
            ],
          },
        );
        await until(() => !existsSync(owned));
        if (waitsecs > 0) await channel.hear(/^asked$/);
        assert.deepEqual(channel.rest, []);
      });
    }
  }
});
