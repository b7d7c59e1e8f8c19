import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Supervisor, type ProgramSettings } from "../../src/index.ts";
import { runHost } from "../support/host.ts";
import { LineChannel } from "../support/line-channel.ts";
import { MARK, needsRoot, nothingLeft, scratch } from "../support/processes.ts";
import { refusal, supervise } from "../support/real-supervisor.ts";

const windows = process.platform === "win32" && "the shells are those of POSIX";

/** The variables that every process has here. */
const OWN = [
  "CHANNEL",
  MARK,
  "SUPERVISOR_ENABLED",
  "SUPERVISOR_GROUP_NAME",
  "SUPERVISOR_PROCESS_NAME",
];
const print = `const names = Object.keys(process.env).map((name) => name.replace(/^(LIBSUPERVISOR)_[0-9a-f]{16}$/, "$1"));
  require("node:fs").writeFileSync(process.env.CHANNEL, names.sort().join() + "\\n");
  setInterval(() => {}, 1e6);`;
const command = [process.execPath, "-e", print] as [string, ...string[]];

function expected(...more: string[]): string {
  return [...OWN, "LIBSUPERVISOR", ...more].toSorted().join(",");
}

/** Sets variables of the host for the length of a test. */
function host(t: TestContext, variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
}

/** The names of the variables of a process. */
async function namesOf(t: TestContext, settings: Partial<ProgramSettings>): Promise<string[]> {
  const { supervisor, channel } = supervise(t, { web: { command, startsecs: 0, ...settings } });
  await supervisor.start();
  return (await channel.hear(/^(.*)$/)).split(",");
}

describe("the variables of a child", { skip: windows }, () => {
  const user = needsRoot ? {} : { user: "nobody" };
  const ways: Readonly<Record<string, Partial<ProgramSettings>>> = {
    plain: {},
    umask: { umask: "022" },
    user,
    cgroup: { cgroup: true }, // where there is none, it runs without
    "all of these": { umask: "022", cgroup: true, ...user },
  };
  for (const [name, way] of Object.entries(ways)) {
    it(`environment_inherit, ${name}: exactly those that are wanted`, async (t) => {
      host(t, { HOST_A: "a", "HOST.B": "b", HOST_C: "c" });
      const { supervisor, channel } = supervise(t, {
        none: { command, startsecs: 0, environment_inherit: false, ...way },
        some: {
          command,
          startsecs: 0,
          environment_inherit: ["HOST_A", "HOST.B", "NOPE"],
          environment: { OWN: "1", "own.x": "2" },
          ...way,
        },
      });
      await supervisor.start("none");
      assert.equal(await channel.hear(/^(.*)$/), expected());
      await supervisor.start("some");
      assert.equal(await channel.hear(/^(.*)$/), expected("HOST_A", "HOST.B", "OWN", "own.x"));
    });

    it(`an undefined variable, ${name}: is not there`, async (t) => {
      host(t, { HOST_A: "a", "HOST.B": "b", HOST_C: "c" });
      const environment = { HOST_A: undefined, "HOST.B": undefined, PWD: undefined };
      const names = await namesOf(t, { environment, ...way });
      assert.deepEqual(
        names.filter((one) => /^HOST|^PWD$/.test(one)),
        ["HOST_C"],
      );
    });
  }

  it("the value of a program wins over a supervisor that takes the variable away", async (t) => {
    host(t, { HOST_A: "a", HOST_B: "b" });
    const channel = new LineChannel(t);
    const script = `require("node:fs").writeFileSync(process.env.CHANNEL, [process.env.HOST_A, process.env.HOST_B].join() + "\\n")`;
    await using supervisor = new Supervisor({
      programs: {
        web: {
          command: [process.execPath, "-e", script],
          startsecs: 0,
          environment: { HOST_A: "own" },
        },
      },
      environment: { HOST_A: undefined, HOST_B: undefined, CHANNEL: channel.path },
    });
    await supervisor.start();
    assert.equal(await channel.hear(/^(.*)$/), "own,");
  });

  it("a command is found along the host's PATH although the process has none", async (t) => {
    const directory = scratch(t);
    const file = path.join(directory, "say-names");
    writeFileSync(file, `#!/bin/sh\necho "PATH: $(/usr/bin/env | grep -c ^PATH=)" >$CHANNEL\n`);
    chmodSync(file, 0o755);
    const before = process.env["PATH"];
    process.env["PATH"] = `${directory}:${before}`;
    t.after(() => {
      process.env["PATH"] = before;
    });
    const found = { command: "say-names", startsecs: 0 };
    const { supervisor, channel } = supervise(t, {
      none: { ...found, environment_inherit: false },
      own: { ...found, environment_inherit: false, environment: { PATH: "/nowhere" } },
      taken: { ...found, environment: { PATH: undefined } },
    });
    await supervisor.start("none");
    assert.match(await channel.hear(/^PATH/), /^PATH: \d$/);
    assert.equal(supervisor.programs.get("none")?.processes[0]?.executable(), file);
    const { message } = await refusal(supervisor.start("own"));
    assert.match(message, /looked for in PATH: \/nowhere/);
    const { message: second } = await refusal(supervisor.start("taken"));
    assert.match(second, /looked for in PATH: \/bin:\/usr\/bin:\/usr\/local\/bin/);
  });

  it("bytes that are not UTF-8 are inherited as other variables are", async (t) => {
    if (process.platform !== "linux") return t.skip("only Linux has them");
    const channel = new LineChannel(t);
    const shell = `A=$(printf 'K\\366ln'); B=$A; export A B; exec "$@"`;
    const dump = `{ printf '%s.' "$A" "$B"; } | od -An -v -tx1 | tr -d ' \\n' | { cat; echo; } >$CHANNEL; exec sleep 1000`;
    const end = await runHost(
      `const command = ["/bin/sh", "-c", ${JSON.stringify(dump)}];
      const more = { command, startsecs: 0, environment: { PATH: process.env.PATH, CHANNEL: process.env.CHANNEL } };
      const supervisor = new Supervisor({ programs: {
        none: { ...more, environment_inherit: false },
        one: { ...more, environment_inherit: ["B"], umask: "022" },
        unset: { command, startsecs: 0, environment: { A: undefined } },
      } });
      for (const name of ["none", "one", "unset"]) {
        await supervisor.start(name);
        await new Promise((resolve) => process.stdin.once("data", resolve));
      }
      await supervisor.shutdown();
      process.exit();`,
      {
        channel,
        wrapper: ["/bin/sh", "-c", shell, "sh"],
        meanwhile: async (_pid, tell) => {
          for (const bytes of ["2e2e", "2e4bf66c6e2e", "2e4bf66c6e2e"]) {
            assert.equal(await channel.hear(/^([0-9a-f]+)$/), bytes);
            tell("next");
          }
        },
      },
    );
    assert.deepEqual([end.status, end.stderr], [0, ""]);
    nothingLeft(end.mark);
  });
});
