/** Listeners as people write them, in several languages. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import type { ProgramSettings, Supervisor } from "../../src/index.ts";
import { noPython } from "../support/python.ts";
import { root, scratch } from "../support/processes.ts";
import { sh, stay, supervise } from "../support/real-supervisor.ts";

const inNode = ["node", path.join(root, "test/fixtures/listener.mjs")] as const;
const remote = {
  events: ["REMOTE_COMMUNICATION"],
  startsecs: 0,
} satisfies Partial<ProgramSettings>;

/** A listener of few words: reads as many bytes as it is told of characters, and tells `$CHANNEL`. */
const inShell = sh(`
  while :; do
    echo READY
    IFS= read -r heading || exit 0
    payload=$(head -c "\${heading##*len:}" | tr '\\n' ' ')
    echo "sh $payload" >$CHANNEL
    printf 'RESULT 2\\nOK'
  done`);

describe("Event listeners that are real processes", () => {
  it("in Node: get all that is raised, in order", async (t) => {
    const { supervisor, channel } = supervise(t, {
      el: { command: inNode, ...remote, buffer_size: 500 },
    });
    await supervisor.start();
    for (let i = 0; i < 300; i++) supervisor.sendRemoteCommEvent("n", `€😀 ${i}`);
    for (let i = 0; i < 300; i++)
      assert.equal(
        await channel.hear(/^node/),
        `node ${i} REMOTE_COMMUNICATION "type:n\\n€😀 ${i}"`,
      );
  });

  it("in a shell: get them, too", async (t) => {
    const { supervisor, channel } = supervise(t, { el: { command: inShell, ...remote } });
    await supervisor.start();
    for (const data of ["one", "two", "three"]) supervisor.sendRemoteCommEvent("t", data);
    for (const data of ["one", "two", "three"])
      assert.equal(await channel.hear(/^sh/), `sh type:t ${data}`);
  });

  it("take an event as large as a chunk of output", async (t) => {
    const { supervisor, channel } = supervise(t, { el: { command: inNode, ...remote } });
    await supervisor.start();
    const large = "é".repeat(200_000);
    supervisor.sendRemoteCommEvent("large", large);
    supervisor.sendRemoteCommEvent("small", "");
    assert.equal(
      (await channel.hear(/^node 0/)).length,
      `node 0 REMOTE_COMMUNICATION ""`.length + 12 + large.length,
    );
    assert.equal(await channel.hear(/^node 1/), `node 1 REMOTE_COMMUNICATION "type:small\\n"`);
  });

  it("hear of the life of a program, and of its output", async (t) => {
    const { supervisor, channel } = supervise(t, {
      el: { command: inNode, events: ["PROCESS_STATE", "PROCESS_LOG"], startsecs: 0 },
      p: {
        command: sh("echo out; echo up >$CHANNEL; exec sleep 1000"),
        autostart: false,
        startsecs: 0,
        stdout_events_enabled: true,
      },
    });
    await supervisor.start();
    await supervisor.start("p");
    await channel.hear(/^up/);
    const output = await channel.hear(/PROCESS_LOG/);
    const pid = supervisor.process("p")?.pid;
    await supervisor.stop("p");
    const who = "processname:p groupname:p";
    for (const told of [
      `PROCESS_STATE_STARTING "${who} from_state:STOPPED tries:0"`,
      `PROCESS_STATE_RUNNING "${who} from_state:STARTING pid:${pid}"`,
      `PROCESS_STATE_STOPPING "${who} from_state:RUNNING pid:${pid}"`,
      `PROCESS_STATE_STOPPED "${who} from_state:STOPPING pid:${pid}"`,
    ])
      assert.equal((await channel.hear(/:p /)).replace(/^node \d+ /, ""), told);
    const said = `PROCESS_LOG_STDOUT "${who} pid:${pid} channel:stdout\\nout\\n"`;
    assert.equal(output.replace(/^node \d+ /, ""), said);
  });

  it("are told in Python's words of output that is no text", async (t) => {
    const { supervisor, channel } = supervise(t, {
      el: { command: inNode, events: ["PROCESS_LOG_STDOUT"], startsecs: 0 },
      p: {
        command: sh("printf 'caf\\351'; exec sleep 1000"),
        startsecs: 0,
        stdout_events_enabled: true,
      },
    });
    await supervisor.start();
    const pid = supervisor.process("p")?.pid;
    const payload = `processname:p groupname:p pid:${pid} channel:stdout\nUndecodable: b'caf\\xe9'`;
    assert.equal(
      await channel.hear(/^node/),
      `node 0 PROCESS_LOG_STDOUT ${JSON.stringify(payload)}`,
    );
  });

  it("hear of a shutdown before they are stopped themselves", async (t) => {
    const { supervisor, channel } = supervise(t, {
      el: {
        command: inNode,
        events: ["PROCESS_STATE_STOPPED", "SUPERVISOR_STATE_CHANGE"],
        startsecs: 0,
      },
      p: { command: sh(`trap "" TERM; echo up >$CHANNEL; ${stay}`), startsecs: 0 },
    });
    await supervisor.start();
    assert.match(await channel.hear(/^node/), /SUPERVISOR_STATE_CHANGE_RUNNING ""/);
    await channel.hear(/^up/);
    const down = supervisor.shutdown();
    assert.match(await channel.hear(/^node/), /SUPERVISOR_STATE_CHANGE_STOPPING ""/);
    await supervisor.signal("p", "KILL");
    await down;
  });

  it("have what they write in a log file as well, that the host never lets them write themselves", async (t) => {
    const file = path.join(scratch(t), "el.log");
    const log = { stdout_logfile: file, stdout_logfile_maxbytes: 0 };
    const { supervisor } = supervise(t, { el: { command: inNode, ...remote, ...log } });
    const answered = line(supervisor, "el: event was processed");
    await supervisor.start();
    supervisor.sendRemoteCommEvent("t", "x");
    await answered;
    await supervisor.stop();
    assert.equal(readFileSync(file, "utf8"), "READY\nRESULT 2\nOKREADY\n");
  });

  it("leave the host responsive when they refuse everything, as fast as they can", async (t) => {
    const { supervisor, channel } = supervise(t, {
      el: { command: inNode, ...remote, buffer_size: 200, environment: { EAR_ANSWER: "FAIL" } },
    });
    await supervisor.start();
    for (let i = 0; i < 100; i++) supervisor.sendRemoteCommEvent("t", "x");
    const retried = line(supervisor, "event 0 sent to listener el", 3); // after a pause
    const seen: number[] = []; // on a busy machine, third times come in between
    const isDone = () => Array.from({ length: 100 }, (_, i) => times(i)).every((n) => n >= 2);
    const times = (event: number) => seen.filter((one) => one === event).length;
    while (!isDone()) seen.push(Number.parseInt((await channel.hear(/^node/)).slice(5), 10));
    const early = seen.filter((event, i) => seen.slice(0, i).filter((e) => e === event).length < 2);
    assert.deepEqual(
      early,
      early.toSorted((a, b) => a - b),
      "in order, and each twice before the next",
    );
    await retried;
  });

  it("give back the event of one that was killed", async (t) => {
    const { supervisor, channel, next } = supervise(t, {
      el: {
        ...remote,
        command: sh(`
          echo READY; read -r heading; echo "got $$ $heading" >$CHANNEL
          [ -e $CHANNEL.seen ] || { : >$CHANNEL.seen; kill -KILL $$; }
          echo done >$CHANNEL; exec sleep 1000`),
      },
    });
    await supervisor.start();
    supervisor.sendRemoteCommEvent("t", "x");
    const first = await channel.hear(/^got \d+ (.*)/);
    assert.equal((await next("PROCESS_STATE_EXITED")).signal, "SIGKILL");
    assert.equal(await channel.hear(/^got \d+ (.*)/), first);
    await channel.hear(/^done/);
  });

  it("give back the event of one that has closed its standard input", async (t) => {
    const deaf = sh("exec <&-; echo READY; echo up $$ >$CHANNEL; exec sleep 1000");
    const { supervisor, channel } = supervise(t, { el: { ...remote, command: deaf } });
    const ready = line(supervisor, "el: ACKNOWLEDGED -> READY");
    const returned = line(supervisor, "epipe occurred");
    await supervisor.start();
    await channel.pid("up");
    await ready;
    supervisor.sendRemoteCommEvent("t", "x");
    await returned;
    assert.equal(supervisor.process("el")?.state, "RUNNING");
  });

  it("in Python, as written for supervisord: get the same", { skip: noPython }, async (t) => {
    const file = path.join(scratch(t), "events.jsonl");
    const command = ["python3", "-u", path.join(root, "test/fixtures/listener.py"), file];
    const { supervisor } = supervise(t, {
      el: { command: [...command, "fail-first-1"] as never, ...remote },
    });
    const processed = line(supervisor, "el: event was processed", 2);
    await supervisor.start();
    supervisor.sendRemoteCommEvent("t", "abc");
    supervisor.sendRemoteCommEvent("u", "second\nline");
    await processed;
    const notes = readFileSync(file, "utf8").trimEnd().split("\n");
    const read = notes.map((note) => JSON.parse(note) as { raw_header: string; payload: string });
    assert.deepEqual(
      read.map(({ raw_header, payload }) => [raw_header, payload]),
      [
        [heading(0, 10), "type:t\nabc"],
        [heading(0, 10), "type:t\nabc"],
        [heading(1, 18), "type:u\nsecond\nline"],
      ],
    );
  });

  it("in Python, reading text: get every event that is no ASCII", { skip: noPython }, async (t) => {
    const file = path.join(scratch(t), "heard");
    const { supervisor } = supervise(t, {
      el: {
        command: ["python3", "-c", fromTheManual, file],
        ...remote,
        environment: { PYTHONUTF8: "1" },
      },
    });
    const processed = line(supervisor, "el: event was processed", 3);
    await supervisor.start();
    for (const data of ["größe", "€ 😀", "e\u0301"]) supervisor.sendRemoteCommEvent("t", data);
    await processed;
    const heard = ["größe", "€ 😀", "e\u0301"].map((data) => `type:t\n${data}\n`).join("");
    assert.equal(readFileSync(file, "utf8"), heard);
  });
});

/** The example of supervisord's manual, which reads text: `len` counts characters. */
const fromTheManual = `
import sys

def write_stdout(s):
    sys.stdout.write(s)
    sys.stdout.flush()

def write_stderr(s):
    sys.stderr.write(s)
    sys.stderr.flush()

while 1:
    write_stdout("READY\\n")
    line = sys.stdin.readline()
    headers = dict([x.split(":") for x in line.split()])
    data = sys.stdin.read(int(headers["len"]))
    with open(sys.argv[1], "a") as heard:
        heard.write(data + "\\n")
    write_stdout("RESULT 2\\nOK")
`;

/** The n-th line of the activity log that begins so. */
async function line(supervisor: Supervisor, beginning: string, nth = 1): Promise<void> {
  let left = nth;
  await new Promise<void>((resolve) => {
    supervisor.on("ACTIVITY", ({ message }) => {
      if (message.startsWith(beginning) && --left === 0) resolve();
    });
  });
}

function heading(serial: number, length: number): string {
  return `ver:3.0 server:supervisor serial:${serial} pool:el poolserial:${serial} eventname:REMOTE_COMMUNICATION len:${length}\n`;
}
