/** What the command does with privileges, and with what others have put in its way. */
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
import { describe, it, type TestContext } from "node:test";
import { Daemon, descendants, type DaemonOptions } from "./support/daemon.ts";
import { needsRoot, scratch } from "./support/processes.ts";

const NOBODY = 65_534;
const CRIT =
  /^\S+ \S+ CRIT Supervisor is running as root\. {2}Privileges were not dropped because no user is specified in the config file\. {2}If you intend to run as root, you can set user=root in the config file to avoid this message\.$/m;
const app = `[program:app]
command=sh -c 'echo "app $$"; exec sleep 1000'
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
`;

/** Runs a file with these lines in `[supervisord]`, and a program that says its pid. */
function run(t: TestContext, directory: string, lines: string, options: DaemonOptions = {}) {
  const file = path.join(directory, "supervisord.conf");
  writeFileSync(file, `[supervisord]\n${lines}\n${app}`);
  return new Daemon(t, file, options);
}

/** A directory in which everybody may do everything. */
function playground(t: TestContext): string {
  const directory = path.join(scratch(t), "playground");
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  return directory;
}

/** A file of root's, and the name of a link to it that nobody has made. */
function trap(t: TestContext, directory: string, name: string) {
  const precious = path.join(scratch(t), "precious");
  writeFileSync(precious, "precious\n", { mode: 0o600 });
  const link = path.join(directory, name);
  symlinkSync(precious, link);
  lchownSync(link, NOBODY, NOBODY);
  const isWhole = () => {
    assert.equal(readFileSync(precious, "utf8"), "precious\n");
    assert.equal(statSync(precious).mode & 0o777, 0o600);
  };
  return { precious, link, isWhole };
}

/** What the system says of each task of a process. */
function statusOf(pid: number, field: string): string[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
    const found = new RegExp(`^${field}:[ \\t]*(.*?)[ \\t]*$`, "m").exec(status)?.[1] ?? "?";
    return found.replaceAll("\t", " ");
  });
}

const quiet = "logfile=/dev/null\nlogfile_maxbytes=0\npidfile=%(here)s/pid";
const modeOf = (file: string) => statSync(file).mode & 0o777;

describe("a file that includes", () => {
  it("itself, or one that includes it, is read to its end", async (t) => {
    const directory = scratch(t);
    const at = (name: string) => path.join(directory, name);
    const include = "[include]\nfiles=*.conf\n";
    writeFileSync(at("b.conf"), `${include}[program:b]\ncommand=sleep 1000\n`);
    symlinkSync(".", at("again")); // a directory that holds itself
    const daemon = run(t, directory, `${quiet}\n[include]\nfiles=*.conf again/again/*.conf\n`);
    await daemon.heard(/spawned: 'app'/);
    await daemon.heard(/spawned: 'b'/);
    await daemon.stop();
    assert.equal(daemon.output.match(/spawned: /g)?.length, 2);
  });
});

describe("privileges", { skip: needsRoot, concurrency: 2 }, () => {
  for (const [user, wanted] of Object.entries({ "www-data": 33, [NOBODY]: NOBODY })) {
    it(`user=${user} drops them for good, for every task and every process`, async (t) => {
      const directory = playground(t);
      const daemon = run(t, directory, `user=${user}\n${quiet}`, {
        wrapper: ["setpriv", "--groups", "0,4,27,33", "--"],
      });
      const child = Number(await daemon.heard(/^app (\d+)$/m));
      const groups = execFileSync("id", ["-G", user], { encoding: "utf8" }).trim();
      const gid = execFileSync("id", ["-g", user], { encoding: "utf8" }).trim();
      const four = (id: unknown) => [id, id, id, id].join(" ");
      const processes = [daemon.pid, ...descendants(daemon.pid)];
      assert.ok(processes.includes(child));
      assert.ok(statusOf(daemon.pid, "Uid").length > 4); // Node's threads
      for (const pid of processes) {
        const tasks = statusOf(pid, "Uid").length;
        const all = (value: string) => Array.from({ length: tasks }, () => value);
        assert.deepEqual(statusOf(pid, "Uid"), all(four(wanted)));
        assert.deepEqual(statusOf(pid, "Gid"), all(four(gid)));
        assert.deepEqual(statusOf(pid, "Groups"), all(groups));
        for (const set of ["CapPrm", "CapEff", "CapAmb"])
          assert.deepEqual(statusOf(pid, set), all("0000000000000000"));
      }
      assert.doesNotMatch(daemon.output, CRIT);
      await daemon.heard(new RegExp(`INFO Set uid to user ${wanted} succeeded`));
      assert.equal(statSync(path.join(directory, "pid")).uid, wanted);
      await daemon.stop();
    });
  }

  it("user= of a program drops them for the program", async (t) => {
    const directory = playground(t);
    writeFileSync(
      path.join(directory, "supervisord.conf"),
      `[supervisord]\nuser=root\n${quiet}\n${app}user=www-data\n`,
    );
    const daemon = new Daemon(t, path.join(directory, "supervisord.conf"), {
      wrapper: ["setpriv", "--groups", "0,4,27", "--"],
    });
    const child = Number(await daemon.heard(/^app (\d+)$/m));
    assert.deepEqual(statusOf(child, "Uid"), ["33 33 33 33"]);
    assert.deepEqual(statusOf(child, "Gid"), ["33 33 33 33"]);
    assert.deepEqual(statusOf(child, "Groups"), ["33"]);
    assert.deepEqual(statusOf(child, "CapEff"), ["0000000000000000"]);
    assert.doesNotMatch(daemon.output, CRIT);
    await daemon.stop();
  });

  it("root without user= is warned, in supervisord's words", async (t) => {
    const daemon = run(t, scratch(t), quiet);
    await daemon.heard(CRIT);
    await daemon.stop();
  });

  it("another user is not warned, and cannot become somebody else", async (t) => {
    const directory = playground(t);
    const wrapper = ["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "--"] as const;
    const daemon = run(t, directory, quiet, { wrapper });
    await daemon.heard(/^app \d+$/m);
    await daemon.stop();
    assert.doesNotMatch(daemon.output, CRIT);
    const second = run(t, directory, `user=root\n${quiet}`, { wrapper });
    assert.deepEqual(await second.end(), { status: 2, signal: null });
    assert.match(second.output, /Can't drop privilege as nonroot user/);
  });

  it("a user that there is not: it does not start", async (t) => {
    const daemon = run(t, scratch(t), `user=no-such-user\n${quiet}`);
    assert.deepEqual(await daemon.end(), { status: 2, signal: null });
    assert.match(daemon.output, /Invalid user name no-such-user/);
  });
});

describe("the pid file", { concurrency: 2 }, () => {
  const refused = /CRIT could not write pidfile .*\/pid$/m;

  it("is not written through a link of somebody else", { skip: needsRoot }, async (t) => {
    const directory = playground(t);
    const { precious, link, isWhole } = trap(t, directory, "pid");
    const daemon = run(t, directory, quiet);
    await daemon.heard(refused);
    await daemon.heard(/^app \d+$/m); // it goes on without one
    isWhole();
    await daemon.stop();
    isWhole();
    assert.equal(readlinkSync(link), precious);
  });

  it("is not made where a dangling link of somebody else leads", { skip: needsRoot }, async (t) => {
    const directory = playground(t);
    const target = path.join(scratch(t), "made");
    symlinkSync(target, path.join(directory, "pid"));
    lchownSync(path.join(directory, "pid"), NOBODY, NOBODY);
    const daemon = run(t, directory, quiet);
    await daemon.heard(refused);
    await daemon.stop();
    assert.ok(!existsSync(target));
  });

  it("does not change what a hard link of its name leads to", { skip: needsRoot }, async (t) => {
    const directory = playground(t);
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
        const directory = playground(t);
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

describe("the control server", { concurrency: 2 }, () => {
  const server = (file: string) => `${quiet}\n[unix_http_server]\nfile=${file}\n
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface`;

  it("needs nothing but the directory of its socket", { skip: needsRoot }, async (t) => {
    const place = path.join(scratch(t), "place"); // in a directory that only root may write to
    mkdirSync(place);
    chownSync(place, 33, 33);
    const lines = server("%(here)s/sock").replace("pidfile", "user=www-data\npidfile");
    const daemon = run(t, place, lines);
    await daemon.heard(/^app \d+$/m);
    const { mode, uid } = statSync(path.join(place, "sock"));
    assert.deepEqual([mode & 0o777, uid], [0o700, 33]);
    await daemon.stop();
    assert.deepEqual(readdirSync(place), ["supervisord.conf"]);
  });

  it("is not put where everybody could replace its socket", async (t) => {
    const directory = playground(t);
    const daemon = run(t, directory, server("%(here)s/sock"));
    assert.deepEqual(await daemon.end(), { status: 2, signal: null });
    assert.match(daemon.output, /^Error: Everybody may write to the directory .*\n/m);
    assert.doesNotMatch(daemon.output, /spawned|^ +at /m);
  });

  it("is not taken from another program, nor made of a file", async (t) => {
    const directory = scratch(t);
    const first = run(t, directory, server("%(here)s/sock"));
    await first.heard(/^app \d+$/m);
    const second = run(t, directory, server("%(here)s/sock"));
    assert.deepEqual(await second.end(), { status: 2, signal: null });
    assert.match(second.output, /^Error: Another program is already listening/m);
    await first.stop();
    writeFileSync(path.join(directory, "sock"), "precious");
    const third = run(t, directory, server("%(here)s/sock"));
    assert.deepEqual(await third.end(), { status: 2, signal: null });
    assert.match(third.output, /^Error: .*sock is there already, and is no socket/m);
    assert.equal(readFileSync(path.join(directory, "sock"), "utf8"), "precious");
  });
});

describe("logs", { concurrency: 2 }, () => {
  it("are not written through a link of somebody else", { skip: needsRoot }, async (t) => {
    const directory = playground(t);
    const whole = trap(t, directory, "log");
    const out = trap(t, directory, "out");
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
    const directory = playground(t);
    const old = trap(t, directory, "out.1");
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
      const directory = playground(t);
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
