/** What the command does with what others have put in the way of its files. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { needsRoot, scratch } from "../../support/processes.ts";
import {
  NOBODY,
  modeOf,
  openDirectory,
  quiet,
  run,
  linkToPrecious,
} from "../../support/privileged-files.ts";

describe("the pid file", { concurrency: 2 }, () => {
  const refused = /CRIT could not write pidfile .*\/pid$/m;

  it("is not written through a link of somebody else", { skip: needsRoot }, async (t) => {
    const directory = openDirectory(t);
    const { precious, link, isWhole } = linkToPrecious(t, directory, "pid");
    const daemon = run(t, directory, quiet);
    await daemon.heard(refused);
    await daemon.heard(/^app \d+$/m); // it goes on without one
    isWhole();
    await daemon.stop();
    isWhole();
    assert.equal(readlinkSync(link), precious);
  });

  it("is not made where a dangling link of somebody else leads", { skip: needsRoot }, async (t) => {
    const directory = openDirectory(t);
    const target = path.join(scratch(t), "made");
    symlinkSync(target, path.join(directory, "pid"));
    lchownSync(path.join(directory, "pid"), NOBODY, NOBODY);
    const daemon = run(t, directory, quiet);
    await daemon.heard(refused);
    await daemon.stop();
    assert.ok(!existsSync(target));
  });

  it("does not change what a hard link of its name leads to", { skip: needsRoot }, async (t) => {
    const directory = openDirectory(t);
    const precious = path.join(path.dirname(directory), "precious");
    writeFileSync(precious, "precious\n", { mode: 0o600 });
    linkSync(precious, path.join(directory, "pid"));
    const daemon = run(t, directory, quiet);
    await daemon.heard(/^app \d+$/m);
    await daemon.stop();
    assert.equal(readFileSync(precious, "utf8"), "precious\n");
    assert.equal(statSync(precious).mode & 0o777, 0o600);
  });

  it(
    "is not a file, a FIFO or a device of somebody else's making",
    { skip: needsRoot },
    async (t) => {
      for (const make of ["echo 1", "mkfifo", "mknod"]) {
        const directory = openDirectory(t);
        const file = path.join(directory, "pid");
        if (make === "mkfifo") execFileSync("mkfifo", [file]);
        else if (make === "mknod") execFileSync("mknod", [file, "c", "1", "3"]);
        else writeFileSync(file, "1\n");
        chownSync(file, NOBODY, NOBODY);
        const before = lstatSync(file);
        const daemon = run(t, directory, quiet);
        await daemon.heard(refused);
        await daemon.stop();
        const { ino, mode, mtimeMs, size } = lstatSync(file);
        assert.deepEqual(
          { ino, mode, mtimeMs, size },
          { ino: before.ino, mode: before.mode, mtimeMs: before.mtimeMs, size: before.size },
          make,
        );
      }
    },
  );

  it("is replaced where a former run has left its own, and only its owner may write it", async (t) => {
    const directory = scratch(t);
    const file = path.join(directory, "pid");
    writeFileSync(file, "1\n", { mode: 0o666 });
    chmodSync(file, 0o666);
    const daemon = run(t, directory, quiet, { wrapper: ["sh", "-c", 'umask 0; exec "$@"', "sh"] });
    await daemon.heard(/^app \d+$/m);
    assert.equal(readFileSync(file, "utf8"), `${daemon.pid}\n`);
    assert.equal(modeOf(file), 0o644);
    await daemon.stop();
    assert.ok(!existsSync(file));
  });

  it("stays if it is another's by the end", async (t) => {
    const directory = scratch(t);
    const file = path.join(directory, "pid");
    const daemon = run(t, directory, quiet);
    await daemon.heard(/^app \d+$/m);
    writeFileSync(file, "1\n");
    await daemon.stop();
    assert.equal(readFileSync(file, "utf8"), "1\n");
  });
});

describe("logs", { concurrency: 2 }, () => {
  it("are not written through a link of somebody else", { skip: needsRoot }, async (t) => {
    const directory = openDirectory(t);
    const whole = linkToPrecious(t, directory, "log");
    const out = linkToPrecious(t, directory, "out");
    const daemon = run(
      t,
      directory,
      `logfile=%(here)s/log
pidfile=%(here)s/pid
[program:trapped]
command=sh -c 'echo trapped; exec sleep 1000'
startsecs=0
stdout_logfile=%(here)s/out`,
    );
    await daemon.heard(/^app \d+$/m); // it goes on
    await daemon.heard(/spawned: 'trapped'/);
    await daemon.heard(/belongs to uid 65534/);
    process.kill(daemon.pid, "SIGUSR2"); // nor when opened anew
    await daemon.heard(/supervisord logreopen/);
    await daemon.stop();
    whole.isWhole();
    out.isWhole();
  });

  it("are not turned over through one either", { skip: needsRoot }, async (t) => {
    const directory = openDirectory(t);
    const old = linkToPrecious(t, directory, "out.1");
    const daemon = run(
      t,
      directory,
      `${quiet}
[program:talker]
command=sh -c 'for i in 1 2 3 4 5 6 7 8; do echo "line $i"; done; touch %(here)s/said; exec sleep 1000'
startsecs=0
stdout_logfile=%(here)s/out
stdout_logfile_maxbytes=10
stdout_logfile_backups=2`,
    );
    await daemon.patiently(() => existsSync(path.join(directory, "said")), "end of its words");
    await daemon.stop();
    old.isWhole();
    assert.ok(!lstatSync(path.join(directory, "out.1")).isSymbolicLink());
  });

  it("go through a link of one's own", async (t) => {
    const directory = scratch(t);
    mkdirSync(path.join(directory, "real"));
    symlinkSync("real/log", path.join(directory, "log"));
    const daemon = run(t, directory, "logfile=%(here)s/log\npidfile=%(here)s/pid");
    await daemon.heard(/^app \d+$/m);
    await daemon.stop();
    assert.match(readFileSync(path.join(directory, "real/log"), "utf8"), /spawned: 'app'/);
  });

  it("are as the umask wants them; AUTO ones are for nobody else, whatever it wants", async (t) => {
    const lines = `logfile=%(here)s/log
pidfile=%(here)s/pid
childlogdir=%(here)s
[program:auto]
command=sh -c 'echo secret; exec sleep 1000'
startsecs=0
[program:named]
command=sh -c 'echo named; echo "named done" >&2; exec sleep 1000'
startsecs=0
stdout_logfile=%(here)s/named
stderr_logfile=/dev/stdout
stderr_logfile_maxbytes=0`;
    for (const [umask, log, pid] of [
      ["022", 0o644, 0o644],
      ["077", 0o600, 0o600],
      ["0", 0o666, 0o644],
    ] as const) {
      const directory = openDirectory(t);
      chmodSync(directory, 0o1777);
      const daemon = run(t, directory, lines, {
        wrapper: ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"],
      });
      await daemon.heard(/^named done$/m);
      await daemon.heard(/^app \d+$/m);
      const names = readdirSync(directory);
      const auto = names.filter((name) => /^(auto|named)-std\w+---/.test(name));
      assert.ok(auto.length > 0);
      for (const name of auto) assert.equal(modeOf(path.join(directory, name)), 0o600);
      assert.equal(modeOf(path.join(directory, "pid")), pid);
      for (const name of ["log", "named"]) assert.equal(modeOf(path.join(directory, name)), log);
      await daemon.stop();
    }
  });
});
