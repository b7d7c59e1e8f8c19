import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import type { ProgramSettings } from "../../src/index.ts";
import { alive, gone, MARK, marked, needsRoot } from "../support/processes.ts";
import { noPython } from "../support/python.ts";
import { sh, supervise } from "../support/real-supervisor.ts";

// of two members one may find nobody who still reads that it is there
const deaf = `trap '' TERM HUP INT PIPE; echo member $$ >$CHANNEL; echo >$CHANNEL.go; while :; do sleep 1000; done`;
const obey = "exec sleep 1000";
/** How a process leaves its group; `$DEAF` is what it does then. */
const escapes = {
  setsid: `setsid sh -c "$DEAF" &`,
  "a double fork": `( (sh -c "$DEAF") & );`,
  "a daemon": `setsid -f sh -c "$DEAF";`,
};
const clean = `setsid env -i CHANNEL=$CHANNEL sh -c "$DEAF" &`;

function wild(escape: string, then = obey): ProgramSettings {
  return {
    // it ends or goes on when the member is there
    command: sh(
      `mkfifo $CHANNEL.go; ${escape} read -r word <$CHANNEL.go; echo leader $$ >$CHANNEL; ${then}`,
    ),
    environment: { DEAF: deaf },
    startsecs: 0,
    startretries: 0,
    stopwaitsecs: 0.2, // nobody here obeys
    autorestart: false,
  };
}

describe("a process that left its group", { skip: process.platform !== "linux" }, () => {
  for (const [what, escape] of Object.entries(escapes)) {
    it(`${what}: is swept after a stop, a restart, and a removal`, async (t) => {
      const { supervisor, channel } = supervise(t, { web: wild(escape) });
      await supervisor.start();
      for (const verb of ["restart", "stop", "remove"] as const) {
        const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
        assert.ok(alive(pid));
        await supervisor[verb]("web");
        assert.ok(!alive(pid), verb);
        if (verb === "stop") await supervisor.start("web");
      }
    });

    it(`${what}: is swept after a crash, before what follows`, async (t) => {
      const { supervisor, channel, next } = supervise(t, { web: wild(escape, "exit 3") });
      await supervisor.start();
      const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
      await next("PROCESS_STATE_EXITED");
      await supervisor.stop("web");
      assert.ok(!alive(pid));
    });

    it(`${what}: is swept after a start that failed`, async (t) => {
      const { supervisor, channel, next } = supervise(t, {
        web: { ...wild(escape, "exit 3"), startsecs: 30 },
      });
      supervisor.start().catch(() => {});
      const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
      await next("PROCESS_STATE_FATAL");
      assert.ok(!alive(pid));
    });
  }

  it("is swept when a setting has changed, and when the wait was given up", async (t) => {
    const { supervisor, channel, mark } = supervise(t, { web: wild(escapes.setsid) });
    await supervisor.start();
    const [first] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
    const environment = { ...supervisor.programs.get("web")?.settings.environment, CHANGED: "1" };
    const settings = { ...wild(escapes.setsid), environment };
    const all = { CHANNEL: channel.path, [MARK]: mark };
    await supervisor.update({ environment: all, programs: { web: settings } });
    assert.ok(!alive(first));
    const [second] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
    await assert.rejects(supervisor.stop("web", { signal: AbortSignal.abort() }));
    await supervisor.stop("web");
    assert.ok(!alive(second));
  });

  it("with a clean environment: is swept as long as its parent lives at the stop", async (t) => {
    const { supervisor, channel } = supervise(t, { web: wild(clean) });
    await supervisor.start();
    const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
    await supervisor.stop("web");
    assert.ok(!alive(pid));
  });

  it("with a clean environment: is swept although its parent obeyed, and its leader did not", async (t) => {
    const parent = `sh -c '${clean} read -r never <>$CHANNEL.never' &`;
    const stubborn = `trap "" TERM; while :; do sleep 1000; done`;
    const { supervisor, channel } = supervise(t, {
      web: { ...wild(parent, stubborn), stopasgroup: true },
    });
    await supervisor.start();
    const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
    await supervisor.stop("web");
    assert.ok(!alive(pid));
  });

  it(
    "with a clean environment, of one thread among many: is swept",
    { skip: noPython },
    async (t) => {
      const script = `
import os, subprocess, threading
threading.stack_size(65536)
never = threading.Event()
def escape():
    threading.Thread(target=subprocess.run, args=(["setsid", "env", "-i", "CHANNEL=" + os.environ["CHANNEL"], "sh", "-c", os.environ["DEAF"]],), daemon=True).start()
for i in range(500):
    threading.Thread(target=never.wait, daemon=True).start()
    if i == 250: escape()
open(os.environ["CHANNEL"], "w").write("leader %d\\n" % os.getpid())
never.wait()`;
      const command = sh(`mkfifo $CHANNEL.go; exec python3 -c "$SCRIPT" <>$CHANNEL.go`);
      const environment = { DEAF: deaf, SCRIPT: script };
      const { supervisor, channel } = supervise(t, { web: { ...wild(""), command, environment } });
      await supervisor.start();
      const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
      await supervisor.stop("web");
      assert.ok(!alive(pid));
    },
  );

  for (const sweep of ["group", false] as const) {
    it(`sweep ${sweep}: stays`, async (t) => {
      const { supervisor, channel, mark } = supervise(t, {
        web: { ...wild(`sh -c "$DEAF" & ${escapes.setsid}`), sweep },
      });
      await supervisor.start();
      const pids = await Promise.all([channel.pid("member"), channel.pid("member")]);
      await channel.pid("leader");
      await supervisor.stop("web");
      try {
        assert.equal(pids.filter(alive).length, sweep === "group" ? 1 : 2);
      } finally {
        const left = marked(mark); // and what they have started
        for (const pid of left) process.kill(pid, "SIGKILL");
        for (const pid of left) await gone(pid);
      }
    });
  }
});

const base = "/sys/fs/cgroup/unified";
const lacksCgroups =
  needsRoot ||
  (existsSync(base) || existsSync("/sys/fs/cgroup/cgroup.procs") ? false : "no cgroup v2");

describe("cgroup: true", { skip: lacksCgroups }, () => {
  it("catches a daemon that has cleaned its environment", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: { ...wild(`setsid -f env -i CHANNEL=$CHANNEL sh -c "$DEAF";`), cgroup: true },
    });
    await supervisor.start();
    const [pid] = await Promise.all([channel.pid("member"), channel.pid("leader")]);
    assert.ok(alive(pid));
    await supervisor.stop("web");
    assert.ok(!alive(pid));
    if (existsSync(base)) {
      const left = readdirSync(base).filter((name) => name.includes(`-${process.pid}-`));
      assert.deepEqual(left, []);
    }
  });
});
