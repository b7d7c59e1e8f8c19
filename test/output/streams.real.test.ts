import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusal, sh, supervise } from "../support/real-supervisor.ts";

describe("the streams of a real process", () => {
  it("send: reaches its standard input", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: { command: sh(`while read -r line; do echo "got $line" >$CHANNEL; done`), startsecs: 0 },
    });
    await supervisor.start();
    await supervisor.send("web", "hello\n");
    await channel.hear(/^got hello$/);
    await supervisor.send("web", new TextEncoder().encode("é\n"));
    await channel.hear(/^got é$/);
  });

  it("send: NO_FILE once it has closed its standard input", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: { command: sh("exec <&-; echo up $$ >$CHANNEL; exec sleep 1000"), startsecs: 0 },
    });
    await supervisor.start();
    await channel.pid("up");
    for (let i = 0; i < 2; i++) {
      const error = await refusal(supervisor.send("web", "hello\n"));
      assert.equal(error.code, "NO_FILE");
    }
    assert.equal(supervisor.process("web")?.state, "RUNNING");
  });

  it("send: NOT_RUNNING when there is no process", async (t) => {
    const { supervisor } = supervise(t, { web: { command: "sleep 1000", startsecs: 0 } });
    assert.equal((await refusal(supervisor.send("web", "x"))).code, "NOT_RUNNING");
  });

  it("send: settles only when the process has read enough", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        command: sh("read go; cat >/dev/null & echo reads >$CHANNEL; wc -c >$CHANNEL; wait"),
        startsecs: 0,
      },
      counter: {
        command: sh("read go; echo reads >$CHANNEL; head -c 4000000 | wc -c >$CHANNEL"),
        startsecs: 0,
        autorestart: false,
      },
    });
    await supervisor.start("counter");
    const order: string[] = [];
    const sent = supervisor
      .send("counter", `\n${"x".repeat(4_000_000)}`)
      .then(() => order.push("sent"));
    await channel.hear(/^reads$/);
    await channel.hear(/^4000000$/);
    await sent;
    const { supervisor: other, channel: otherEar } = supervise(t, {
      sleeper: { command: sh("echo up $$ >$CHANNEL; exec sleep 1000"), startsecs: 0 },
    });
    await other.start();
    await otherEar.pid("up");
    const abort = new AbortController();
    const never = other.send("sleeper", "x".repeat(4_000_000), { signal: abort.signal });
    const stopped = assert.rejects(never, { name: "AbortError" });
    abort.abort();
    await stopped;
    const lost = refusal(other.send("sleeper", "more"));
    await other.stop("sleeper");
    assert.equal((await lost).code, "NO_FILE");
  });

  it("tail: the last bytes of each stream, over restarts", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        command: sh("echo out; echo err >&2; echo up $$ >$CHANNEL; exec sleep 1000"),
        startsecs: 0,
      },
    });
    await supervisor.start();
    await channel.pid("up");
    await supervisor.restart("web");
    await channel.pid("up");
    await supervisor.stop("web");
    assert.equal((await supervisor.tail("web")).toString(), "out\nout\n");
    assert.equal((await supervisor.tail("web", "stderr", 4)).toString(), "err\n");
  });

  it("tail: bytes are not decoded, and those of the last moment are there", async (t) => {
    const { supervisor, next } = supervise(t, {
      web: {
        command: sh(String.raw`printf '\377\000\376'`),
        startsecs: 0,
        autorestart: false,
      },
    });
    for (let round = 1; round <= 10; round++) {
      await supervisor.start();
      await next("PROCESS_STATE_EXITED");
      await supervisor.stop(); // waits for the sweep
      const expected = Array.from({ length: round }, () => [0xff, 0, 0xfe]).flat();
      assert.deepEqual([...(await supervisor.tail("web"))], expected);
    }
  });

  it("an error: shows the last lines of stderr, however soon after them the process has ended", async (t) => {
    const { supervisor } = supervise(t, {
      web: {
        command: sh("i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done >&2; exit 1"),
        startsecs: 30,
        startretries: 0,
      },
    });
    for (let round = 0; round < 10; round++) {
      const error = await refusal(supervisor.start("web"));
      assert.equal(error.output?.split("\n").at(-1), "line 2000");
      assert.match(error.message, /^ {2}line 2000$/m);
      assert.equal(error.output?.split("\n").length, 10);
    }
  });

  it("an error: shows stdout where stderr is silent", async (t) => {
    const { supervisor } = supervise(t, {
      web: { command: sh("echo no port; exit 1"), startsecs: 30, startretries: 0 },
    });
    assert.equal((await refusal(supervisor.start("web"))).output, "no port");
  });

  it("a torrent of output that nobody asks for does not hold the process", async (t) => {
    const { supervisor, next } = supervise(t, {
      web: { command: sh("head -c 20000000 /dev/zero"), startsecs: 0, autorestart: false },
    });
    await supervisor.start();
    assert.equal((await next("PROCESS_STATE_EXITED")).exitstatus, 0);
  });
});
