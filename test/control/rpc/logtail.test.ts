import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { serve, type MainLog, type Server } from "../../../src/control/index.ts";
import { Stage } from "../../support/helpers.ts";
import { ask, open, placeOf, rpc, served } from "../client.ts";

/** A stream, and its text until there is so much of it. */
async function stream(t: TestContext, server: Server, path: string) {
  const call = request({ ...placeOf(server), path, agent: false });
  call.end();
  const [response] = (await once(call, "response")) as [IncomingMessage];
  t.after(() => response.destroy());
  let text = "";
  let heard = () => {};
  response.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    heard();
  });
  response.on("error", () => heard());
  response.on("close", () => heard());
  const until = async (condition: () => boolean) => {
    while (!condition())
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    return text;
  };
  return {
    response,
    reaches: async (length: number) => until(() => text.length >= length),
    ends: async () => until(() => response.destroyed),
  };
}

/** A log in memory that tells who follows it. */
class Log implements MainLog {
  text = "";
  following = 0;
  pulled = 0;
  #news: (() => void)[] = [];

  write(text: string): void {
    this.text += text;
    for (const wake of this.#news.splice(0)) wake();
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return Buffer.from(this.text.slice(offset, length > 0 ? offset + length : undefined));
  }

  async tail(bytes: number): Promise<Buffer> {
    return Buffer.from(this.text.slice(-bytes));
  }

  clear(): void {
    this.text = "";
  }

  async *follow({ signal }: { readonly signal?: AbortSignal }): AsyncGenerator<Buffer> {
    let at = this.text.length;
    this.following++;
    try {
      for (;;) {
        if (signal?.aborted) return;
        if (at < this.text.length) {
          const chunk = Buffer.from(this.text.slice(at, at + 65_536));
          at += chunk.length;
          this.pulled += chunk.length;
          yield chunk;
        } else
          await new Promise<void>((resolve) => {
            this.#news.push(resolve);
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
      }
    } finally {
      this.following--;
    }
  }

  async abandoned(): Promise<void> {
    while (this.following > 0) await turn();
  }
}

describe("log streams", () => {
  it("show the last KiB, then what comes, of either stream", async (t) => {
    const stage = new Stage({ programs: { p: { command: "x", startsecs: 0 } } });
    await using own = await serve(stage.supervisor, { port: 0 });
    await stage.supervisor.start();
    const child = stage.spawner.children.at(-1);
    child?.print("0123456789".repeat(200), "stdout");
    child?.print("wrong\n", "stderr");
    for (const path of ["/logtail/p", "/logtail/p/stdout", "/logtail/p:p", "/logtail/p%3Ap/"]) {
      const { response, reaches } = await stream(t, own, path);
      assert.equal(response.statusCode, 200, path);
      assert.equal(response.headers["content-type"], "text/plain;charset=utf-8");
      assert.equal(response.headers["x-accel-buffering"], "no");
      assert.equal(response.headers["transfer-encoding"], "chunked");
      assert.equal((await reaches(1024)).length, 1024);
      child?.print("+\n", "stdout");
      assert.match(await reaches(1026), /^[0-9+\n]{1024}\+\n$/);
    }
    const errors = await stream(t, own, "/logtail/p/stderr");
    assert.equal(await errors.reaches(6), "wrong\n");
  });

  it("of what is not there are 404", async (t) => {
    const { server } = await served(t, {}, { programs: { p: { command: "true" } } });
    const paths = ["/logtail", "/logtail/", "/logtail/nope", "/logtail/p/bogus", "/logtail/p:*"];
    for (const path of [...paths, "/mainlogtail", "/mainlogtail/x"])
      assert.equal((await ask(server, { path })).status, 404, path);
  });

  it("of standard error that goes to standard output are 404: both would be shown", async (t) => {
    const programs = { p: { command: "true", redirect_stderr: true } };
    const { server } = await served(t, {}, { programs });
    assert.equal((await ask(server, { path: "/logtail/p/stderr" })).status, 404);
  });

  it("of the main log follow it", async (t) => {
    const log = new Log();
    log.write("old ");
    const { server } = await served(t, { log });
    const { reaches } = await stream(t, server, "/mainlogtail");
    assert.equal(await reaches(4), "old ");
    log.write("new");
    assert.equal(await reaches(7), "old new");
  });

  it("of a log that cannot be read are 404, and nothing of them stays", async (t) => {
    const log = new Log();
    const signals: AbortSignal[] = [];
    const { server } = await served(t, {
      log: {
        read: async (offset, length) => log.read(offset, length),
        tail: async () => Promise.reject(new Error("there is none yet")),
        clear: () => {},
        follow: ({ signal }) => {
          if (signal) signals.push(signal);
          return log.follow({ ...(signal && { signal }) });
        },
      },
    });
    assert.equal((await ask(server, { path: "/mainlogtail" })).status, 404);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });

  it("of which nothing can be read any more say why, as does the log, and break off", async (t) => {
    const lines: string[] = [];
    const log: MainLog = {
      read: async () => Buffer.alloc(0),
      tail: async () => Buffer.from("old\n"),
      clear: () => {},
      async *follow() {
        yield Buffer.from("new\n");
        throw new Error("EIO: i/o error, read");
      },
      write: (level, message) => lines.push(`${level} ${message}`),
    };
    const { server } = await served(t, { log });
    const { response, ends } = await stream(t, server, "/mainlogtail");
    assert.equal(await ends(), "old\nnew\n\n==> EIO: i/o error, read <==\n");
    assert.equal(response.complete, false, "it is no whole answer");
    assert.deepEqual(lines, ["ERRO Cannot answer GET /mainlogtail: EIO: i/o error, read"]);
    assert.deepEqual(await rpc(server, "supervisor.getVersion"), { value: "3.0" });
  });

  it("end when the reader has gone, and nothing of them stays", async (t) => {
    const log = new Log();
    const { server } = await served(t, { log });
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => stream(t, server, "/mainlogtail")),
    );
    assert.equal(log.following, 20);
    for (const { response } of all) response.destroy();
    await log.abandoned();
    assert.deepEqual(await rpc(server, "supervisor.getVersion"), { value: "3.0" });
  });

  it("end when the server closes, and the whole of what was sent comes", async (t) => {
    const log = new Log();
    const { server } = await served(t, { log });
    const { reaches, ends } = await stream(t, server, "/mainlogtail");
    log.write("line\n");
    await reaches(5);
    await server.close();
    assert.equal(await ends(), "line\n");
    assert.equal(log.following, 0);
  });

  it("of a reader who does not read take nothing more from the log", async (t) => {
    const log = new Log();
    const { server } = await served(t, { log });
    const socket = open(server);
    socket.pause();
    socket.write("GET /mainlogtail HTTP/1.1\r\nHost: a\r\n\r\n");
    while (log.following === 0) await turn();
    log.write("x".repeat(20_000_000));
    let before = -1;
    // the system's buffers fill up, and then nothing moves any more
    for (let still = 0; still < 200; still = log.pulled === before ? still + 1 : 0) {
      before = log.pulled;
      await turn();
    }
    assert.ok(log.pulled < 4_000_000, `${log.pulled} bytes were taken`);
    socket.destroy();
    await log.abandoned();
  });
});

describe("a server that closes", () => {
  it("ends the calls that wait, and says so", async (t) => {
    const stage = new Stage({
      programs: { p: { command: process.execPath, startsecs: 100, autostart: false } },
    });
    const server = await serve(stage.supervisor, { port: 0 });
    t.after(() => server.close());
    const waiting = rpc(server, "supervisor.startProcess", ["p"]);
    while (stage.supervisor.process("p")?.state !== "STARTING") await turn();
    const closed = server.close();
    const { fault } = (await waiting) as { readonly fault: readonly [number, string] };
    assert.equal(fault[0], 30);
    await closed;
    await server.close(); // again is the same
    assert.equal(stage.supervisor.process("p")?.state, "STARTING");
  });

  it("does not wait for connections on which nothing is said", async (t) => {
    const { server } = await served(t);
    const socket = open(server);
    await once(socket, "connect");
    const gone = once(socket, "close");
    await ask(server);
    await server.close();
    socket.resume();
    await gone;
  });

  it("answers SHUTDOWN_STATE after a shutdown of the supervisor, until it is closed", async (t) => {
    const { server, supervisor } = await served(t);
    await supervisor.shutdown();
    assert.deepEqual(await rpc(server, "supervisor.getState"), { fault: [6, "SHUTDOWN_STATE"] });
  });
});
