import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { checkLaunch, locate, prepareLaunch } from "../../src/spawn/launch.ts";
import type { ProgramSettings } from "../../src/index.ts";
import type { Command } from "../../src/ports/command.ts";
import { joinCgroup } from "../../src/spawn/wrappers.ts";
import { scratch } from "../support/processes.ts";

const windows = process.platform === "win32" && "the words are those of POSIX";

function commandOf(settings: ProgramSettings): Command {
  const [first] = resolveSettings({ programs: { a: settings } }).processes;
  assert.ok(first);
  return first.command;
}

describe("the check of a launch", { skip: windows }, () => {
  it("tells a command that cannot be found from one that cannot be executed", (t) => {
    const file = path.join(scratch(t), "plain");
    writeFileSync(file, "");
    chmodSync(file, 0o644);
    assert.equal(checkLaunch(commandOf({ command: "/bin/sh" })), undefined);
    assert.deepEqual(checkLaunch(commandOf({ command: "/nope/a" })), {
      code: "NO_FILE",
      message: "can't find command '/nope/a'",
    });
    assert.deepEqual(checkLaunch(commandOf({ command: [file] })), {
      code: "NOT_EXECUTABLE",
      message: `command at '${file}' is not executable`,
    });
    assert.deepEqual(checkLaunch(commandOf({ command: "/bin/sh", directory: "/nope" })), {
      code: "NOT_EXECUTABLE",
      message: "couldn't chdir to /nope: ENOENT",
    });
    assert.deepEqual(checkLaunch({ ...commandOf({ command: "/bin/sh" }), user: "no-such-user" }), {
      code: "NOT_EXECUTABLE",
      message: "couldn't setuid: there is no user 'no-such-user'",
    });
  });

  it("finds the file of a command whatever its directory is", () => {
    const found = locate(commandOf({ command: "sh", directory: "/nope" }));
    assert.ok("file" in found);
    assert.match(found.file, /\/sh$/);
  });
});

describe("a launch", { skip: windows }, () => {
  it("sets the umask in a shell, and joins the cgroup before that", () => {
    const command = commandOf({ command: "/bin/sh -c true", umask: "022", directory: "/" });
    const launch = prepareLaunch(command, { tag: "A=7-15", procsFile: "/x/cgroup.procs" });
    assert.ok(!("code" in launch));
    const { file, args, program, cwd, env } = launch;
    assert.deepEqual([file, program, cwd], ["/bin/sh", "/bin/sh", "/"]);
    assert.equal(args[1], 'echo 0 >"$1" && shift || exit 126; exec "$@"');
    assert.equal(args[3], "/x/cgroup.procs");
    assert.ok(args.includes('umask 022; exec "$@"'));
    assert.equal(env["A"], "7-15");
  });

  it("with a cgroup stays that of the other user, also where Node changes the user", () => {
    const words = { file: "/usr/bin/id", args: ["-u"], owner: { uid: 33, gid: 33 } };
    assert.deepEqual(joinCgroup("/x/cgroup.procs", { ...words, uid: 33, gid: 33 }), {
      ...words,
      uid: 33,
      gid: 33,
    });
    const switched = joinCgroup("/x/cgroup.procs", words); // by setpriv, after it has joined
    assert.deepEqual([switched.file, switched.owner], ["/bin/sh", words.owner]);
  });
});
