import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alive, gone } from "../support/processes.ts";
import { sh, stay, supervise } from "../support/real-supervisor.ts";

// a process and a child of its own, which tell of themselves and of what they hear
const member = `trap 'echo member got TERM >$CHANNEL; exit 0' TERM; echo member $$ >$CHANNEL; ${stay}`;
const deaf = `trap '' TERM`;
const deafMember = `${deaf}; echo member $$ >$CHANNEL; ${stay}`;
const leader = `trap 'echo leader got TERM >$CHANNEL; exit 0' TERM`;
const family = (one: string, first = leader) => ({
  command: sh(`LEADER=$$ sh -c "$MEMBER" & ${first}; echo leader $$ >$CHANNEL; ${stay}`),
  environment: { MEMBER: one },
});

describe("the process group of a real process", () => {
  it("stop: the process gets the signal, and when it is gone the rest of its group", async (t) => {
    const heir = `trap 'kill -0 $LEADER 2>/dev/null && echo too early >$CHANNEL; echo member got TERM >$CHANNEL; exit 0' TERM; echo member $$ >$CHANNEL; ${stay}`;
    const { supervisor, channel } = supervise(t, { web: { ...family(heir), startsecs: 0 } });
    await supervisor.start();
    const [pid, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    assert.ok(alive(pid) && alive(grandchild));
    await supervisor.stop("web");
    await channel.hear(/^leader got TERM$/);
    await channel.hear(/^member got TERM$/);
    assert.ok(!alive(pid) && !alive(grandchild));
    assert.deepEqual(channel.rest, []);
  });

  it("stop: a member that ignores the signal is killed when stopwaitsecs are over", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: { ...family(deafMember), startsecs: 0, stopwaitsecs: 0.3 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    const begun = performance.now();
    await supervisor.stop("web");
    assert.ok(performance.now() - begun >= 300);
    assert.ok(!alive(grandchild));
  });

  it("stop: after SIGKILL to the process nobody is asked any more", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: { ...family(member, deaf), startsecs: 0, stopwaitsecs: 0.1 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    await supervisor.stop("web");
    assert.ok(!alive(grandchild));
    assert.deepEqual(channel.rest, []);
  });

  it("an exit: what it left is killed without being asked", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      web: {
        command: sh(`sh -c "$MEMBER" & read -r go <$CHANNEL.never; exit 3`),
        environment: { MEMBER: member },
        startsecs: 0,
        autorestart: false,
      },
    });
    await supervisor.start();
    const grandchild = await channel.pid("member");
    await supervisor.signal("web", "KILL");
    await next("PROCESS_STATE_EXITED");
    await supervisor.stop("web");
    assert.ok(!alive(grandchild));
    assert.deepEqual(channel.rest, []);
  });

  for (const [sweep, isAsked] of [
    [true, true],
    ["group", false],
  ] as const) {
    it(`stop with sweep ${sweep}: one in a session of its own is ${isAsked ? "" : "not "}asked`, async (t) => {
      const { supervisor, channel } = supervise(t, {
        web: {
          command: sh(`setsid sh -c "$MEMBER" & ${leader}; echo leader $$ >$CHANNEL; ${stay}`),
          environment: { MEMBER: member },
          startsecs: 0,
          sweep,
        },
      });
      await supervisor.start();
      const [, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
      await supervisor.stop("web");
      await channel.hear(/^leader got TERM$/);
      if (!isAsked) process.kill(grandchild, "SIGTERM");
      await channel.hear(/^member got TERM$/);
      await gone(grandchild);
      assert.deepEqual(channel.rest, []);
    });
  }

  it("stop: a server with threads is asked once", async (t) => {
    const server = `
      import { writeFileSync } from "node:fs";
      process.on("SIGTERM", () => {
        writeFileSync(process.env.CHANNEL, "server got TERM\\n");
        setTimeout(() => process.exit(), 100);
      });
      writeFileSync(process.env.CHANNEL, "server " + process.pid + "\\n");
      setInterval(Boolean, 1000);`;
    const { supervisor, channel } = supervise(t, {
      web: {
        command: sh(`"$NODE" --input-type=module -e "$SERVER"; true`),
        environment: { NODE: process.execPath, SERVER: server },
        startsecs: 0,
      },
    });
    await supervisor.start();
    await channel.pid("server");
    await supervisor.stop("web");
    await channel.hear(/^server got TERM$/);
    assert.deepEqual(channel.rest, []);
  });

  it("stop: the last words of a server behind a shell are logged", async (t) => {
    const server = `trap 'echo closing; sleep 0.2; echo closed; exit 0' TERM; echo up; echo member $$ >$CHANNEL; ${stay}`;
    const { supervisor, channel } = supervise(t, {
      web: { command: sh(`sh -c "$MEMBER"; true`), environment: { MEMBER: server }, startsecs: 0 },
    });
    await supervisor.start();
    await channel.pid("member");
    await supervisor.stop("web");
    assert.equal(String(await supervisor.tail("web")), "up\nclosing\nclosed\n");
  });

  it("stop without sweep: the rest of its group stays", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: { ...family(member), startsecs: 0, sweep: false },
    });
    await supervisor.start();
    const [pid, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    try {
      await supervisor.stop("web");
      assert.ok(!alive(pid));
      assert.ok(alive(grandchild));
    } finally {
      process.kill(-pid, "SIGTERM"); // the group is still theirs
    }
    await channel.hear(/^member got TERM$/);
    await gone(grandchild);
  });

  for (const sweep of [true, false]) {
    it(`stopasgroup, sweep ${sweep}: the whole group gets the signal`, async (t) => {
      const { supervisor, channel } = supervise(t, {
        web: { ...family(member), startsecs: 0, stopasgroup: true, sweep },
      });
      await supervisor.start();
      const [, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
      await supervisor.stop("web");
      await Promise.all([channel.hear(/^leader got TERM$/), channel.hear(/^member got TERM$/)]);
      await gone(grandchild);
    });

    it(`killasgroup, sweep ${sweep}: SIGKILL after stopwaitsecs ends the whole group`, async (t) => {
      const { supervisor, channel } = supervise(t, {
        web: {
          ...family(deafMember, deaf),
          startsecs: 0,
          stopwaitsecs: 0.1,
          killasgroup: true,
          sweep,
        },
      });
      await supervisor.start();
      const [pid, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
      await supervisor.stop("web");
      assert.ok(!alive(pid));
      if (sweep) assert.ok(!alive(grandchild));
      else await gone(grandchild);
    });
  }

  it("neither killasgroup nor sweep: SIGKILL ends the process alone", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        ...family(deafMember, deaf),
        startsecs: 0,
        stopwaitsecs: 0.1,
        sweep: false,
      },
    });
    await supervisor.start();
    const [pid, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    try {
      await supervisor.stop("web");
      assert.ok(!alive(pid));
      assert.ok(alive(grandchild));
    } finally {
      process.kill(-pid, "SIGKILL");
      await gone(grandchild);
    }
  });

  it("stopasgroup: a member that ignores the signal is killed after stopwaitsecs", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      web: { ...family(deafMember), startsecs: 0, stopasgroup: true, stopwaitsecs: 0.3 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    const begun = performance.now();
    await supervisor.stop("web");
    assert.ok(performance.now() - begun >= 300);
    assert.ok(!alive(grandchild));
    assert.equal((await next("PROCESS_STATE_STOPPED")).exitstatus, 0); // that of the process itself
  });

  it("stopasgroup: nobody is asked twice", async (t) => {
    const twice = `trap 'echo member got TERM >$CHANNEL' TERM; echo member $$ >$CHANNEL; ${stay}; ${stay}`;
    const { supervisor, channel } = supervise(t, {
      web: { ...family(twice), startsecs: 0, stopasgroup: true, stopwaitsecs: 0.5 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([channel.pid("leader"), channel.pid("member")]);
    await supervisor.stop("web");
    await Promise.all([channel.hear(/^leader got TERM$/), channel.hear(/^member got TERM$/)]);
    assert.ok(!alive(grandchild));
    assert.deepEqual(channel.rest, []);
  });

  it("stopasgroup: a member may finish its cleanup after the process is gone", async (t) => {
    const slow = `trap '
      while kill -0 $LEADER; do :; done 2>/dev/null
      sleep 0.2; echo cleaned >$CHANNEL; exit 0
    ' TERM; echo member $$ >$CHANNEL; ${stay}`;
    const { supervisor, channel } = supervise(t, {
      web: { ...family(slow), startsecs: 0, stopasgroup: true, stopwaitsecs: 30 },
    });
    await supervisor.start();
    await Promise.all([channel.pid("leader"), channel.pid("member")]);
    const begun = performance.now();
    await supervisor.stop("web");
    assert.ok(performance.now() - begun < 10_000, "it waited for no one");
    await channel.hear(/^leader got TERM$/);
    await channel.hear(/^cleaned$/);
  });

  it("an exit: EXITED is not delayed by a grandchild that holds the pipes", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      web: {
        command: sh("sleep 1000 & echo member $! >$CHANNEL; exit 3"),
        startsecs: 0,
        autorestart: false,
        sweep: false,
      },
    });
    await supervisor.start();
    const grandchild = await channel.pid("member");
    try {
      assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 3);
      assert.ok(alive(grandchild));
    } finally {
      process.kill(grandchild, "SIGKILL");
      await gone(grandchild);
    }
  });

  it("an exit: what it left is gone before it starts again", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        command: sh(
          `read old <$CHANNEL.old && case $(cut -d ' ' -f 3 /proc/$old/stat) in [!ZX]) echo overlap >$CHANNEL; esac
          sleep 1000 & echo $! >$CHANNEL.old; echo member $! >$CHANNEL
          [ "$old" ] || exit 1; exec sleep 1000`,
        ),
        startsecs: 0,
      },
    });
    await supervisor.start();
    const first = await channel.pid("member");
    await channel.pid("member");
    assert.ok(!alive(first));
    assert.deepEqual(channel.rest, []);
  });

  it("stop: waits for the sweep of a process that has ended by itself", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      web: {
        command: sh("sleep 1000 & echo member $! >$CHANNEL"),
        startsecs: 0,
        autorestart: false,
      },
    });
    await supervisor.start();
    const grandchild = await channel.pid("member");
    await next("PROCESS_STATE_EXITED");
    await supervisor.stop("web");
    assert.ok(!alive(grandchild));
  });

  it("an early end: what it left is gone when it is FATAL", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      web: {
        command: sh("sleep 1000 & echo member $! >$CHANNEL; exit 1"),
        startsecs: 30,
        startretries: 0,
      },
    });
    supervisor.start().catch(() => {});
    const grandchild = await channel.pid("member");
    await next("PROCESS_STATE_FATAL");
    assert.ok(!alive(grandchild));
  });
});
