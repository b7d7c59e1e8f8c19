/** What programs get of what the command was started with, and what Node keeps for itself of that. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Daemon, lacks, type DaemonOptions } from "../support/daemon.ts";
import { scratch } from "../support/processes.ts";

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
