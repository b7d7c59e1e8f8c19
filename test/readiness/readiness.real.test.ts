import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { ProgramSettings } from "../../src/index.ts";
import { freePort } from "../support/free-port.ts";
import { scratch } from "../support/processes.ts";
import { sh, supervise } from "../support/real-supervisor.ts";
import { fault } from "../support/helpers.ts";

const node = (script: string) => [process.execPath, "-e", script];
const quick: Partial<ProgramSettings> = { startretries: 0, startsecs: 0 };

describe("a real server", () => {
  it("that listens late is RUNNING when it answers, a thousand times of a thousand", async (t) => {
    const port = await freePort();
    const script = `
      let left = 2;
      const server = require("node:http").createServer((request, response) => {
        response.statusCode = request.url === "/" && left-- > 0 ? 503 : 204;
        response.end();
      });
      setTimeout(() => server.listen(${port}, "127.0.0.1"), 300);`;
    const { supervisor } = supervise(t, {
      web: { ...quick, command: node(script), ready_url: `http://localhost:${port}/` },
    });
    const answered = new Promise((resolve, reject) => {
      supervisor.on("PROCESS_STATE_RUNNING", () => {
        fetch(`http://127.0.0.1:${port}/x`).then(({ status }) => resolve(status), reject);
      });
    });
    await supervisor.start();
    assert.equal(await answered, 204);
    for (let i = 0; i < 999; i++)
      assert.equal((await fetch(`http://127.0.0.1:${port}/x`)).status, 204);
  });

  it("says in a line which port it has, also with a log of its own without a limit", async (t) => {
    const stdout_logfile = path.join(scratch(t), "log");
    const script = `
      process.stdout.write("x".repeat(100) + "\\n".repeat(200_000));
      const server = require("node:net").createServer().listen(0, "127.0.0.1", () =>
        console.error("listening on port " + server.address().port));`;
    const { supervisor } = supervise(t, {
      web: {
        ...quick,
        command: node(script),
        ready_line: /port (?<port>\d+)$/,
        stdout_logfile,
        stderr_logfile: stdout_logfile,
        stdout_logfile_maxbytes: 0,
        stderr_logfile_maxbytes: 0,
      },
    });
    await supervisor.start();
    const { port } = supervisor.process("web")?.captures ?? {};
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  });

  it("on whose port another process answers is not started", async (t) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    t.after(() => other.close());
    const { port } = other.address() as { readonly port: number };
    const { supervisor, channel } = supervise(t, {
      web: {
        ...quick,
        command: sh("echo started >$CHANNEL"),
        ready_url: `tcp://localhost:${port}`,
      },
    });
    await assert.rejects(
      supervisor.start(),
      fault("SPAWN_ERROR", /answers already: another process listens there/),
    );
    assert.deepEqual(channel.rest, []);
  });

  it("that exits before it is ready has failed at once, with its last words", async (t) => {
    const { supervisor } = supervise(t, {
      web: { ...quick, command: sh("echo no database >&2; exit 3"), ready_line: "up" },
    });
    await assert.rejects(supervisor.start(), {
      code: "SPAWN_ERROR",
      exitstatus: 3,
      output: "no database",
      spawnerr: "Exited before it was ready (process log may have details)",
    });
  });

  it("that is never ready is stopped, with all that it has started", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        ...quick,
        command: sh("trap '' TERM; sleep 1000 & echo $! >$CHANNEL; wait; wait"),
        ready_line: "up",
        startwaitsecs: 0.2,
        stopwaitsecs: 1,
      },
    });
    await assert.rejects(
      supervisor.start(),
      fault("SPAWN_ERROR", /Not ready within 0\.2 seconds \(startwaitsecs\): no line with "up"/),
    );
    assert.match(await channel.hear(/^\d+$/), /^\d+$/);
  });

  it("that writes a file is ready by it, though an old one was there", async (t) => {
    const file = path.join(scratch(t), "ready");
    writeFileSync(file, "old");
    const { supervisor, channel } = supervise(t, {
      web: {
        ...quick,
        command: sh(`read line; echo "$line" >'${file}'; echo written >$CHANNEL; exec sleep 1000`),
        ready_file: file,
      },
    });
    const started = supervisor.start();
    const pid = () => supervisor.process("web")?.pid;
    while (pid() === undefined) await turn();
    await supervisor.send("web", "new content\n");
    await channel.hear(/^written$/);
    await started;
    assert.equal(supervisor.process("web")?.state, "RUNNING");
  });
});
