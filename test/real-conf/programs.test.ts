import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createConnection } from "node:net";
import { freePort } from "../support/free-port.ts";
import { text } from "node:stream/consumers";
import path from "node:path";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { scratch } from "../support/processes.ts";
import { supervise } from "../support/real-supervisor.ts";

const lacks = (program: string) =>
  spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin command -v ${program}`]).status === 0
    ? false
    : `${program} is not installed`;
const PATH = `${process.env["PATH"]}:/usr/sbin`;

describe("nginx", { skip: lacks("nginx") }, () => {
  it("is killed, is back and answers, and is stopped with QUIT", async (t) => {
    const directory = scratch(t);
    mkdirSync(path.join(directory, "temp"));
    // not a unix socket: nginx does not replace the one that a killed nginx has left
    const port = await freePort();
    writeFileSync(path.join(directory, "nginx.conf"), nginxConf(directory, port));
    const { supervisor, next } = supervise(t, {
      nginx: {
        command: [
          "nginx",
          "-p",
          directory,
          "-c",
          "nginx.conf",
          "-e",
          "error.log",
          "-g",
          "daemon off;",
        ],
        environment: { PATH },
        directory,
        stopsignal: "QUIT",
        startsecs: 0.1,
      },
    });
    await supervisor.start();
    const first = await next("PROCESS_STATE_RUNNING");
    assert.equal(await request(port), "hello from the worker");

    process.kill(first.pid, "SIGKILL");
    assert.equal((await next("PROCESS_STATE_EXITED")).signal, "SIGKILL");
    const second = await next("PROCESS_STATE_RUNNING");
    assert.notEqual(second.pid, first.pid);
    assert.equal(await request(port), "hello from the worker");

    await supervisor.stop();
    const stopped = await next("PROCESS_STATE_STOPPED");
    assert.deepEqual([stopped.exitstatus, stopped.signal], [0, null]);
    assert.ok(!existsSync(path.join(directory, "nginx.pid")));
  });
});

describe("redis", { skip: lacks("redis-server") }, () => {
  it("is killed, is back and answers, and is stopped with TERM", async (t) => {
    const directory = scratch(t);
    const socket = path.join(directory, "redis");
    const settings = ["--port", "0", "--unixsocket", socket, "--dir", directory, "--save", "60 1"];
    const { supervisor, next } = supervise(t, {
      redis: { command: ["redis-server", ...settings], startsecs: 0.1 },
    });
    await supervisor.start();
    const first = await next("PROCESS_STATE_RUNNING");
    assert.equal(await ask(socket, "PING"), "+PONG\r\n");

    process.kill(first.pid, "SIGKILL");
    assert.equal((await next("PROCESS_STATE_EXITED")).signal, "SIGKILL");
    const second = await next("PROCESS_STATE_RUNNING");
    assert.notEqual(second.pid, first.pid);
    assert.equal(await ask(socket, "PING"), "+PONG\r\n");
    assert.equal(await ask(socket, "SET key value"), "+OK\r\n");

    await supervisor.stop();
    const stopped = await next("PROCESS_STATE_STOPPED");
    assert.deepEqual([stopped.exitstatus, stopped.signal], [0, null]);
    // it had the time to save
    assert.ok(readFileSync(path.join(directory, "dump.rdb"), "latin1").startsWith("REDIS"));
    assert.match(
      (await supervisor.tail("redis", "stdout", 4096)).toString(),
      /ready to exit, bye bye/,
    );
  });
});

function nginxConf(directory: string, port: number): string {
  const user = process.geteuid?.() === 0 ? "user root;" : "";
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/temp/${name};`)
    .join("\n  ");
  return `${user}
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
worker_processes 2;
events { worker_connections 64; }
http {
  access_log ${directory}/access.log;
  ${temp}
  server {
    listen 127.0.0.1:${port};
    location / { default_type text/plain; return 200 "hello from the worker"; }
  }
}
`;
}

/** Asks until somebody answers: what a server is doing before, it tells nobody. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      return await attempt();
    } catch (error) {
      if (i === 500) throw error;
      await pause(10);
    }
  }
}

async function request(port: number): Promise<string> {
  return patiently(
    () =>
      new Promise<string>((resolve, reject) => {
        get({ port, host: "127.0.0.1", agent: false }, (response) => {
          text(response).then(resolve, reject);
        }).on("error", reject);
      }),
  );
}

async function ask(socketPath: string, words: string): Promise<string> {
  return patiently(
    () =>
      new Promise<string>((resolve, reject) => {
        const socket = createConnection({ path: socketPath }, () => socket.write(`${words}\r\n`));
        socket.setEncoding("utf8").once("data", (answer: string) => {
          socket.destroy();
          resolve(answer);
        });
        socket.on("error", reject);
      }),
  );
}
