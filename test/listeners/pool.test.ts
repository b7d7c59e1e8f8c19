/** Pools in virtual time: the listeners are fakes that say what the test has them say. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Supervisor,
  type ChildEvents,
  type Command,
  type Outputs,
  type ProgramSettings,
  type SupervisorSettings,
} from "../../src/index.ts";
import { FakeClock, FakeSpawner, type FakeChild } from "../../src/testing/index.ts";
import { Stage } from "../support/helpers.ts";

const remote = { command: "el", events: ["REMOTE_COMMUNICATION"], startsecs: 0 };

/** A stage with event listeners, and the activity log of pools. */
class Hall extends Stage {
  readonly log: string[] = [];

  constructor(programs: Record<string, ProgramSettings>, whole: SupervisorSettings = {}) {
    super({ ...whole, programs });
    this.supervisor.on("ACTIVITY", ({ level, message }) => {
      if (!/^(?:spawned|success|exited|stopped|waiting)/.test(message))
        this.log.push(`${level} ${message}`);
    });
  }

  /** Has everything start, and every listener of the name say READY. */
  async ready(...names: string[]): Promise<void> {
    await this.up();
    for (const name of names) this.child(name).print("READY\n");
    this.log.length = 0;
  }

  child(name: string): FakeChild {
    return this.spawner.of(name);
  }

  send(data: string): void {
    this.supervisor.sendRemoteCommEvent("t", data);
  }

  /** `0/0 one`: serial, serial of the pool, and data of each event it got since the last call. */
  got(name: string): string[] {
    return this.child(name)
      .written.splice(0)
      .map((text) => {
        const [, serial, poolserial, data] =
          /serial:(\d+) pool:\S+ poolserial:(\d+) .*\n(?:type:t\n)?(.*)/.exec(text) ?? [];
        return `${serial}/${poolserial} ${data}`;
      });
  }

  /** The types of the events it got since the last call. */
  heard(name: string): string[] {
    return this.child(name)
      .written.splice(0)
      .map((text) => /eventname:(\S+)/.exec(text)?.[1] ?? "");
  }
}

/** Answers each event at once, on a later turn. */
function obliging(child: FakeChild, answer = "RESULT 2\nOKREADY\n"): void {
  const write = child.write.bind(child);
  child.write = (chunk, done) => {
    write(chunk, done);
    setImmediate(() => child.print(answer));
  };
}

describe("A pool of event listeners", () => {
  it("sends an event to one that has asked for it, in supervisord's envelope", async () => {
    const hall = new Hall({ el: remote }, { identifier: "lab" });
    await hall.ready("el");
    hall.send("aéé");
    assert.deepEqual(hall.child("el").written, [
      "ver:3.0 server:lab serial:0 pool:el poolserial:0 eventname:REMOTE_COMMUNICATION len:10\ntype:t\naéé",
    ]);
    hall.child("el").print("RESULT 2\nOK");
    assert.deepEqual(hall.log, [
      "DEBG event 0 sent to listener el",
      "DEBG el: event was processed",
      "DEBG el: BUSY -> ACKNOWLEDGED",
    ]);
    await hall.supervisor.shutdown();
    assert.equal(hall.clock.pending, 0);
  });

  it("keeps what comes before somebody asks", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready();
    for (const data of ["a", "b"]) hall.send(data);
    assert.deepEqual(hall.got("el"), []);
    hall.child("el").print("REA");
    hall.child("el").print("DY\n");
    assert.deepEqual(hall.got("el"), ["0/0 a"]);
    hall.child("el").print("RESULT 2\nOKREADY\n");
    assert.deepEqual(hall.got("el"), ["1/1 b"]);
    assert.ok(hall.log.includes("DEBG el: ACKNOWLEDGED -> READY"));
  });

  it("sends nothing before the process is RUNNING, and then at once", async () => {
    const hall = new Hall({ el: { ...remote, startsecs: 3 } });
    void hall.supervisor.start();
    await hall.pass(0);
    hall.child("el").print("READY\n");
    hall.send("early");
    await hall.pass(2999);
    assert.deepEqual(hall.got("el"), []);
    await hall.pass(1);
    assert.deepEqual(hall.got("el"), ["0/0 early"]);
  });

  it("drops the oldest when more wait than buffer_size, and says so", async () => {
    const hall = new Hall({ el: { ...remote, buffer_size: 3, autostart: false } });
    await hall.up();
    for (const data of "12345") hall.send(data);
    assert.deepEqual(hall.log, [
      "ERRO pool el event buffer overflowed, discarding event 0",
      "ERRO pool el event buffer overflowed, discarding event 1",
    ]);
    await hall.supervisor.start("el");
    obliging(hall.child("el"));
    hall.child("el").print("READY\n");
    for (let i = 0; i < 9; i++) await hall.pass(0);
    assert.deepEqual(hall.got("el"), ["2/2 3", "3/3 4", "4/4 5"]);
  });

  it("does not count the event that somebody has in hand", async () => {
    const hall = new Hall({ el: { ...remote, buffer_size: 1 } });
    await hall.ready("el");
    hall.send("in hand");
    hall.send("waiting");
    assert.ok(!hall.log.some((line) => line.startsWith("ERRO")));
    hall.child("el").print("RESULT 4\nFAIL"); // and now there is one too many
    assert.ok(hall.log.includes("ERRO pool el event buffer overflowed, discarding event 1"));
    await hall.pass(0);
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["0/0 in hand", "0/0 in hand"]);
  });

  for (const answer of ["FAIL", "MAYBE", ""]) {
    it(`sends an event again, before all others, when the answer is ${JSON.stringify(answer)}`, async () => {
      const hall = new Hall({ el: remote });
      await hall.ready("el");
      hall.send("one");
      hall.send("two");
      assert.deepEqual(hall.got("el"), ["0/0 one"]);
      hall.child("el").print(`RESULT ${answer.length}\n${answer}READY\n`);
      assert.deepEqual(hall.got("el"), [], "not on the same turn of the loop");
      await hall.pass(0);
      assert.deepEqual(hall.got("el"), ["0/0 one"]);
      hall.child("el").print("RESULT 2\nOKREADY\n");
      assert.deepEqual(hall.got("el"), ["1/1 two"]);
      assert.deepEqual(
        hall.log.filter((line) => /reject|rebuffer/.test(line)),
        [
          "WARN el: event was rejected",
          "DEBG rebuffering event 0 for pool el (buf size=1, max=10)",
        ],
      );
    });
  }

  it("leaves the host its turns where a listener refuses everything", async () => {
    const hall = new Hall({ el: { ...remote, buffer_size: 100 } });
    await hall.ready("el");
    obliging(hall.child("el"), "RESULT 4\nFAILREADY\n");
    for (let i = 0; i < 50; i++) hall.send("never");
    for (let i = 0; i < 10; i++) await hall.pass(0);
    const times = hall.got("el").length;
    assert.ok(times > 1 && times <= 11, `${times} times in 10 turns`);
  });

  it("sends a rejected event again at once, then after pauses that grow to a minute", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.send("never");
    const seconds: number[] = [];
    const begin = hall.clock.now();
    for (let i = 0; i < 11; i++) {
      while (hall.child("el").written.length === 0) await hall.pass(500);
      assert.deepEqual(hall.got("el"), ["0/0 never"]);
      seconds.push((hall.clock.now() - begin) / 1000);
      hall.child("el").print("RESULT 4\nFAILREADY\n");
      await hall.pass(0);
    }
    assert.deepEqual(seconds, [0, 0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    await hall.supervisor.shutdown();
    assert.equal(hall.clock.pending, 0);
  });

  it("holds up no other event while a rejected one waits", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    const say = async (answer: string) => {
      hall.child("el").print(`RESULT ${answer.length}\n${answer}READY\n`);
      await hall.pass(0);
    };
    hall.send("poison");
    await say("FAIL");
    await say("FAIL"); // and now it waits for a second
    assert.deepEqual(hall.got("el"), ["0/0 poison", "0/0 poison"]);
    for (const data of ["one", "two"]) hall.send(data);
    assert.deepEqual(hall.got("el"), ["1/1 one"]);
    await say("OK");
    await say("OK");
    assert.deepEqual(hall.got("el"), ["2/2 two"]);
    await hall.pass(999);
    assert.deepEqual(hall.got("el"), []);
    await hall.pass(1);
    assert.deepEqual(
      hall.got("el"),
      ["0/0 poison"],
      "after its own pause, whatever came meanwhile",
    );
    await say("OK");
    hall.send("three");
    await say("FAIL");
    assert.deepEqual(hall.got("el"), ["3/3 three", "3/3 three"], "a pause is of one event");
  });

  it("counts what waits for its pause, and drops it first", async () => {
    const hall = new Hall({ el: { ...remote, buffer_size: 1 } });
    await hall.ready("el");
    hall.send("poison");
    for (let i = 0; i < 2; i++) {
      hall.child("el").print("RESULT 4\nFAIL");
      await hall.pass(0);
      if (i === 0) hall.child("el").print("READY\n");
    }
    hall.send("one");
    assert.ok(hall.log.includes("ERRO pool el event buffer overflowed, discarding event 0"));
    hall.child("el").print("READY\n");
    await hall.pass(60_000);
    assert.deepEqual(hall.got("el").slice(2), ["1/1 one"]);
  });

  it("takes any well-formed result as OK where a function in Python would judge it", async () => {
    const hall = new Hall({ el: { ...remote, result_handler: "relay:show" } });
    await hall.ready("el");
    for (const data of ["one", "two", "three"]) hall.send(data);
    hall.child("el").print("RESULT 8\na line \nREADY\n");
    hall.child("el").print("RESULT 0\nREADY\n");
    hall.child("el").print("no result\n");
    assert.deepEqual(hall.got("el"), ["0/0 one", "1/1 two", "2/2 three"]);
    assert.deepEqual(
      hall.log.filter((line) => /processed|rejected|bad result/.test(line)),
      [
        "DEBG el: event was processed",
        "DEBG el: event was processed",
        "WARN el: bad result line: 'no result'",
      ],
    );
    assert.equal(hall.supervisor.process("el")?.state, "RUNNING");
  });

  it("never speaks again to one that breaks the protocol, until it is started again", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.send("one");
    hall.send("two");
    hall.child("el").print("HELLO THERE\n");
    hall.child("el").print("READY\n");
    await hall.pass(0);
    assert.deepEqual(hall.got("el"), ["0/0 one"]);
    assert.equal(hall.supervisor.process("el")?.state, "RUNNING");
    assert.deepEqual(hall.log.slice(1), [
      "WARN el: bad result line: 'HELLO THERE'",
      "DEBG el: BUSY -> UNKNOWN",
      "WARN el: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol",
      "DEBG rebuffering event 0 for pool el (buf size=1, max=10)",
    ]);
    void hall.supervisor.restart("el");
    await hall.pass(0);
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["0/0 one"]);
  });

  it("shows a bad line as text", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.send("one");
    hall.child("el").print("é\n");
    assert.ok(hall.log.includes("WARN el: bad result line: 'é'"));
  });

  it("takes what one says without being asked as the end of it, and keeps the events", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.child("el").print("boo\n");
    hall.send("one");
    assert.deepEqual(hall.got("el"), []);
    assert.equal(hall.log[0], "DEBG el: READY -> UNKNOWN");
    hall.child("el").exit(1);
    await hall.pass(0);
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["0/0 one"]);
  });

  it("gives the event of one that dies to the next, with the same serials", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.send("one");
    hall.send("two");
    const first = hall.child("el");
    first.print("RESU"); // too late
    first.exit(3);
    await hall.pass(0);
    assert.notEqual(hall.child("el"), first);
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["0/0 one"]);
    assert.ok(!hall.log.includes("WARN el: event was rejected"));
  });

  it("gives back what one had in hand that was stopped", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.send("one");
    await hall.supervisor.stop("el");
    await hall.supervisor.start("el");
    await hall.pass(0);
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["0/0 one"]);
  });

  it("takes the answer of one that is being stopped", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.spawner.stubborn.add("el");
    hall.send("one");
    const stopped = hall.supervisor.stop("el");
    await hall.pass(0);
    hall.child("el").print("RESULT 2\nOKREADY\n");
    hall.send("two");
    assert.deepEqual(hall.got("el"), ["0/0 one"], "STOPPING: nothing more is sent to it");
    await hall.pass(10_000);
    await stopped;
    await hall.supervisor.start("el");
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["1/1 two"]);
  });

  it("gives the next event to the next process that is free", async () => {
    const process_name = "el_%(process_num)d";
    const hall = new Hall({ el: { ...remote, numprocs: 2, process_name } });
    await hall.ready("el:el_0", "el:el_1");
    for (const data of "1234") hall.send(data);
    assert.deepEqual([hall.got("el:el_0"), hall.got("el:el_1")], [["0/0 1"], ["1/1 2"]]);
    hall.child("el:el_1").print("RESULT 2\nOKREADY\n");
    hall.child("el:el_0").print("RESULT 2\nOKREADY\n");
    assert.deepEqual([hall.got("el:el_0"), hall.got("el:el_1")], [["3/3 4"], ["2/2 3"]]);
  });

  it("tries the next when one does not read, at once or later", async () => {
    const process_name = "el_%(process_num)d";
    const hall = new Hall({ el: { ...remote, numprocs: 3, process_name } });
    await hall.ready("el:el_0", "el:el_1", "el:el_2");
    let later: (() => void) | undefined;
    hall.child("el:el_0").write = (_chunk, done) => done(new Error("its standard input is closed"));
    hall.child("el:el_1").write = (_chunk, done) => {
      later = () => done(new Error("write EPIPE"));
    };
    hall.send("one");
    assert.deepEqual(hall.got("el:el_2"), []);
    later?.();
    await hall.pass(0);
    assert.deepEqual(hall.got("el:el_2"), ["0/0 one"]);
    const told = hall.log.filter((line) => line.includes("epipe"));
    assert.deepEqual(
      told,
      ["el_0", "el_1"].map(
        (name) =>
          `DEBG epipe occurred while sending event 0 to listener ${name}, listener state unchanged`,
      ),
    );
  });

  it("keeps the order when an event is raised because one does not read", async () => {
    const process_name = "el_%(process_num)d";
    const hall = new Hall({ el: { ...remote, numprocs: 3, process_name } });
    await hall.ready("el:el_0", "el:el_1", "el:el_2");
    hall.child("el:el_0").write = (_chunk, done) => done(new Error("its standard input is closed"));
    hall.supervisor.on("ACTIVITY", ({ message }) => {
      if (message.startsWith("epipe")) hall.send("two");
    });
    hall.send("one");
    assert.deepEqual([hall.got("el:el_1"), hall.got("el:el_2")], [["0/0 one"], ["1/1 two"]]);
  });

  it("keeps an event that nobody can read, until one is started again", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.child("el").write = (_chunk, done) => done(new Error("write EPIPE"));
    hall.send("one");
    await hall.pass(0);
    hall.child("el").exit(0);
    await hall.supervisor.start("el");
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["0/0 one"]);
    await hall.supervisor.shutdown();
    assert.equal(hall.clock.pending, 0);
  });

  it("forgets its events when it is removed", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    hall.send("one");
    hall.send("two");
    await hall.supervisor.remove("el");
    hall.supervisor.add("el", remote);
    hall.send("three");
    await hall.pass(0);
    hall.child("el").print("READY\n");
    assert.deepEqual(hall.got("el"), ["2/0 three"]);
  });

  it("hears nothing of its standard output as events, and strips nothing from it", async () => {
    const el = { ...remote, stdout_events_enabled: true, stdout_capture_maxbytes: 100 };
    const hall = new Hall({ el: { ...el, stderr_events_enabled: true } }, { strip_ansi: true });
    const told: string[] = [];
    for (const name of ["PROCESS_LOG", "PROCESS_COMMUNICATION"] as const)
      hall.supervisor.on(name, ({ type, data }) => told.push(`${type} ${String(data)}`));
    await hall.ready("el");
    hall.child("el").print("to err", "stderr");
    hall.send("one");
    const result = "\u001B[31m<!--XSUPERVISOR:BEGIN-->x<!--XSUPERVISOR:END-->";
    hall.child("el").print(`RESULT ${result.length}\n${result}READY\n`);
    await hall.pass(0);
    assert.deepEqual(hall.got("el"), ["0/0 one", "0/0 one"]);
    assert.deepEqual(told, ["PROCESS_LOG_STDERR to err"]);
    const log = await hall.supervisor.tail("el");
    const stripped = result.slice(5);
    assert.equal(log.toString(), `READY\nRESULT ${result.length}\n${stripped}READY\n`);
  });

  it("has the host read what its processes say, at once, whatever becomes of it", () => {
    const known: Outputs[] = [];
    class Spawner extends FakeSpawner {
      override spawn(command: Command, events: ChildEvents, outputs: Outputs): FakeChild {
        known.push(outputs);
        return super.spawn(command, events, outputs);
      }
    }
    const log = { stdout_logfile: "/dev/null", stdout_logfile_maxbytes: 0 };
    const stderr = { stderr_logfile: "/dev/null", stderr_logfile_maxbytes: 0 };
    const programs = { el: { ...remote, ...log, ...stderr } };
    const supervisor = new Supervisor(
      { programs },
      { clock: new FakeClock(), spawner: new Spawner() },
    );
    void supervisor.start();
    const [outputs] = known;
    assert.equal(outputs?.stdout(), "push");
    assert.equal(outputs.gather("stdout"), 0);
    assert.equal(typeof outputs.stderr(), "number", "the other stream is as that of any program");
  });

  it("survives whoever listens to its own activity, and raises events there", async () => {
    const hall = new Hall({ el: remote });
    await hall.ready("el");
    obliging(hall.child("el"));
    let left = 3;
    hall.supervisor.on("ACTIVITY", ({ message }) => {
      if (message.includes("sent to listener") && left-- > 0) hall.send(`more ${left}`);
    });
    hall.send("first");
    for (let i = 0; i < 9; i++) await hall.pass(0);
    assert.deepEqual(hall.got("el"), ["0/0 first", "1/1 more 2", "2/2 more 1", "3/3 more 0"]);
  });
});
