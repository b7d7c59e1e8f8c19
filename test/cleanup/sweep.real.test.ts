import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alive, gone } from "../support/processes.ts";
import { sh, stay, supervise } from "../support/real-supervisor.ts";

// a process and a child of its own, which tell of themselves and of what they hear
const member = `trap 'echo member got TERM >$EAR; exit 0' TERM; echo member $$ >$EAR; ${stay}`;
const deaf = `trap '' TERM`;
const deafMember = `${deaf}; echo member $$ >$EAR; ${stay}`;
const leader = `trap 'echo leader got TERM >$EAR; exit 0' TERM`;
const family = (one: string, first = leader) => ({
  command: sh(`LEADER=$$ sh -c "$MEMBER" & ${first}; echo leader $$ >$EAR; ${stay}`),
  environment: { MEMBER: one },
});

describe("the process group of a real process", () => {
  it("stop: the process gets the signal, and when it is gone the rest of its group", async (t) => {
    const heir = `trap 'kill -0 $LEADER 2>/dev/null && echo too early >$EAR; echo member got TERM >$EAR; exit 0' TERM; echo member $$ >$EAR; ${stay}`;
    const { supervisor, ear } = supervise(t, { web: { ...family(heir), startsecs: 0 } });
    await supervisor.start();
    const [pid, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
    assert.ok(alive(pid) && alive(grandchild));
    await supervisor.stop("web");
    await ear.hear(/^leader got TERM$/);
    await ear.hear(/^member got TERM$/);
    assert.ok(!alive(pid) && !alive(grandchild));
    assert.deepEqual(ear.rest, []);
  });

  it("stop: a member that ignores the signal is killed when stopwaitsecs are over", async (t) => {
    const { supervisor, ear } = supervise(t, {
      web: { ...family(deafMember), startsecs: 0, stopwaitsecs: 0.3 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
    const begun = performance.now();
    await supervisor.stop("web");
    assert.ok(performance.now() - begun >= 300);
    assert.ok(!alive(grandchild));
  });

  it("stop: after SIGKILL to the process nobody is asked any more", async (t) => {
    const { supervisor, ear } = supervise(t, {
      web: { ...family(member, deaf), startsecs: 0, stopwaitsecs: 0.1 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
    await supervisor.stop("web");
    assert.ok(!alive(grandchild));
    assert.deepEqual(ear.rest, []);
  });

  it("an exit: what it left is killed without being asked", async (t) => {
    const { supervisor, ear, next } = supervise(t, {
      web: {
        command: sh(`sh -c "$MEMBER" & read -r go <$EAR.never; exit 3`),
        environment: { MEMBER: member },
        startsecs: 0,
        autorestart: false,
      },
    });
    await supervisor.start();
    const grandchild = await ear.pid("member");
    await supervisor.signal("web", "KILL");
    await next("PROCESS_STATE_EXITED");
    await supervisor.stop("web");
    assert.ok(!alive(grandchild));
    assert.deepEqual(ear.rest, []);
  });

  for (const [sweep, isAsked] of [
    [true, true],
    ["group", false],
  ] as const) {
    it(`stop with sweep ${sweep}: one in a session of its own is ${isAsked ? "" : "not "}asked`, async (t) => {
      const { supervisor, ear } = supervise(t, {
        web: {
          command: sh(`setsid sh -c "$MEMBER" & ${leader}; echo leader $$ >$EAR; ${stay}`),
          environment: { MEMBER: member },
          startsecs: 0,
          sweep,
        },
      });
      await supervisor.start();
      const [, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
      await supervisor.stop("web");
      await ear.hear(/^leader got TERM$/);
      if (!isAsked) process.kill(grandchild, "SIGTERM");
      await ear.hear(/^member got TERM$/);
      await gone(grandchild);
      assert.deepEqual(ear.rest, []);
    });
  }

  it("stop: a server with threads is asked once", async (t) => {
    const server = `
      import { writeFileSync } from "node:fs";
      process.on("SIGTERM", () => {
        writeFileSync(process.env.EAR, "server got TERM\\n");
        setTimeout(() => process.exit(), 100);
      });
      writeFileSync(process.env.EAR, "server " + process.pid + "\\n");
      setInterval(Boolean, 1000);`;
    const { supervisor, ear } = supervise(t, {
      web: {
        command: sh(`"$NODE" --input-type=module -e "$SERVER"; true`),
        environment: { NODE: process.execPath, SERVER: server },
        startsecs: 0,
      },
    });
    await supervisor.start();
    await ear.pid("server");
    await supervisor.stop("web");
    await ear.hear(/^server got TERM$/);
    assert.deepEqual(ear.rest, []);
  });

  it("stop: the last words of a server behind a shell are logged", async (t) => {
    const server = `trap 'echo closing; sleep 0.2; echo closed; exit 0' TERM; echo up; echo member $$ >$EAR; ${stay}`;
    const { supervisor, ear } = supervise(t, {
      web: { command: sh(`sh -c "$MEMBER"; true`), environment: { MEMBER: server }, startsecs: 0 },
    });
    await supervisor.start();
    await ear.pid("member");
    await supervisor.stop("web");
    assert.equal(String(await supervisor.tail("web")), "up\nclosing\nclosed\n");
  });

  it("stop without sweep: the rest of its group stays", async (t) => {
    const { supervisor, ear } = supervise(t, {
      web: { ...family(member), startsecs: 0, sweep: false },
    });
    await supervisor.start();
    const [pid, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
    try {
      await supervisor.stop("web");
      assert.ok(!alive(pid));
      assert.ok(alive(grandchild));
    } finally {
      process.kill(-pid, "SIGTERM"); // the group is still theirs
    }
    await ear.hear(/^member got TERM$/);
    await gone(grandchild);
  });

  for (const sweep of [true, false]) {
    it(`stopasgroup, sweep ${sweep}: the whole group gets the signal`, async (t) => {
      const { supervisor, ear } = supervise(t, {
        web: { ...family(member), startsecs: 0, stopasgroup: true, sweep },
      });
      await supervisor.start();
      const [, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
      await supervisor.stop("web");
      await Promise.all([ear.hear(/^leader got TERM$/), ear.hear(/^member got TERM$/)]);
      await gone(grandchild);
    });

    it(`killasgroup, sweep ${sweep}: SIGKILL after stopwaitsecs ends the whole group`, async (t) => {
      const { supervisor, ear } = supervise(t, {
        web: {
          ...family(deafMember, deaf),
          startsecs: 0,
          stopwaitsecs: 0.1,
          killasgroup: true,
          sweep,
        },
      });
      await supervisor.start();
      const [pid, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
      await supervisor.stop("web");
      assert.ok(!alive(pid));
      if (sweep) assert.ok(!alive(grandchild));
      else await gone(grandchild);
    });
  }

  it("neither killasgroup nor sweep: SIGKILL ends the process alone", async (t) => {
    const { supervisor, ear } = supervise(t, {
      web: {
        ...family(deafMember, deaf),
        startsecs: 0,
        stopwaitsecs: 0.1,
        sweep: false,
      },
    });
    await supervisor.start();
    const [pid, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
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
    const { supervisor, ear, next } = supervise(t, {
      web: { ...family(deafMember), startsecs: 0, stopasgroup: true, stopwaitsecs: 0.3 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
    const begun = performance.now();
    await supervisor.stop("web");
    assert.ok(performance.now() - begun >= 300);
    assert.ok(!alive(grandchild));
    assert.equal((await next("PROCESS_STATE_STOPPED")).exitstatus, 0); // that of the process itself
  });

  it("stopasgroup: nobody is asked twice", async (t) => {
    const twice = `trap 'echo member got TERM >$EAR' TERM; echo member $$ >$EAR; ${stay}; ${stay}`;
    const { supervisor, ear } = supervise(t, {
      web: { ...family(twice), startsecs: 0, stopasgroup: true, stopwaitsecs: 0.5 },
    });
    await supervisor.start();
    const [, grandchild] = await Promise.all([ear.pid("leader"), ear.pid("member")]);
    await supervisor.stop("web");
    await Promise.all([ear.hear(/^leader got TERM$/), ear.hear(/^member got TERM$/)]);
    assert.ok(!alive(grandchild));
    assert.deepEqual(ear.rest, []);
  });

  it("stopasgroup: a member may finish its cleanup after the process is gone", async (t) => {
    const slow = `trap '
      while kill -0 $LEADER; do :; done 2>/dev/null
      sleep 0.2; echo cleaned >$EAR; exit 0
    ' TERM; echo member $$ >$EAR; ${stay}`;
    const { supervisor, ear } = supervise(t, {
      web: { ...family(slow), startsecs: 0, stopasgroup: true, stopwaitsecs: 30 },
    });
    await supervisor.start();
    await Promise.all([ear.pid("leader"), ear.pid("member")]);
    const begun = performance.now();
    await supervisor.stop("web");
    assert.ok(performance.now() - begun < 10_000, "it waited for no one");
    await ear.hear(/^leader got TERM$/);
    await ear.hear(/^cleaned$/);
  });

  it("an exit: EXITED is not delayed by a grandchild that holds the pipes", async (t) => {
    const { supervisor, ear, next } = supervise(t, {
      web: {
        command: sh("sleep 1000 & echo member $! >$EAR; exit 3"),
        startsecs: 0,
        autorestart: false,
        sweep: false,
      },
    });
    await supervisor.start();
    const grandchild = await ear.pid("member");
    try {
      assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 3);
      assert.ok(alive(grandchild));
    } finally {
      process.kill(grandchild, "SIGKILL");
      await gone(grandchild);
    }
  });

  it("an exit: what it left is gone before it starts again", async (t) => {
    const { supervisor, ear } = supervise(t, {
      web: {
        command: sh(
          `read old <$EAR.old && case $(cut -d ' ' -f 3 /proc/$old/stat) in [!ZX]) echo overlap >$EAR; esac
          sleep 1000 & echo $! >$EAR.old; echo member $! >$EAR
          [ "$old" ] || exit 1; exec sleep 1000`,
        ),
        startsecs: 0,
      },
    });
    await supervisor.start();
    const first = await ear.pid("member");
    await ear.pid("member");
    assert.ok(!alive(first));
    assert.deepEqual(ear.rest, []);
  });

  it("stop: waits for the sweep of a process that has ended by itself", async (t) => {
    const { supervisor, ear, next } = supervise(t, {
      web: {
        command: sh("sleep 1000 & echo member $! >$EAR"),
        startsecs: 0,
        autorestart: false,
      },
    });
    await supervisor.start();
    const grandchild = await ear.pid("member");
    await next("PROCESS_STATE_EXITED");
    await supervisor.stop("web");
    assert.ok(!alive(grandchild));
  });

  it("an early end: what it left is gone when it is FATAL", async (t) => {
    const { supervisor, ear, next } = supervise(t, {
      web: {
        command: sh("sleep 1000 & echo member $! >$EAR; exit 1"),
        startsecs: 30,
        startretries: 0,
      },
    });
    supervisor.start().catch(() => {});
    const grandchild = await ear.pid("member");
    await next("PROCESS_STATE_FATAL");
    assert.ok(!alive(grandchild));
  });
});
