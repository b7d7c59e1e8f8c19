import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { SettingsError, Supervisor, type ProgramSettings } from "../../src/index.ts";
import { needsRoot, scratch } from "../support/processes.ts";
import { forever, refusal, supervise } from "../support/real-supervisor.ts";

interface Failure {
  /** What is wrong. */
  readonly title: string;
  /** Makes the settings, with what they need in the directory. */
  readonly make: (directory: string) => Partial<ProgramSettings>;
  /** What `spawnerr` says; `{}` is the directory. */
  readonly spawnerr: string;
}

const failures: readonly Failure[] = [
  {
    title: "a path where nothing is",
    make: (directory) => ({ command: [`${directory}/nothing`] }),
    spawnerr: "can't find command '{}/nothing'",
  },
  {
    title: "a name that is not along PATH",
    make: (directory) => ({ command: "nothing-of-that-name", environment: { PATH: directory } }),
    spawnerr: "can't find command 'nothing-of-that-name'",
  },
  {
    title: "an empty PATH",
    make: () => ({ command: "sleep 1000", environment: { PATH: "/nonexistent" } }),
    spawnerr: "can't find command 'sleep'",
  },
  {
    title: "a path through a file",
    make: (directory) => ({ command: [`${file(directory, "plain", "", 0o755)}/below`] }),
    spawnerr: "can't find command '{}/plain/below'",
  },
  {
    title: "a directory",
    make: (directory) => ({ command: [directory] }),
    spawnerr: "command at '{}' is a directory",
  },
  {
    title: "a file that is not executable",
    make: (directory) => ({ command: [file(directory, "plain", "#!/bin/sh\n", 0o644)] }),
    spawnerr: "command at '{}/plain' is not executable",
  },
  {
    title: "a file along PATH that is not executable",
    make: (directory) => {
      file(directory, "plain", "#!/bin/sh\n", 0o644);
      return { command: "plain", environment: { PATH: directory } };
    },
    spawnerr: "command at '{}/plain' is not executable",
  },
  {
    title: "a missing interpreter",
    make: (directory) => ({
      command: [file(directory, "script", "#!/nonexistent/python -u\n", 0o755)],
    }),
    spawnerr: `couldn't exec {}/script: ENOENT (its interpreter is "/nonexistent/python")`,
  },
  {
    title: "an interpreter with a carriage return",
    make: (directory) => ({ command: [file(directory, "script", "#!/bin/sh\r\n", 0o755)] }),
    spawnerr: `couldn't exec {}/script: ENOENT (its interpreter is "/bin/sh\\r")`,
  },
  {
    title: "a text without #!",
    make: (directory) => ({ command: [file(directory, "text", "echo wrong\n", 0o755)] }),
    spawnerr: "couldn't exec {}/text: ENOEXEC (exec format error)",
  },
  {
    title: "an empty file",
    make: (directory) => ({ command: [file(directory, "empty", "", 0o755)] }),
    spawnerr: "couldn't exec {}/empty: ENOEXEC (exec format error)",
  },
  {
    title: "garbage",
    make: (directory) => ({ command: [file(directory, "garbage", "\0\x01\x02\xff", 0o755)] }),
    spawnerr: "couldn't exec {}/garbage: ENOEXEC (exec format error)",
  },
  {
    title: "a directory that is missing",
    make: (directory) => ({ command: "sleep 1000", directory: `${directory}/nowhere` }),
    spawnerr: "couldn't chdir to {}/nowhere: ENOENT",
  },
  {
    title: "a directory that is a file",
    make: (directory) => ({
      command: "sleep 1000",
      directory: file(directory, "plain", "", 0o644),
    }),
    spawnerr: "couldn't chdir to {}/plain: ENOTDIR",
  },
  {
    title: "an argument that is too long",
    make: () => ({ command: ["true", "x".repeat(200_000)] }),
    spawnerr: "couldn't exec {true}: E2BIG",
  },
  {
    title: "an argument that is too long, with umask",
    make: () => ({ command: ["true", "x".repeat(200_000)], umask: "022" }),
    spawnerr: "couldn't exec {true}: E2BIG",
  },
  {
    title: "arguments that are too many",
    make: () => ({ command: ["true", ...Array.from({ length: 30 }, () => "x".repeat(120_000))] }),
    spawnerr: "couldn't exec {true}: E2BIG",
  },
];

const someTrue = execFileSync("/bin/sh", ["-c", "command -v true"], { encoding: "utf8" }).trim();
const truePath = someTrue.startsWith("/") ? someTrue : "/usr/bin/true";

describe("a start that fails", () => {
  for (const { title, make, spawnerr } of failures) {
    it(`${title}: FATAL, and the next program starts`, async (t) => {
      const directory = scratch(t);
      const expected = spawnerr.replace("{}", directory).replace("{true}", truePath);
      await failsAndGoesOn(t, make(directory), expected);
    });
  }

  it("a user that has vanished since the settings were read", { skip: needsRoot }, async (t) => {
    const user = `lsv${process.pid}`;
    execFileSync("useradd", ["--no-create-home", user], { stdio: "ignore" });
    let isThere = true;
    const remove = () => {
      if (isThere) execFileSync("userdel", ["--force", user], { stdio: "ignore" });
      isThere = false;
    };
    t.after(remove);
    await failsAndGoesOn(
      t,
      { command: "sleep 1000", user },
      `couldn't setuid: there is no user '${user}'`,
      remove,
    );
  });

  it("a file that the user may not execute", { skip: needsRoot }, async (t) => {
    const directory = scratch(t);
    const script = file(directory, "script", "#!/bin/sh\n", 0o700);
    const expected = `no permission to run command '${script}' as user 'nobody'`;
    await failsAndGoesOn(t, { command: [script], user: "nobody" }, expected);
  });

  it("a file in a directory that the user may not enter", { skip: needsRoot }, async (t) => {
    const directory = scratch(t);
    const script = file(directory, "script", "#!/bin/sh\n", 0o755);
    chmodSync(directory, 0o700);
    const expected = `no permission to run command '${script}' as user 'nobody'`;
    await failsAndGoesOn(t, { command: [script], user: "nobody" }, expected);
  });

  it("BACKOFF: the next attempt finds what was missing", async (t) => {
    const script = path.join(scratch(t), "late");
    const { supervisor, channel, next } = supervise(t, {
      web: { command: [script], startsecs: 0, startretries: 1 },
    });
    const error = await refusal(supervisor.start());
    const backoff = await next("PROCESS_STATE_BACKOFF");
    assert.equal(backoff.spawnerr, `can't find command '${script}'`);
    assert.equal(supervisor.status()[0]?.spawnerr, backoff.spawnerr);
    assert.deepEqual([error.code, error.spawnerr], ["SPAWN_ERROR", backoff.spawnerr]);
    writeFileSync(script, "#!/bin/sh\necho up $$ >$CHANNEL; exec sleep 1000\n", { mode: 0o755 });
    await supervisor.start();
    await channel.pid("up");
  });

  it("start() does not wait for attempts that cannot succeed", async (t) => {
    const directory = scratch(t);
    const plain = file(directory, "plain", "#!/bin/sh\n", 0o644);
    const bads: Record<string, Partial<ProgramSettings>> = {
      missing: { command: "nothing-of-that-name --port 0" },
      plain: { command: [plain] },
      directory: { command: "sleep 1000", directory: `${directory}/nowhere` },
    };
    const { supervisor } = supervise(
      t,
      Object.fromEntries(
        Object.entries(bads).map(([name, settings]) => [
          name,
          { command: "?", startsecs: 30, ...settings },
        ]),
      ),
    );
    const error = await refusal(supervisor.start()); // 1 + 2 + 3 s, until they are FATAL
    assert.equal(error.errors?.length, 3);
    assert.deepEqual(
      supervisor.status().map(({ state }) => state),
      ["BACKOFF", "BACKOFF", "BACKOFF"],
    );
    const reasons = new Map(error.errors.map((one) => [one.process, one.spawnerr]));
    assert.deepEqual(Object.fromEntries(reasons), {
      missing: "can't find command 'nothing-of-that-name'",
      plain: `command at '${plain}' is not executable`,
      directory: `couldn't chdir to ${directory}/nowhere: ENOENT`,
    });
    assert.ok(error.message.includes(`It was looked for in PATH: ${process.env["PATH"]}`));
  });

  it("NUL: is refused with the settings", () => {
    for (const command of ["sleep\0 1", ["sleep", "1\0"]] as const) {
      const settings = { programs: { web: { command: command as "sleep" } } };
      assert.throws(() => new Supervisor(settings), SettingsError);
    }
    const environment = { A: "\0" };
    const settings = { programs: { web: { command: "sleep", environment } } };
    assert.throws(() => new Supervisor(settings), SettingsError);
  });
});

/** Checks all that tells of a failed start, and that another program starts afterwards. */
async function failsAndGoesOn(
  t: TestContext,
  settings: Partial<ProgramSettings>,
  spawnerr: string,
  before: () => void = () => {},
): Promise<void> {
  const { supervisor, channel, next } = supervise(t, {
    bad: { command: "?", startsecs: 0, startretries: 0, autostart: false, ...settings },
    ok: { command: forever, startsecs: 0, autostart: false },
  });
  before();
  const kill = t.mock.method(process, "kill");
  const error = await refusal(supervisor.start("bad"));
  assert.equal(error.code, "SPAWN_ERROR");
  assert.equal(error.spawnerr, spawnerr);
  assert.equal((await next("PROCESS_STATE_BACKOFF")).spawnerr, spawnerr);
  assert.equal((await next("PROCESS_STATE_FATAL")).spawnerr, spawnerr);
  const [info] = supervisor.status("bad");
  assert.deepEqual([info?.state, info?.spawnerr, info?.pid], ["FATAL", spawnerr, 0]);
  await supervisor.stop("bad");
  assert.deepEqual(
    // 0 is no signal: it asks whether somebody is there
    kill.mock.calls.map(({ arguments: words }) => words).filter(([, signal]) => signal !== 0),
    [],
    "it signalled somebody",
  );
  kill.mock.restore();
  await supervisor.start("ok");
  await channel.pid("up");
}

function file(directory: string, name: string, text: string, mode: number): string {
  const place = path.join(directory, name);
  writeFileSync(place, text, "latin1");
  chmodSync(place, mode);
  return place;
}
