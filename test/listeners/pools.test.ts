/** Who gets which events, in virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SettingsError, Supervisor, type ProgramSettings } from "../../src/index.ts";
import { FakeClock, FakeSpawner } from "../../src/testing/index.ts";
import { Stage } from "../support/helpers.ts";

/** The events that a listener gets which takes all it can have: name, serial, and the payload. */
class Office extends Stage {
  readonly mail = new Map<string, string[]>();

  /** Has every listener of these names ask, and answer, for ever. */
  open(...names: string[]): void {
    for (const name of names) {
      const child = this.spawner.of(name);
      const got: string[] = [];
      this.mail.set(name, got);
      const write = child.write.bind(child);
      child.write = (chunk, done) => {
        write(chunk, done);
        const [head = "", ...body] = Buffer.from(chunk).toString().split("\n");
        const [, serial, type, length] =
          / serial:(\d+) .* eventname:(\S+) len:(\d+)/.exec(head) ?? [];
        const payload = body.join("\n");
        assert.equal(Array.from(payload).length, Number(length));
        got.push(`${serial} ${type} ${JSON.stringify(payload)}`);
        queueMicrotask(() => child.print("RESULT 2\nOKREADY\n"));
      };
      child.print("READY\n");
    }
  }

  /** What came since the last call. */
  async got(name: string): Promise<string[]> {
    await this.pass(0);
    return this.mail.get(name)?.splice(0) ?? [];
  }
}

const all: ProgramSettings = { command: "el", events: ["EVENT"], startsecs: 0, buffer_size: 100 };

describe("Event listeners", () => {
  it("hear of a life from its beginning: first of their own group, then in order", async () => {
    const office = new Office({ programs: { p: { command: "p", startsecs: 1 }, el: all, a: all } });
    void office.supervisor.start();
    await office.pass(0);
    office.open("el", "a");
    assert.deepEqual(await office.got("el"), [
      `1 PROCESS_GROUP_ADDED "groupname:el\\n"`,
      `2 PROCESS_GROUP_ADDED "groupname:p\\n"`,
      `3 SUPERVISOR_STATE_CHANGE_RUNNING ""`,
      `4 PROCESS_STATE_STARTING "processname:a groupname:a from_state:STOPPED tries:0"`,
      `5 PROCESS_STATE_RUNNING "processname:a groupname:a from_state:STARTING pid:101"`,
      `6 PROCESS_STATE_STARTING "processname:el groupname:el from_state:STOPPED tries:0"`,
      `7 PROCESS_STATE_RUNNING "processname:el groupname:el from_state:STARTING pid:102"`,
      `8 PROCESS_STATE_STARTING "processname:p groupname:p from_state:STOPPED tries:0"`,
    ]);
    assert.equal((await office.got("a"))[0], `0 PROCESS_GROUP_ADDED "groupname:a\\n"`);
  });

  it("are not sent the messages of processes, which supervisord does not have", async () => {
    const p = { command: "p", ipc: true, autostart: false };
    const office = new Office({ programs: { p, el: all } });
    await office.up();
    office.open("el");
    await office.up("p");
    await office.got("el");
    let count = 0;
    office.supervisor.on("PROCESS_MESSAGE", () => count++);
    office.spawner.of("p").message("hello");
    assert.deepEqual([await office.got("el"), count], [[], 1]);
  });

  it("get what each event says in supervisord, and no more", async () => {
    const p = {
      command: "p",
      startretries: 0,
      stderr_events_enabled: true,
      stdout_capture_maxbytes: 99,
    };
    const office = new Office({ programs: { p: { ...p, autostart: false }, el: all } });
    await office.up();
    office.open("el");
    await office.got("el");
    const { supervisor, spawner } = office;
    supervisor.start("p").catch(() => {});
    await office.pass(0);
    spawner.of("p").print("oh\n", "stderr");
    spawner.of("p").print("<!--XSUPERVISOR:BEGIN-->caf\u00E9<!--XSUPERVISOR:END-->");
    spawner.of("p").exit(1);
    await office.pass(0);
    supervisor.sendRemoteCommEvent("", "");
    const types = (await office.got("el")).map((line) => line.replace(/^\d+ /, ""));
    const who = "processname:p groupname:p";
    assert.deepEqual(types, [
      `PROCESS_STATE_STARTING "${who} from_state:STOPPED tries:0"`,
      `PROCESS_LOG_STDERR "${who} pid:102 channel:stderr\\noh\\n"`,
      `PROCESS_COMMUNICATION_STDOUT "${who} pid:102\\ncafé"`,
      `PROCESS_STATE_BACKOFF "${who} from_state:STARTING tries:1"`,
      `PROCESS_STATE_FATAL "${who} from_state:BACKOFF"`,
      `REMOTE_COMMUNICATION "type:\\n"`,
    ]);
    void supervisor.start("p");
    await office.pass(1000);
    await office.got("el");
    spawner.of("p").exit(null, "SIGKILL");
    await office.pass(0);
    assert.match(
      String(await office.got("el")),
      /EXITED "processname:p groupname:p from_state:RUNNING expected:0 pid:103"/,
    );
  });

  it("have no events that supervisord does not have, and these count nowhere", async () => {
    const office = new Office({ programs: { el: all } });
    office.supervisor.on("ACTIVITY", () => {});
    await office.up();
    office.open("el");
    const before = await office.got("el");
    assert.deepEqual(
      before.map((line) => Number(line.split(" ")[0])),
      before.map((_, i) => i),
    );
    assert.ok(before.every((line) => !line.includes("ACTIVITY")));
  });

  it("get an event once for each entry that means it, with the same serials", async () => {
    const events = ["remote_communication", "Event", "EVENT"];
    const office = new Office({ programs: { el: { ...all, events } } });
    await office.up();
    office.open("el");
    await office.got("el");
    office.supervisor.sendRemoteCommEvent("t", "x");
    const [one = "", two, ...more] = await office.got("el");
    assert.match(one, /^\d+ REMOTE_COMMUNICATION "type:t\\nx"$/);
    assert.deepEqual([two, more], [one, []]);
  });

  it("hear of ticks although nobody in the host does", async () => {
    const office = new Office({ programs: { el: { ...all, events: ["TICK_60"] } } });
    await office.up();
    office.open("el");
    assert.deepEqual(await office.got("el"), []);
    await office.pass(60_000);
    const [tick = ""] = await office.got("el");
    assert.match(tick, /^0 TICK_60 "when:\d+"$/);
    assert.equal(Number(tick.match(/when:(\d+)/)?.[1]) % 60, 0);
    await office.supervisor.remove("el");
    assert.equal(office.clock.pending, 0, "nobody needs a timer any more");
  });

  it("stop last, and hear of all that stops before them", async () => {
    const programs = { p: { command: "p", priority: 1 }, q: { command: "q" }, el: all };
    const office = new Office({ programs });
    await office.up();
    office.open("el");
    await office.got("el");
    assert.deepEqual(await office.supervisor.shutdown(), []);
    const lines = office.mail
      .get("el")
      ?.map((line) => line.replace(/^\d+ (\S+) "(?:processname:(\w+) )?.*/, "$1 $2"));
    assert.deepEqual(lines, [
      "SUPERVISOR_STATE_CHANGE_STOPPING ",
      "PROCESS_STATE_STOPPING q",
      "PROCESS_STATE_STOPPED q",
      "PROCESS_STATE_STOPPING p",
      "PROCESS_STATE_STOPPED p",
    ]);
    assert.equal(office.clock.pending, 0);
  });

  it("hear of what is sent while the supervisor shuts down", async () => {
    const office = new Office({
      programs: { p: { command: "p" }, el: { ...all, events: ["REMOTE_COMMUNICATION"] } },
    });
    await office.up();
    office.open("el");
    office.spawner.stubborn.add("p");
    const down = office.supervisor.shutdown();
    await office.pass(0);
    office.supervisor.sendRemoteCommEvent("t", "late");
    assert.equal((await office.got("el")).length, 1);
    await office.pass(10_000);
    await down;
    office.supervisor.sendRemoteCommEvent("t", "too late");
  });

  for (const change of [{ events: ["TICK"] }, { buffer_size: 7 }]) {
    const key = Object.keys(change).join("");
    it(`are another group when ${key} changes`, async () => {
      const office = new Office({ programs: { el: all } });
      await office.up();
      office.events.length = 0;
      const settings = { programs: { el: { ...all, ...change } } };
      assert.deepEqual((await office.supervisor.reread(settings)).changed, ["el"]);
      assert.deepEqual(await office.supervisor.update(settings), {
        added: [],
        changed: ["el"],
        removed: [],
      });
      assert.deepEqual(office.groups(), ["el REMOVED", "el ADDED"]);
    });
  }

  it("begin to listen, and cease, with an update", async () => {
    const office = new Office({ programs: { p: { command: "p" } } });
    await office.up();
    await office.supervisor.update({ programs: { p: { command: "p" }, el: all } });
    await office.pass(0);
    office.open("el");
    const first = await office.got("el");
    assert.equal(first[0], `0 PROCESS_GROUP_ADDED "groupname:el\\n"`);
    const child = office.spawner.of("el");
    await office.supervisor.update({ programs: { p: { command: "p" } } });
    assert.ok(!child.written.at(-1)?.includes("REMOVED"), "it does not hear of its own end");
    assert.equal(office.clock.pending, 0);
  });

  it("hear of things although they were started before the supervisor was", async () => {
    const office = new Office({ programs: { el: { ...all, events: ["REMOTE_COMMUNICATION"] } } });
    void office.supervisor.programs.get("el")?.start();
    await office.pass(0);
    office.open("el");
    office.supervisor.sendRemoteCommEvent("t", "before");
    await office.supervisor.start();
    office.supervisor.sendRemoteCommEvent("t", "after");
    assert.deepEqual(await office.got("el"), [
      `0 REMOTE_COMMUNICATION "type:t\\nbefore"`,
      `1 REMOTE_COMMUNICATION "type:t\\nafter"`,
    ]);
  });

  it("say nothing more when the supervisor has shut down", async () => {
    const office = new Office({ programs: { el: all } });
    await office.up();
    const child = office.spawner.of("el");
    await office.supervisor.shutdown();
    child.print("READY\n"); // somebody has its standard output still
    office.supervisor.sendRemoteCommEvent("t", "x");
    assert.deepEqual(child.written, []);
    assert.equal(office.clock.pending, 0);
  });

  it("are not changed by the same events in another order or case", async () => {
    const events = ["TICK", "PROCESS_STATE"];
    const office = new Office({ programs: { el: { ...all, events } } });
    await office.up();
    const { pid } = office.spawner.of("el");
    await office.supervisor.update({
      programs: { el: { ...all, events: ["process_state", "Tick"] } },
    });
    assert.equal(office.supervisor.process("el")?.pid, pid);
  });
});

describe("The settings of event listeners", () => {
  const refused = (programs: Record<string, ProgramSettings>, groups = {}): string[] => {
    try {
      const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
      void new Supervisor({ programs, groups }, io);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    }
    return [];
  };

  it("refuse what is no event type, and say what was meant", () => {
    assert.deepEqual(refused({ el: { command: "el", events: ["TICK_5", "PROCES_STATE", "x"] } }), [
      'programs.el.events.1: there is no event type "PROCES_STATE"; did you mean "PROCESS_STATE"?',
      'programs.el.events.2: there is no event type "x"',
    ]);
    for (const name of ["LOGFILE", "PROCESS_MESSAGE", "GUARDIAN_LOST", "ACTIVITY", "CGROUP_FAILED"])
      assert.equal(refused({ el: { command: "el", events: [name] } }).length, 1, name);
    assert.deepEqual(refused({ el: { command: "el", events: ["tick_5", " EVENT"] } }).length, 1);
  });

  it("refuse redirect_stderr, a socket, and a buffer_size below 1", () => {
    const events = ["EVENT"];
    assert.deepEqual(refused({ el: { command: "el", events, redirect_stderr: true } }), [
      "programs.el.redirect_stderr: expected false: an event listener answers on its standard output, got true",
    ]);
    assert.equal(refused({ el: { command: "el", events, buffer_size: 0 } }).length, 1);
    assert.equal(refused({ el: { command: "el", events, socket: "tcp://:9000" } }).length, 1);
    assert.equal(refused({ el: { command: "el", events: [] } }).length, 1);
  });

  it("refuse to have them in a group of others", () => {
    assert.deepEqual(
      refused({ el: { command: "el", events: ["EVENT"] } }, { g: { programs: ["el"] } }),
      ['groups.g.programs.0: the event listener "el" is a group of its own'],
    );
  });
});
