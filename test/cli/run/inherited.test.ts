/** What programs get of what the command was started with, and what Node keeps for itself of that. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Daemon, lacks, type DaemonOptions } from "../../support/daemon.ts";
import { root, scratch } from "../../support/processes.ts";
import { needsUsers, publicPackage } from "../../support/public.ts";

const noLinux = process.platform !== "linux" && "only Linux tells the limits of a process";

/** The command, with a program that writes to standard output. */
function run(t: TestContext, command: string, lines = "", options: DaemonOptions = {}): Daemon {
  const file = path.join(scratch(t), "a.conf");
  writeFileSync(
    file,
    `[supervisord]
logfile=/dev/null
logfile_maxbytes=0
pidfile=%(here)s/pid
${lines}
[program:app]
command=${command}
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=NONE
`,
  );
  return new Daemon(t, file, options);
}

describe("the soft limit of file descriptors", { skip: noLinux || lacks("prlimit") }, () => {
  const limits = `sh -c 'echo "limits $(ulimit -Sn) $(ulimit -Hn)"; exec sleep 1000'`;
  /** Sets limits and is the parent of the command, or is replaced by it. */
  const within = (soft: number, hard: number, how: "parent" | "exec") =>
    [
      "sh",
      "-c",
      how === "exec"
        ? `ulimit -Sn ${soft}; ulimit -Hn ${hard}; exec "$@"`
        : `ulimit -Sn ${soft}; ulimit -Hn ${hard}; trap 'kill "$!"; wait' TERM; "$@" & wait; wait`,
      "sh",
    ] as const;
  const cases = [
    { how: "parent", lines: "", expected: 1500, why: "what the command was started with" },
    { how: "parent", lines: "minfds=1024", expected: 1500, why: "that, where it is enough" },
    { how: "parent", lines: "minfds=3000", expected: 3000, why: "minfds, where that is more" },
    { how: "exec", lines: "minfds=1200", expected: 1200, why: "minfds, where nobody tells" },
    { how: "exec", lines: "", expected: 4000, why: "Node's, where nothing tells" },
  ] as const;
  for (const { how, lines, expected, why } of cases) {
    it(`of a program is ${why} (${lines || "no minfds"})`, async (t) => {
      const daemon = run(t, limits, lines, { wrapper: within(1500, 4000, how) });
      assert.equal(await daemon.heard(/^limits (.*)$/m), `${expected} 4000`);
      await daemon.stop();
      const hasRaised = daemon.output.includes("INFO Increased RLIMIT_NOFILE limit to 3000");
      assert.equal(hasRaised, expected === 3000);
    });
  }

  it("is not known to process 1: the shell that takes its place has Node's", async (t) => {
    const isolate = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] as const;
    if (spawnSync(isolate[0], [...isolate.slice(1), "true"]).status !== 0)
      return t.skip("no pid namespace can be made");
    for (const [lines, expected] of [
      ["", 4000],
      ["minfds=1200", 1200],
    ] as const) {
      const wrapper = [...isolate, ...within(1500, 4000, "exec")] as const;
      const daemon = run(t, limits, lines, { wrapper });
      assert.equal(await daemon.heard(/^limits (.*)$/m), `${expected} 4000`);
      await daemon.end("SIGKILL");
    }
  });
});

describe("NODE_OPTIONS", () => {
  it("is for the programs: the command leaves them the port of the debugger", async (t) => {
    const script =
      "console.log('debugger at', require('node:inspector').url()); process.stdin.resume()";
    const options = "--inspect=127.0.0.1:19226";
    const daemon = run(t, `${process.execPath} -e "${script}"`, "", {
      environment: { NODE_OPTIONS: options },
    });
    assert.match(await daemon.heard(/^debugger at (.*)$/m), /^ws:\/\/127\.0\.0\.1:19226\//);
    await daemon.stop();
  });
});

describe("the environment", { skip: noLinux || lacks("unshare") }, () => {
  it("is handed on by the shell that takes the place of process 1", async (t) => {
    const isolate = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] as const;
    if (spawnSync(isolate[0], [...isolate.slice(1), "true"]).status !== 0)
      return t.skip("no pid namespace can be made");
    const given = { "a.b": "it's 1", s: "2", pid: "3", status: "4", again: "5", OPTIND: "6" };
    const variables = Object.entries(given).map(([name, value]) => `${name}=${value}`);
    const shell = `exec env "CITY=$(printf 'K\\366ln')" "$@"`;
    const print = `sh -c 'tr "\\0" "\\n" </proc/$$/environ; printf %%s "$CITY" | od -An -tx1; exec cat'`;
    const daemon = run(t, print, "", {
      wrapper: [...isolate, "sh", "-c", shell, "sh", ...variables],
    });
    assert.equal(await daemon.heard(/^ (4b.*)$/m), "4b f6 6c 6e");
    for (const variable of variables)
      assert.ok(daemon.output.includes(`\n${variable}\n`), variable);
    assert.doesNotMatch(daemon.output, /LIBSUPERVISOR_ENVIRONMENT/);
    await daemon.end("SIGKILL");
  });
});

describe("a host that lacks something that the file does not need", { concurrency: 2 }, () => {
  const main = "dist/cli/main.js";
  /** A file with a program whose logs go nowhere, or are AUTO. */
  const conf = (t: TestContext, logfile = "NONE", lines = ""): string => {
    const file = path.join(scratch(t), "a.conf");
    const own = `logfile=/dev/null\nlogfile_maxbytes=0\npidfile=%(here)s/pid\n${lines}`;
    const logs = `stdout_logfile=NONE\nstderr_logfile=${logfile}`;
    const program = `[program:cat]\ncommand=/bin/cat\nstartsecs=0\n${logs}`;
    writeFileSync(file, `[supervisord]\n${own}\n${program}\n`);
    return file;
  };

  it("TMPDIR names nothing: the programs run, and AUTO logs are in the next usual place", async (t) => {
    const file = conf(t, "AUTO");
    const daemon = new Daemon(t, file, { environment: { TMPDIR: "/nowhere" } });
    await daemon.heard(/success: cat/);
    await daemon.stop();
    assert.doesNotMatch(daemon.output, /Error/);
  });

  it(
    "nobody knows the user, and there is no HOME",
    { skip: needsUsers || lacks("setpriv") },
    async (t) => {
      const file = conf(t);
      chmodSync(path.dirname(file), 0o777);
      const own = path.join(publicPackage(), main);
      const id = ["setpriv", "--reuid", "43210", "--regid", "43210", "--clear-groups"] as const;
      const bare = [...id, "env", "-i", process.execPath, own] as const;
      const told = (...words: string[]) =>
        spawnSync(bare[0], [...bare.slice(1), ...words], { cwd: "/", encoding: "utf8" });
      const { status, stdout, stderr } = told("check", "-c", file);
      assert.deepEqual([status, stderr], [0, ""]);
      assert.match(stdout, /valid: 1 program/);
      const tilde = conf(t, "NONE", "childlogdir=~");
      for (const words of [["check"], ["-n"]])
        assert.match(
          told(...words, "-c", tilde).stderr,
          /^Error: ~ is not an existing directory$/m,
        );
      const client = told("ctl", "-s", "unix:///nowhere/sock", "status");
      assert.deepEqual([client.status, client.stderr], [4, ""]);
    },
  );

  it("its directory was removed", async (t) => {
    const file = conf(t);
    const place = path.join(path.dirname(file), "gone");
    mkdirSync(place);
    const leave = ["sh", "-c", `rmdir ${place}; exec "$@"`, "sh"] as const;
    const [shell, ...words] = leave;
    const relative = spawnSync(
      shell,
      [...words, process.execPath, path.join(root, main), "-c", "a.conf"],
      {
        cwd: place,
        encoding: "utf8",
      },
    );
    assert.equal(relative.status, 2);
    assert.match(relative.stderr, /^Error: could not find config file .*a\.conf\n/);
    mkdirSync(place);
    const daemon = new Daemon(t, file, { cwd: place, wrapper: leave });
    await daemon.heard(/success: cat/);
    await daemon.stop();
  });
});
