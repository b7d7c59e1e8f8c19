/** What the kernel allows, whatever the names and the mode bits of files say. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { lacks } from "../support/daemon.ts";
import { LineChannel } from "../support/line-channel.ts";
import { runHost, type HostOptions } from "../support/host.ts";
import { needsRoot, nothingLeft, scratch } from "../support/processes.ts";
import { NOBODY, needsUsers } from "../support/public.ts";
import { refusal, supervise } from "../support/real-supervisor.ts";

const noLinux = process.platform !== "linux" && "only Linux has /proc";
const noSetpriv = needsUsers || lacks("setpriv");
const say = 'echo "in $(readlink /proc/$$/cwd)" >$CHANNEL; exec sleep 1000';
const become =
  "const become = (uid) => { process.setgroups([]); process.setgid(uid); process.setuid(uid); };";

/** Runs a host whose programs say where they are; what so many of them say. */
async function where(t: TestContext, source: string, count: number, options: HostOptions = {}) {
  const channel = new LineChannel(t);
  const said: string[] = [];
  const settings = `const here = (more = {}) => ({ command: ["/bin/sh", "-c", ${JSON.stringify(say)}], startsecs: 0, ...more });`;
  const finish = `await new Promise((resolve) => process.stdin.once("data", resolve));
    await supervisor.shutdown();
    process.exit();`;
  const end = await runHost([become, settings, source, finish].join("\n"), {
    ...options,
    channel,
    meanwhile: async (_pid, tell) => {
      while (said.length < count) said.push(await channel.hear(/^in (.*)$/));
      tell("end");
    },
  });
  assert.deepEqual([end.status, end.stderr], [0, ""], end.stdout);
  nothingLeft(end.mark);
  return { said, stdout: end.stdout };
}

describe("a program without a directory runs where the host is", { skip: noLinux }, () => {
  const users = needsRoot
    ? ""
    : `user: here({ user: "nobody" }), both: here({ user: "nobody", umask: "022" }),`;
  const programs = `{ plain: here(), umask: here({ umask: "022" }), ${users} }`;
  const count = needsRoot ? 2 : 4;

  it("though that was removed, and what fails there is told", async (t) => {
    const directory = path.join(scratch(t), "cwd");
    mkdirSync(directory);
    const { said, stdout } = await where(
      t,
      `import { rmdirSync } from "node:fs";
      const once = { startsecs: 0, startretries: 0, autorestart: false, autostart: false };
      const supervisor = new Supervisor({ programs: { ...${programs},
        three: { ...once, command: ["/bin/sh", "-c", "exit 3"] },
        killed: { ...once, command: ["/bin/sh", "-c", "kill -9 $$"] },
        relative: { ...once, command: "./tool" },
        large: { ...once, command: ["/bin/true", "x".repeat(200_000)] },
      } });
      rmdirSync(process.cwd());
      await supervisor.start();
      for (const name of ["three", "killed"]) {
        const exited = new Promise((resolve) => supervisor.once("PROCESS_STATE_EXITED", resolve));
        await supervisor.start(name);
        const { exitstatus, signal } = await exited;
        console.log(exitstatus, signal);
      }
      for (const name of ["relative", "large"])
        await supervisor.start(name).catch(({ code, spawnerr }) => console.log(code, spawnerr));`,
      count,
      { cwd: directory },
    );
    assert.deepEqual(
      said,
      Array(count).fill(`${realpathSync(path.dirname(directory))}/cwd (deleted)`),
    );
    assert.match(
      stdout,
      /^3 null\nnull SIGKILL\nSPAWN_ERROR can't find command '.\/tool'\nSPAWN_ERROR couldn't exec \/bin\/true: E2BIG\n$/,
    );
  });

  it("though that has another name now, also for a command with a slash", async (t) => {
    const directory = path.join(realpathSync(scratch(t)), "cwd");
    mkdirSync(directory);
    writeFileSync(path.join(directory, "tool"), `#!/bin/sh\n${say}\n`, { mode: 0o755 });
    const { said } = await where(
      t,
      `import { renameSync } from "node:fs";
      const supervisor = new Supervisor({ programs: { ...${programs}, tool: here({ command: "./tool" }) } });
      renameSync(process.cwd(), process.cwd() + "2");
      await supervisor.start();`,
      count + 1,
      { cwd: directory },
    );
    assert.deepEqual(said, Array(count + 1).fill(`${directory}2`));
    renameSync(`${directory}2`, directory);
  });

  it("though the host itself may not enter it any more", { skip: needsUsers }, async (t) => {
    const directory = path.join(realpathSync(scratch(t)), "closed");
    mkdirSync(directory, { mode: 0o700 });
    const { said, stdout } = await where(
      t,
      `const bad = { command: "/nonexistent", startsecs: 0, startretries: 0, autostart: false };
      const supervisor = new Supervisor({ programs: {
        plain: here(), umask: here({ umask: "022" }), bad, large: { ...bad, command: ["/bin/true", "x".repeat(200_000)] },
      } });
      become(${NOBODY});
      await supervisor.start();
      await supervisor.start("bad").catch(({ spawnerr }) => console.log(spawnerr));
      await supervisor.start("large").catch(({ spawnerr }) => console.log(spawnerr));`,
      2,
      { cwd: directory, isPublic: true },
    );
    assert.deepEqual(said, [directory, directory]);
    assert.equal(stdout, "can't find command '/nonexistent'\ncouldn't exec /bin/true: E2BIG\n");
  });
});

describe("a user that mode bits do not let in", { skip: noSetpriv || noLinux }, () => {
  /** A directory that only root and, by an access control list, `nobody` may enter. */
  const listed = (t: TestContext) => {
    const directory = path.join(scratch(t), "listed");
    mkdirSync(directory);
    chmodSync(directory, 0o700);
    const list = `
import os, struct, sys
e = lambda tag, perm, who=0xffffffff: struct.pack("<HHI", tag, perm, who)
acl = struct.pack("<I", 2) + e(1, 7) + e(2, 5, ${NOBODY}) + e(4, 0) + e(16, 5) + e(32, 0)
os.setxattr(sys.argv[1], "system.posix_acl_access", acl)`;
    const { status } = spawnSync("python3", ["-c", list, directory]);
    return status === 0 ? directory : undefined;
  };

  it("executes what an access control list opens to it, and runs there", async (t) => {
    const directory = listed(t);
    if (directory === undefined) return t.skip("no access control lists here, or no python3");
    const tool = path.join(directory, "tool");
    writeFileSync(tool, `#!/bin/sh\n${say}\n`, { mode: 0o755 });
    const { supervisor, channel } = supervise(t, {
      file: { command: [tool], user: "nobody", startsecs: 0, directory: "/" },
      directory: { command: ["/bin/sh", "-c", say], user: "nobody", startsecs: 0, directory },
      both: { command: "./tool", user: "nobody", umask: "022", startsecs: 0, directory },
      other: { command: [tool], user: "1", startsecs: 0, startretries: 0, autostart: false },
    });
    assert.equal(supervisor.process("file")?.obstacle(), undefined);
    await supervisor.start();
    const said = [];
    while (said.length < 3) said.push(await channel.hear(/^in (.*)$/));
    assert.deepEqual(said.toSorted(), ["/", directory, directory].toSorted());
    const { spawnerr } = await refusal(supervisor.start("other"));
    assert.match(String(spawnerr), /^no permission to run command '.*\/tool' as user '\w+'$/);
  });

  it("is told what it may not enter", async (t) => {
    const directory = path.join(scratch(t), "closed");
    mkdirSync(directory, { mode: 0o700 });
    const { supervisor } = supervise(t, {
      web: { command: "sleep 1000", user: "nobody", startsecs: 0, startretries: 0, directory },
    });
    const { spawnerr } = await refusal(supervisor.start());
    assert.equal(spawnerr, `couldn't chdir to ${directory}: EACCES (as user 'nobody')`);
  });

  it("has what its capabilities open to it", async (t) => {
    const closed = path.join(scratch(t), "closed");
    mkdirSync(closed, { mode: 0o700 });
    const tool = path.join(closed, "tool");
    writeFileSync(tool, `#!/bin/sh\n${say}\n`, { mode: 0o744 });
    const ids = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
    const override = ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"];
    const wrapper = ["setpriv", ...ids, ...override] as [string, ...string[]];
    const canRead = spawnSync(wrapper[0], [...wrapper.slice(1), "cat", tool]).status === 0;
    if (!canRead) return t.skip("no such capability can be given here");
    const { said } = await where(
      t,
      `const programs = {
        file: here({ command: ["${tool}"], directory: "/" }),
        masked: here({ command: ["${tool}"], directory: "/", umask: "022" }),
        directory: here({ directory: "${closed}" }),
      };
      const supervisor = new Supervisor({ programs });
      await supervisor.start();`,
      3,
      { wrapper, isPublic: true, cwd: "/" },
    );
    assert.deepEqual(said.toSorted(), ["/", "/", closed].toSorted());
  });
});

/** Variables that a shell or Node would lose on their way. */
describe("the environment of a program", { skip: noLinux }, () => {
  const odd = {
    "a.b": "1",
    "with-dash": "it's \\ 100% of\ttwo\nlines\n\n",
    é: "€😀",
    IFS: "x",
    OPTIND: "7",
    PPID: "5",
  };

  it("has odd names and odd values, whatever stands before it", async (t) => {
    const names = JSON.stringify(Object.keys(odd));
    const print = `const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => ${names}.includes(name) || name === "LIBSUPERVISOR_ENVIRONMENT"));
      require("node:fs").writeFileSync(process.env.CHANNEL, JSON.stringify(env) + "\\n");
      setInterval(() => {}, 1e6);`;
    const command = [process.execPath, "-e", print] as [string, ...string[]];
    const user = needsRoot ? {} : { user: "nobody" };
    const cgroup = true; // where there is none, it runs without
    const ways = {
      plain: {},
      cgroup: { cgroup },
      umask: { umask: "022" },
      all: { cgroup, umask: "022", ...user },
      user,
    };
    const programs = Object.entries(ways).map(
      ([name, way]) => [name, { command, environment: odd, startsecs: 0, ...way }] as const,
    );
    const { supervisor, channel } = supervise(t, Object.fromEntries(programs));
    for (const name of Object.keys(ways)) {
      await supervisor.start(name);
      assert.deepEqual(JSON.parse(await channel.hear(/^(\{.*)$/)), odd, name);
    }
  });

  it("has the host's bytes that are not UTF-8, unless they were changed since", async (t) => {
    const channel = new LineChannel(t);
    const all = Array.from({ length: 255 }, (_, i) => i + 1);
    const octal = all.map((byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join("");
    const shell = `A=$(printf 'K\\366ln'); B=$A; ALL=$(printf %b '${octal}.'); export A B ALL; exec "$@"`;
    const dump = `{ printf '%s.' "$A" "$B" "$C"; printf '%s' "$ALL"; } | od -An -v -tx1 | tr -d ' \\n' | { cat; echo; } >$CHANNEL; exec sleep 1000`;
    const end = await runHost(
      `process.env.B = "ö";
      const command = ["/bin/sh", "-c", ${JSON.stringify(dump)}];
      const supervisor = new Supervisor({ environment: { C: "%(ENV_A)s" }, programs: {
        plain: { command, startsecs: 0 },
        own: { command, startsecs: 0, umask: "022", environment: { A: "own" } },
      } });
      for (const name of ["plain", "own"]) {
        await supervisor.start(name);
        await new Promise((resolve) => process.stdin.once("data", resolve));
      }
      await supervisor.shutdown();
      process.exit();`,
      {
        channel,
        wrapper: ["/bin/sh", "-c", shell, "sh"],
        meanwhile: async (_pid, tell) => {
          const hex = all.map((byte) => byte.toString(16).padStart(2, "0")).join("");
          const ends = `2ec3b62e4befbfbd6c6e2e${hex}2e`;
          assert.equal(await channel.hear(/^([0-9a-f]{100,})$/), `4bf66c6e${ends}`);
          tell("next");
          assert.equal(await channel.hear(/^([0-9a-f]{100,})$/), `6f776e${ends}`);
          tell("end");
        },
      },
    );
    assert.deepEqual([end.status, end.stderr], [0, ""]);
    nothingLeft(end.mark);
  });
});
