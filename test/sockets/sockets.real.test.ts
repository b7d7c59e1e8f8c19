/** A listening socket that processes share. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Supervisor } from "../../src/index.ts";
import { Client, fcgi, visit } from "../support/fcgi.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/guards.ts";
import { MARK, needsRoot, scratch } from "../support/processes.ts";
import { refusal, supervise } from "../support/real-supervisor.ts";
import { noPython } from "../support/python.ts";

const skip = process.platform === "win32" ? "Windows passes no sockets" : noPython;

/** A directory, and the socket in it. */
function place(t: TestContext): { file: string; url: string; where: { path: string } } {
  const file = path.join(scratch(t), "web.sock");
  return { file, url: `unix://${file}`, where: { path: file } };
}

const two = { numprocs: 2, process_name: "%(process_num)d" };

describe("a shared socket", { skip }, () => {
  it("is the standard input of all processes, and blocks in accept()", async (t) => {
    const { url, where } = place(t);
    const { supervisor, channel } = supervise(t, { web: fcgi(url, two) });
    await supervisor.start();
    const pids = [await channel.pid("up"), await channel.pid("up")];
    for (const _ of pids) assert.equal(await channel.hear(/^nonblocking (.*)$/), "False");
    const [one, other] = [await Client.connect(where), await Client.connect(where)];
    const served = await Promise.all([one.server(), other.server()]);
    assert.deepEqual(new Set(served), new Set(pids)); // one at a time each
    const third = await Client.connect(where);
    one.close();
    assert.equal(await third.server(), served[0]);
    for (const client of [other, third]) client.close();
  });

  it("tcp: is free again after the shutdown", async (t) => {
    const port = await freePort();
    const { supervisor } = supervise(t, { web: fcgi(`tcp://localhost:${port}`) });
    await supervisor.start();
    assert.equal(await visit({ host: "127.0.0.1", port }), supervisor.process("web")?.pid);
    await supervisor.shutdown();
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  });

  it("keeps connections while nobody runs, and over a restart", async (t) => {
    const { url, where } = place(t);
    const { supervisor } = supervise(t, { web: fcgi(url) });
    await supervisor.start();
    const web = supervisor.process("web");
    const former = await visit(where);
    await supervisor.stop();
    const waiting = await Promise.all(Array.from({ length: 50 }, () => Client.connect(where)));
    for (let i = 0; i < 100; i++) await new Promise(setImmediate);
    assert.ok(!waiting.some(({ isServed }) => isServed)); // nor has the host closed them
    await supervisor.start();
    for (const client of waiting) {
      assert.equal(await client.server(), web?.pid);
      client.close();
    }
    assert.notEqual(web?.pid, former);
  });

  it("refuses and loses no connection while the processes are restarted", async (t) => {
    const { url, where } = place(t);
    const { supervisor } = supervise(t, { web: fcgi(url) });
    await supervisor.start();
    const servers = new Set<number>();
    const over = new AbortController();
    const clients = Array.from({ length: 3 }, async () => {
      while (!over.signal.aborted) servers.add(await visit(where));
    });
    for (let i = 0; i < 5; i++) {
      const before = servers.size;
      await until(() => servers.size > before);
      await supervisor.restart();
    }
    over.abort();
    await Promise.all(clients);
  });

  it("has the mode and the owner that are asked for", { skip: needsRoot }, async (t) => {
    const [own, given, users] = [place(t), place(t), place(t)];
    const { supervisor, channel } = supervise(t, {
      own: fcgi(own.url),
      given: fcgi(given.url, { socket_owner: "nobody:0", socket_mode: 0o666 }),
      users: fcgi(users.url, { user: "nobody" }),
    });
    await supervisor.start();
    for (let i = 0; i < 3; i++) await channel.pid("up");
    const look = ({ file }: { file: string }) => {
      const { mode, uid, gid } = lstatSync(file);
      return [mode & 0o7777, uid, gid];
    };
    const { uid, gid } = lstatSync(users.file);
    assert.ok(uid > 0 && gid > 0);
    assert.deepEqual(look(own), [0o700, 0, process.getegid?.()]);
    assert.deepEqual(look(given), [0o666, uid, 0]);
    assert.deepEqual(look(users), [0o700, uid, gid]);
  });

  it("goes with its program, and stays with it over an update", async (t) => {
    const { file, url, where } = place(t);
    const programs = { web: fcgi(url), other: fcgi(place(t).url) };
    const { supervisor, channel } = supervise(t, programs);
    const heard = async (count: number) => {
      for (let i = 0; i < count; i++) await channel.pid("up");
    };
    assert.ok(!existsSync(file));
    await supervisor.start();
    await heard(2);
    const { ino } = lstatSync(file);
    await supervisor.stop();
    await supervisor.start();
    await heard(2);
    const environment = { ...supervisor.settings.environment };
    await supervisor.update({ environment, programs: { ...programs, web: fcgi(url, two) } });
    await heard(2);
    assert.equal(lstatSync(file).ino, ino);
    await visit(where);
    await supervisor.update({
      environment,
      programs: { ...programs, web: fcgi(url, { ...two, socket_mode: "0777" }) },
    });
    await heard(2);
    assert.equal(lstatSync(file).mode & 0o777, 0o777); // another one, at the same place
    await visit(where);
    await supervisor.remove("web");
    assert.ok(!existsSync(file));
    assert.equal(existsSync(programs.other.socket?.slice("unix://".length) ?? ""), true);
  });

  it("is shared by the processes of two groups", async (t) => {
    const { url, where } = place(t);
    const { supervisor } = supervise(
      t,
      { web: fcgi(url) },
      { groups: { one: { programs: ["web"] }, two: { programs: ["web"] } } },
    );
    await supervisor.start();
    const clients = [await Client.connect(where), await Client.connect(where)];
    const served = await Promise.all(clients.map((client) => client.server()));
    const pids = supervisor.status().map(({ pid }) => pid);
    assert.deepEqual(new Set(served), new Set(pids));
    for (const client of clients) client.close();
  });

  it("takes the place of one on which nobody listens", async (t) => {
    const { file, url, where } = place(t);
    const bind = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])";
    spawnSync("python3", ["-c", bind, file]);
    assert.ok(existsSync(file));
    const { supervisor } = supervise(t, { web: fcgi(url) });
    await supervisor.start();
    assert.equal(await visit(where), supervisor.process("web")?.pid);
  });

  it("is tried again where somebody listens, who is left alone", async (t) => {
    const { file, url, where } = place(t);
    const server = createServer().listen(file);
    await once(server, "listening");
    const { supervisor, next } = supervise(t, { web: fcgi(url, { startretries: 1 }) });
    const started = supervisor.start();
    await next("PROCESS_STATE_BACKOFF");
    const why = `Could not create FastCGI socket ${url}: EADDRINUSE`;
    assert.equal(supervisor.process("web")?.info().spawnerr, why);
    assert.ok(existsSync(file));
    server.close(); // and its file is gone
    await started;
    assert.equal(await visit(where), supervisor.process("web")?.pid);
  });

  it("is refused where a file is that is none, or nothing can be", async (t) => {
    const { file, url } = place(t);
    const target = `${file}.target`;
    writeFileSync(target, "precious");
    symlinkSync(target, file);
    const port = await freePort();
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    const never = { startretries: 0 };
    const { supervisor } = supervise(t, {
      link: fcgi(url, never),
      nowhere: fcgi("unix:///nowhere/web.sock", never),
      taken: fcgi(`tcp://127.0.0.1:${port}`, never),
      unknown: fcgi("tcp://no-such-host.invalid:9000", never),
    });
    await refusal(supervisor.start());
    const why = (name: string) =>
      supervisor.process(name)?.info().spawnerr.replace("Could not create FastCGI socket ", "");
    assert.equal(why("link"), `${url}: EEXIST: there is a file that is no socket`);
    assert.match(String(why("nowhere")), /^unix:\/\/\/nowhere\/web\.sock: (?:ENOENT|EACCES)$/);
    assert.equal(why("taken"), `tcp://127.0.0.1:${port}: EADDRINUSE`);
    assert.match(String(why("unknown")), /^tcp:\/\/no-such-host\.invalid:9000: E/);
    assert.equal(lstatSync(target).size, 8);
    server.close();
  });

  it("is there again after a restart where its file was removed", async (t) => {
    const { file, url, where } = place(t);
    const { supervisor } = supervise(t, { web: fcgi(url) });
    await supervisor.start();
    await visit(where);
    rmSync(file);
    await supervisor.restart();
    assert.equal(await visit(where), supervisor.process("web")?.pid);
  });

  it("is not left where the program is stopped before it is open", async (t) => {
    const { file, url, where } = place(t);
    const { supervisor } = supervise(t, { web: fcgi(url) });
    const first = refusal(supervisor.start());
    await supervisor.stop();
    assert.equal((await first).code, "ABNORMAL_TERMINATION");
    await supervisor.start();
    assert.equal(await visit(where), supervisor.process("web")?.pid);
    await supervisor.shutdown();
    assert.ok(!existsSync(file));
  });

  it("that another process has replaced stays there", async (t) => {
    const { file, url } = place(t);
    const { supervisor } = supervise(t, { web: fcgi(url) });
    await supervisor.start();
    writeFileSync(`${file}.new`, "his");
    renameSync(`${file}.new`, file);
    await supervisor.shutdown();
    assert.deepEqual(readdirSync(path.dirname(file)), ["web.sock"]);
    assert.equal(lstatSync(file).size, 3);
  });

  it("leaves no descriptor and no thread", { skip: !existsSync("/proc/self/task") }, async (t) => {
    const { file, url } = place(t);
    mkdirSync(`${file}.d`);
    const held = () => [
      readdirSync("/proc/self/fd").length,
      readdirSync("/proc/self/task").length,
      process.listenerCount("exit"),
    ];
    const { channel, mark } = supervise(t, {});
    const environment = { [MARK]: mark, CHANNEL: channel.path };
    const round = async () => {
      const supervisor = new Supervisor({
        environment,
        programs: {
          web: fcgi(url),
          tcp: fcgi(`tcp://127.0.0.1:${await freePort()}`),
          bad: fcgi(`unix://${file}.d`, { startretries: 0 }),
        },
      });
      await refusal(supervisor.start());
      await supervisor.restart("web");
      await supervisor.shutdown();
    };
    await round(); // what it has opened for good is no leak
    await pause(100); // the thread is on its way out; on a busy machine it may still be there
    const before = held();
    for (let i = 0; i < 3; i++) await round();
    await until(() => held().every((count, i) => count <= (before[i] ?? 0)));
  });
});
