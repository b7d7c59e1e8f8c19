import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";
import { Client, fcgi } from "../support/fcgi.ts";
import { LineChannel } from "../support/line-channel.ts";
import { runHost } from "../support/host.ts";
import { nothingLeft, root, scratch } from "../support/processes.ts";
import { noPython } from "../support/python.ts";

/** With two workers each. */
const ROUNDS = 25;
/** The programs of a round with everything; the others have less to do. */
const ALL = ["echo", "idle", "straight", "host", "pipe", "piped", "shared", "listener"];
const skip = process.platform === "win32" && "there are no descriptors to inherit on Windows";
const entry = JSON.stringify(path.join(root, "dist/index.js"));

describe("a worker thread", { skip }, () => {
  it("closes at its end no descriptor that others have opened since", async (t) => {
    const directory = scratch(t);
    const pipe = path.join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    const end = await runHost(
      `
      import assert from "node:assert";
      import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
      import { Worker } from "node:worker_threads";
      const workerData = ${JSON.stringify({ directory, pipe })};
      const reader = openSync(workerData.pipe, constants.O_RDWR | constants.O_NONBLOCK);
      const buffer = Buffer.alloc(65536);
      let read = 0;
      const drain = setInterval(() => {
        try {
          for (;;) read += readSync(reader, buffer);
        } catch (error) {
          assert.equal(error.code, "EAGAIN");
        }
      }, 2);
      /** One that has shut down its supervisor, and still lives. */
      async function worker(names) {
        const file = ${JSON.stringify(path.join(root, "test/fixtures/worker-round.mjs"))};
        const data = { ...workerData, names };
        const worker = new Worker(file, { workerData: data, execArgv: [], stdout: true });
        worker.stdout.resume();
        const said = await new Promise((resolve, reject) => {
          worker.once("message", resolve).once("error", reject);
        });
        assert.deepEqual(said, { value: "hello", leftovers: 0 });
        return worker;
      }
      for (let round = 0; round < ${ROUNDS}; round++) {
        const names = round % 5 === 0 ? ${JSON.stringify(ALL)} : ["echo", "idle"];
        const workers = await Promise.all([worker(names), worker(names)]);
        for (const each of workers) {
          // these get the numbers that have been let go
          const fds = Array.from({ length: 60 }, () => openSync(workerData.directory));
          const inodes = fds.map((fd) => fstatSync(fd).ino);
          await each.terminate();
          assert.deepEqual(fds.map((fd) => fstatSync(fd).ino), inodes);
          for (const fd of fds) closeSync(fd);
        }
      }
      clearInterval(drain);
      const each = Buffer.byteLength(Array.from({ length: 20_000 }, (_, i) => i + 1 + "\\n").join(""));
      assert.equal(read, (each + "straight\\n".length) * 2 * (${ROUNDS} / 5));
      console.log("alive");
      `,
    );
    assert.equal(end.stderr, ""); // a warning of "unmanaged" descriptors, say
    assert.deepEqual([end.status, end.signal], [0, null]);
    assert.match(end.stdout, /^(?:READY\n)+alive\n$/);
    nothingLeft(end.mark);
  });

  it("holds the sockets that programs share", { skip: skip || noPython }, async (t) => {
    const file = path.join(scratch(t), "web.sock");
    const channel = new LineChannel(t);
    const end = await runHost(
      `
      import { Worker } from "node:worker_threads";
      const worker = new Worker(
        \`import(\${JSON.stringify(${entry})}).then(async ({ Supervisor }) => {
          const { parentPort, workerData } = require("node:worker_threads");
          const supervisor = new Supervisor({ programs: { web: workerData } });
          await supervisor.start();
          parentPort.postMessage("up");
          parentPort.once("message", async () => {
            await supervisor.restart();
            parentPort.postMessage("again");
            parentPort.once("message", () => supervisor.shutdown());
          });
        })\`,
        { eval: true, execArgv: [], workerData: ${JSON.stringify(fcgi(`unix://${file}`))} },
      );
      worker.on("message", (word) => console.log(word));
      process.stdin.on("data", () => worker.postMessage("go on"));
      worker.once("exit", () => process.exit());
      `,
      {
        channel,
        async meanwhile(_pid, tell, heard) {
          await heard(/up/);
          const first = await Client.connect({ path: file });
          assert.equal(await first.server(), await channel.pid("up"));
          first.close();
          tell("restart");
          await heard(/again/);
          const second = await Client.connect({ path: file });
          assert.equal(await second.server(), await channel.pid("up"));
          second.close();
          tell("shutdown");
        },
      },
    );
    assert.deepEqual([end.status, end.signal, end.stderr], [0, null, ""]);
    await assert.rejects(Client.connect({ path: file }));
    nothingLeft(end.mark);
  });
});
