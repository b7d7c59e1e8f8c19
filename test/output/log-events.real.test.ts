import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import type { SupervisorEvent } from "../../src/index.ts";
import { once, text } from "../support/output.ts";
import { scratch } from "../support/processes.ts";
import { sh, supervise, type Rig } from "../support/real-supervisor.ts";

const BEGIN = "<!--XSUPERVISOR:BEGIN-->";
const END = "<!--XSUPERVISOR:END-->";

/** What the events told, as `STDOUT text`, when the process has ended; each as long as it comes from one. */
async function told(rig: Rig, kind: "PROCESS_LOG" | "PROCESS_COMMUNICATION"): Promise<string[]> {
  const lines: string[] = [];
  let pid: number | undefined;
  rig.supervisor.on("PROCESS_STATE_RUNNING", (event) => (pid = event.pid));
  rig.supervisor.on(kind, (event: SupervisorEvent) => {
    assert.ok("data" in event && "pid" in event);
    assert.equal(event.processname, "web");
    assert.equal(event.groupname, "web");
    assert.equal(event.pid, pid);
    const stream = event.type.slice(kind.length + 1);
    if ("channel" in event) assert.equal(event.channel.toUpperCase(), stream);
    lines.push(`${stream} ${event.data.toString()}`);
  });
  await rig.supervisor.start();
  await rig.next("PROCESS_STATE_EXITED");
  return lines;
}

describe("PROCESS_LOG", () => {
  it("tells what each stream gives, complete before EXITED", async (t) => {
    const rig = supervise(t, {
      web: {
        ...once,
        command: sh("seq 5000; echo err >&2"),
        stdout_events_enabled: true,
        stderr_events_enabled: true,
      },
    });
    const lines = await told(rig, "PROCESS_LOG");
    const of = (stream: string) =>
      lines
        .filter((line) => line.startsWith(`${stream} `))
        .map((line) => line.slice(stream.length + 1))
        .join("");
    assert.equal(of("STDOUT"), Array.from({ length: 5000 }, (_, i) => `${i + 1}\n`).join(""));
    assert.equal(of("STDERR"), "err\n");
  });

  it("comes for one stream only, where only one is asked for", async (t) => {
    const rig = supervise(t, {
      web: { ...once, command: sh("echo out; echo err >&2"), stderr_events_enabled: true },
    });
    assert.deepEqual(await told(rig, "PROCESS_LOG"), ["STDERR err\n"]);
  });

  it("calls everything STDOUT where stderr is redirected", async (t) => {
    const rig = supervise(t, {
      web: {
        ...once,
        command: sh("echo err >&2"),
        redirect_stderr: true,
        stdout_events_enabled: true,
        stderr_events_enabled: true,
      },
    });
    assert.deepEqual(await told(rig, "PROCESS_LOG"), ["STDOUT err\n"]);
  });

  it("has copies: what came first is still right when all has come", async (t) => {
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: "seq 200000", stdout_events_enabled: true },
    });
    const chunks: Buffer[] = [];
    supervisor.on("PROCESS_LOG_STDOUT", ({ data }) => chunks.push(data));
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    assert.ok(chunks.length > 1);
    const numbers = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join("");
    assert.ok(Buffer.concat(chunks).equals(Buffer.from(numbers)));
  });
});

describe("PROCESS_COMMUNICATION", () => {
  it("tells what stands between the tokens, which is not logged", async (t) => {
    const out = path.join(scratch(t), "out");
    const rig = supervise(t, {
      web: {
        ...once,
        command: sh(
          `printf 'a${BEGIN}one${END}b${BEGIN}'; echo '<!--XSUP' >&2; printf 'two${END}c'; printf '${BEGIN}err${END}' >&2`,
        ),
        stdout_logfile: out,
        stdout_capture_maxbytes: "1KB",
        stderr_capture_maxbytes: 100,
        stdout_events_enabled: true,
      },
    });
    let logged = "";
    rig.supervisor.on("PROCESS_LOG_STDOUT", ({ data }) => (logged += data.toString()));
    const lines = await told(rig, "PROCESS_COMMUNICATION");
    assert.deepEqual(lines.toSorted(), ["STDERR err", "STDOUT one", "STDOUT two"]);
    assert.equal(text(out), "abc");
    assert.equal(logged, "abc");
    assert.equal((await rig.supervisor.tail("web", "stderr")).toString(), "<!--XSUP\n");
  });

  it("tells the last bytes of a long text", async (t) => {
    const rig = supervise(t, {
      web: {
        ...once,
        command: sh(`printf '${BEGIN}'; seq 100000; printf '${END}'`),
        stdout_capture_maxbytes: 7,
      },
    });
    assert.deepEqual(await told(rig, "PROCESS_COMMUNICATION"), ["STDOUT 100000\n"]);
  });

  it("is off by default: tokens are output, and short output is not held", async (t) => {
    const rig = supervise(t, { web: { ...once, command: sh(`printf '${BEGIN}x${END}'`) } });
    assert.deepEqual(await told(rig, "PROCESS_COMMUNICATION"), []);
    assert.equal((await rig.supervisor.tail("web")).toString(), `${BEGIN}x${END}`);
  });

  it("a text without an end, and half a token, are output after all when the process has ended", async (t) => {
    const out = path.join(scratch(t), "out");
    const rig = supervise(t, {
      web: {
        ...once,
        command: sh(`printf 'a${BEGIN}half<!--'; printf '<!--XSUPER' >&2`),
        stdout_logfile: out,
        stdout_capture_maxbytes: 100,
        stderr_capture_maxbytes: 100,
      },
    });
    assert.deepEqual(await told(rig, "PROCESS_COMMUNICATION"), []);
    assert.equal(text(out), `a${BEGIN}half<!--`);
    assert.equal((await rig.supervisor.tail("web", "stderr")).toString(), "<!--XSUPER");
  });
});

describe("strip_ansi", () => {
  it("drops colours from file, memory and events, and leaves OSC sequences", async (t) => {
    const out = path.join(scratch(t), "out");
    const rig = supervise(
      t,
      {
        web: {
          ...once,
          command: sh(
            String.raw`printf '\033[31mred\033[0m \033]0;title\007 \033[2'; printf 'Jend\033' ; printf '\033[1mx' >&2`,
          ),
          stdout_logfile: out,
          stdout_logfile_maxbytes: 0,
          stdout_events_enabled: true,
        },
      },
      { strip_ansi: true },
    );
    const lines = await told(rig, "PROCESS_LOG");
    const expected = "red \u001B]0;title\u0007 end\u001B";
    assert.equal(lines.map((line) => line.slice("STDOUT ".length)).join(""), expected);
    assert.equal(text(out), expected);
    assert.equal((await rig.supervisor.tail("web", "stderr")).toString(), "x");
  });

  it("leaves everything as it is by default", async (t) => {
    const rig = supervise(t, { web: { ...once, command: sh(String.raw`printf '\033[31mred'`) } });
    await told(rig, "PROCESS_LOG");
    assert.equal((await rig.supervisor.tail("web")).toString(), "\u001B[31mred");
  });
});
