import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Answer } from "../../src/ports/prober.ts";
import { SocketPool } from "../../src/readiness/socket-pool.ts";
import { SystemProber } from "../../src/readiness/system-prober.ts";
import { systemClock } from "../../src/system/clock.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { freePort } from "../support/free-port.ts";
import { scratch } from "../support/processes.ts";
import { ask, listen, probeOf, textOf } from "./asking.ts";

const run = promisify(execFile);
const source = path.resolve(import.meta.dirname, "../../src");
const needsNetwork =
  spawnSync("unshare", ["-nm", "true"]).status === 0 ? false : "unshare cannot make a network here";

/** The code that a host begins with: `prober`, and `ask(probe)`. */
const host = `
  import { createServer, Socket } from "node:net";
  const { SystemProber } = await import(${url("readiness/system-prober.js")});
  const { parseProbeUrl } = await import(${url("readiness/probe-url.js")});
  const { systemClock } = await import(${url("system/clock.js")});
  const prober = new SystemProber(systemClock);
  const ask = (url, limitMs = 60_000) => new Promise((resolve) => {
    prober.attempt(parseProbeUrl(url, [[200, 399]]), limitMs, ({ isReady, reason }) =>
      resolve(isReady ? "ready" : reason));
  });
`;

function url(file: string): string {
  return JSON.stringify(pathToFileURL(path.join(source, file)).href);
}

/** Runs a host to its end, and returns what it said. */
async function told(code: string, wrapper: readonly string[] = []): Promise<string> {
  const words = [...wrapper, process.execPath, "--input-type=module", "-e", host + code];
  const limit = { timeout: 60_000, killSignal: "SIGKILL" } as const;
  const { stdout } = await run(words[0] as string, words.slice(1), limit);
  return stdout;
}

/** A server that takes connections and says nothing, and the connections. */
function silent(t: TestContext): { server: Server; sockets: Set<Socket> } {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { server, sockets };
}

/** The number of open descriptors. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

const isLinux = process.platform === "linux";

describe("tcp", () => {
  it("a port where a process listens is ready; the connection is closed at once", async (t) => {
    const { server, sockets } = silent(t);
    const port = await listen(t, server);
    const connected = once(server, "connection") as Promise<[Socket]>;
    assert.equal(await ask(`tcp://127.0.0.1:${port}`), "ready");
    const [socket] = await connected;
    if (!socket.closed) await once(socket, "close");
    assert.equal(socket.bytesRead, 0);
    assert.equal(sockets.size, 0);
  });

  it("a port where no process listens", async () => {
    const port = await freePort();
    const reason = `connect ECONNREFUSED 127.0.0.1:${port}`;
    assert.equal(await ask(`tcp://127.0.0.1:${port}`), reason);
    assert.equal(await ask(`tcp://localhost:${port}`), reason);
    assert.equal(await ask(`tcp://[::1]:${port}`), `connect ECONNREFUSED [::1]:${port}`);
  });

  for (const address of ["127.0.0.1", "::1"]) {
    it(`localhost: a server on ${address} alone is found`, async (t) => {
      const port = await listen(t, createServer(), address);
      assert.equal(await ask(`tcp://localhost:${port}`), "ready");
      const other = address === "::1" ? "127.0.0.1" : "[::1]";
      assert.match(await ask(`tcp://${other}:${port}`), /^connect ECONNREFUSED/);
    });
  }

  it("a name is looked up, and all its addresses are asked", { skip: needsNetwork }, async (t) => {
    const hosts = path.join(scratch(t), "hosts");
    writeFileSync(hosts, "127.0.0.2 db.test\n127.0.0.3 db.test\n::1 db.test\n");
    const wrapper = ["unshare", "-nm", "sh", "-c"];
    const setup = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"';
    const code = `
      const serve = (address) => new Promise((done) => {
        const server = createServer().listen({ port: 81, host: address }, () => done(server));
      });
      for (const address of ["127.0.0.2", "127.0.0.3", "::1"]) {
        const server = await serve(address);
        console.log(await ask("tcp://db.test:81"));
        server.close();
      }
      console.log(/^connect ECONNREFUSED .*:81$/.test(await ask("tcp://db.test:81")));
      await serve("127.0.0.3");
      // more at once than are looked up at once
      console.log(...await Promise.all(Array.from({ length: 50 }, () => ask("tcp://db.test:81"))));
      process.exit();`;
    const stdout = await told(code, [...wrapper, setup, hosts]);
    assert.equal(stdout, `ready\nready\nready\ntrue\n${Array(50).fill("ready").join(" ")}\n`);
  });

  it("a name that does not exist", async () => {
    const reason = await ask("tcp://db.invalid:5432");
    assert.match(reason, /^getaddrinfo (?:ENOTFOUND|EAI_AGAIN) db\.invalid$/);
    assert.equal(await ask("http://db.invalid:5432"), reason);
  });

  it(
    "an address that cannot be reached: the reason is always the same",
    { skip: needsNetwork },
    async () => {
      const code = `
      console.log(await ask("tcp://192.0.2.1:80"));
      console.log(await ask("http://[2001:db8::1]:80"));
      console.log(await ask("tcp://localhost:81"));`;
      const lines = (await told(code, ["unshare", "-n"])).split("\n");
      assert.equal(lines[0], "connect ENETUNREACH 192.0.2.1:80");
      assert.match(lines[1] ?? "", /^connect (?:ENETUNREACH|EADDRNOTAVAIL) \[2001:db8::1\]:80$/);
      assert.match(lines[2] ?? "", /^connect (?:ENETUNREACH|EADDRNOTAVAIL) 127\.0\.0\.1:81$/); // lo is down
    },
  );

  it("a machine without IPv6: localhost is 127.0.0.1", { skip: needsNetwork }, async () => {
    const setup = "ip link set lo up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1";
    const wrapper = ["unshare", "-n", "sh", "-c", `${setup} && exec "$@"`, "sh"];
    const code = `
      console.log(await ask("tcp://localhost:81"));
      const server = createServer().listen(81, "127.0.0.1", async () => {
        console.log(await ask("tcp://localhost:81"));
        server.close();
      });`;
    assert.equal(await told(code, wrapper), "connect ECONNREFUSED 127.0.0.1:81\nready\n");
  });

  it("a socket that was connected to itself is none", { skip: needsNetwork }, async () => {
    // with one port to choose from, each connection to it is one to itself
    const setup =
      'ip link set lo up && echo "40000 40000" > /proc/sys/net/ipv4/ip_local_port_range';
    const wrapper = ["unshare", "-n", "sh", "-c", `${setup} && exec "$@"`, "sh"];
    const code = `
      const plain = new Socket();
      plain.connect({ host: "127.0.0.1", port: 40_000 }, async () => {
        console.log("connected");
        plain.resetAndDestroy();
        console.log(await ask("tcp://127.0.0.1:40000"));
      });`;
    assert.equal(await told(code, wrapper), "connected\nconnect ECONNREFUSED 127.0.0.1:40000\n");
  });
});

describe("unix", () => {
  it("a socket that is not there, that nobody listens on, that a process listens on", async (t) => {
    const file = path.join(scratch(t), "a b.sock");
    const probe = probeOf(`unix://${file.replace(" ", "%20")}`);
    assert.equal(await ask(probe), `there is no ${file}`);
    writeFileSync(file, "");
    assert.equal(await ask(probe), `connect ECONNREFUSED ${file}`);
    rmSync(file);
    const server = createServer().listen(file);
    t.after(() => server.close());
    await once(server, "listening");
    assert.equal(await ask(probe), "ready");
  });
});

describe("file", () => {
  const prober = new SystemProber(systemClock);

  it("a file that is there, or not", async (t) => {
    const file = path.join(scratch(t), "ready");
    assert.equal(await ask({ kind: "file", path: file }), `there is no ${file}`);
    assert.equal(prober.fileId(file), undefined);
    writeFileSync(file, "");
    assert.equal(await ask({ kind: "file", path: file }), "ready");
    assert.equal(await ask({ kind: "file", path: `${file}/x` }), `there is no ${file}/x`);
    assert.equal(prober.fileId(`${file}/x`), undefined);
  });

  const changes: readonly [how: string, change: (file: string, directory: string) => void][] = [
    ["touched", (file) => utimesSync(file, 2, 2)],
    [
      "longer",
      (file) => {
        writeFileSync(file, "ab");
        utimesSync(file, 1, 1);
      },
    ],
    [
      "another one",
      (file, directory) => {
        rmSync(file);
        symlinkSync(path.join(directory, "other"), file);
      },
    ],
  ];
  for (const [how, change] of changes) {
    it(`the file from before the start does not count until it is ${how}`, async (t) => {
      const directory = scratch(t);
      const file = path.join(directory, "ready");
      for (const one of [file, path.join(directory, "other")]) {
        writeFileSync(one, "a");
        utimesSync(one, 1, 1);
      }
      const before = prober.fileId(file) as string;
      assert.equal(typeof before, "string");
      const probe = { kind: "file", path: file, before } as const;
      assert.equal(await ask(probe), `${file} is still the one from before the start`);
      change(file, directory);
      assert.equal(await ask(probe), "ready");
    });
  }

  it("what cannot be looked at has a reason", async (t) => {
    const file = path.join(scratch(t), "loop");
    symlinkSync(file, file);
    assert.equal(await ask({ kind: "file", path: file }), `stat ELOOP ${file}`);
    assert.match(await ask({ kind: "file", path: "/a\0b" }), /^stat ERR_INVALID_ARG_VALUE /);
    assert.match(await ask({ kind: "file", path: "/a\0c" }), /^stat ERR_INVALID_ARG_VALUE /);
    assert.equal(await ask({ kind: "file", path: "/" }), "ready");
  });
});

describe("the limit", () => {
  /** A prober in virtual time, that asks a server which says nothing. */
  async function asking(t: TestContext, limitMs: number, pool = new SocketPool(32)) {
    const clock = new FakeClock();
    const prober = new SystemProber(clock, pool);
    const { server, sockets } = silent(t);
    const port = await listen(t, server);
    const answers: Answer[] = [];
    const asked = async () => {
      const connected = once(server, "connection");
      const giveUp = prober.attempt(probeOf(`http://127.0.0.1:${port}/`), limitMs, (answer) =>
        answers.push(answer),
      );
      await connected;
      return giveUp;
    };
    return { clock, prober, sockets, port, server, answers, asked };
  }

  for (const [limitMs, seconds] of [
    [5000, "5 seconds"],
    [1000, "1 second"],
    [500, "0.5 seconds"],
  ] as const) {
    it(`no answer within ${seconds}: the connection is closed`, async (t) => {
      const { clock, sockets, answers, asked } = await asking(t, limitMs);
      await asked();
      clock.advance(limitMs - 1);
      assert.deepEqual(answers, []);
      clock.advance(1);
      assert.deepEqual(answers, [{ isReady: false, reason: `no answer within ${seconds}` }]);
      assert.equal(clock.pending, 0);
      for (const socket of sockets) await once(socket, "close");
    });
  }

  it("is late if the host was stopped", async (t) => {
    const { clock, answers, asked } = await asking(t, 5000);
    await asked();
    clock.stall(5250);
    clock.advance(0);
    await asked();
    clock.stall(5251);
    clock.advance(0);
    const reason = "no answer within 5 seconds";
    assert.deepEqual(answers, [
      { isReady: false, reason },
      { isReady: false, reason, isLate: true },
    ]);
  });

  it("no timer is left after an answer", async () => {
    const clock = new FakeClock();
    const by = new SystemProber(clock);
    const port = await freePort();
    assert.match(await ask(`tcp://127.0.0.1:${port}`, { by }), /ECONNREFUSED/);
    assert.match(await ask("tcp://db.invalid:1", { by }), /getaddrinfo/);
    assert.equal(await ask({ kind: "file", path: "/" }, { by }), "ready");
    assert.equal(clock.pending, 0);
  });

  it("counts from the beginning of an attempt, which waits for free sockets", async (t) => {
    const pool = new SocketPool(1);
    const { clock, prober, port, server, answers, asked } = await asking(t, 5000, pool);
    const giveUp = await asked();
    const others: string[] = [];
    const connected = once(server, "connection");
    prober.attempt(probeOf(`http://127.0.0.1:${port}/`), 1000, (answer) => {
      others.push(textOf(answer));
    });
    clock.advance(4000);
    await turn();
    assert.deepEqual(others, []);
    giveUp();
    await connected;
    clock.advance(999);
    assert.deepEqual(others, []);
    clock.advance(1);
    assert.deepEqual(others, ["no answer within 1 second"]);
    assert.deepEqual(answers, []);
    assert.equal(clock.pending, 0);
  });

  it("32 sockets at most are open for all probers; the rest is served in order", async (t) => {
    const { server } = silent(t);
    const port = await listen(t, server);
    const clock = new FakeClock();
    const probers = [new SystemProber(clock), new SystemProber(clock)];
    const answered: number[] = [];
    const connections: Socket[] = [];
    server.on("connection", (socket) => connections.push(socket));
    const until = async (count: number) => {
      while (connections.length < count) await once(server, "connection");
      for (let i = 0; i < 20; i++) await turn(); // more would come
      assert.equal(connections.length, count);
    };
    for (let i = 0; i < 70; i++) {
      const probe = probeOf(`http://127.0.0.1:${port}/`);
      probers[i % 2]?.attempt(probe, 1000, () => answered.push(i));
    }
    await until(32);
    clock.advance(1000);
    await until(64);
    clock.advance(1000);
    await until(70);
    clock.advance(1000);
    assert.deepEqual(answered, [...Array(70).keys()]);
    assert.equal(clock.pending, 0);
  });
});

describe("giving up", () => {
  const clock = new FakeClock();
  const prober = new SystemProber(clock);
  const never = () => assert.fail("an answer came");

  it("before, during and after the connection: no answer, no timer, no connection", async (t) => {
    const { server, sockets } = silent(t);
    const port = await listen(t, server);
    const probes = ["tcp", "http", "https"].map((scheme) =>
      probeOf(`${scheme}://127.0.0.1:${port}`),
    );
    for (const probe of probes) {
      const giveUp = prober.attempt(probe, 5000, never);
      giveUp();
      giveUp();
    }
    for (const probe of probes.slice(1)) {
      const connected = once(server, "connection");
      const giveUp = prober.attempt(probe, 5000, never);
      await connected;
      await turn();
      giveUp();
    }
    for (const socket of sockets) await once(socket, "close");
    const refused = await freePort();
    prober.attempt(probeOf(`tcp://localhost:${refused}`), 5000, never)();
    prober.attempt(probeOf("tcp://db.invalid:1"), 5000, never)();
    prober.attempt({ kind: "file", path: "/" }, 5000, never)();
    assert.equal(await ask("tcp://db.invalid:1").then(() => "over"), "over");
    assert.equal(await ask({ kind: "file", path: "/" }), "ready");
    assert.equal(clock.pending, 0);
  });

  it("from inside the answer is nothing", async () => {
    const port = await freePort();
    const reason = await new Promise((resolve) => {
      const giveUp = prober.attempt(probeOf(`tcp://127.0.0.1:${port}`), 5000, (answer) => {
        giveUp();
        resolve(textOf(answer));
      });
    });
    assert.equal(reason, `connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it("a thousand attempts leave no descriptor", { skip: !isLinux && "no /proc" }, async (t) => {
    const { server, sockets } = silent(t);
    const port = await listen(t, server);
    const refused = await freePort();
    assert.equal(await ask(`tcp://127.0.0.1:${port}`), "ready");
    const clean = async () => {
      while (sockets.size > 0) await turn();
      await turn();
    };
    await clean();
    const before = descriptors();
    const attempts = Array.from({ length: 1000 }, async (_, i) => {
      if (i % 4 === 0) return ask(`tcp://localhost:${port}`);
      if (i % 4 === 1) return ask(`tcp://localhost:${refused}`);
      const giveUp = prober.attempt(probeOf(`http://127.0.0.1:${port}`), 5000, never);
      await ask(`tcp://127.0.0.1:${port}`);
      giveUp();
      return "gave up";
    });
    const answers = await Promise.all(attempts);
    assert.equal(answers.filter((answer) => answer === "ready").length, 250);
    await clean();
    assert.ok(descriptors() <= before); // Node may close one of its own meanwhile
  });
});

describe("the host", () => {
  it("is not kept alive by a server that says nothing", async (t) => {
    const port = await serveSilently(t);
    for (const scheme of ["http", "https"]) {
      const stdout = await told(`
        void ask("${scheme}://localhost:${port}/").then(() => console.log("answered"));
        // the connection itself is waited for
        const other = new Socket().connect(${port}, "127.0.0.1", () => setTimeout(() => other.destroy(), 50));
        process.on("exit", () => console.log("over"));`);
      assert.equal(stdout, "over\n");
    }
  });
});

/** The port of a server in another process, which says nothing. */
async function serveSilently(t: TestContext): Promise<number> {
  const code = `require("net").createServer((s) => s.on("error", () => {}).resume())
    .listen(0, function () { console.log(this.address().port) });
    process.stdin.resume().on("end", () => process.exit())`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(async () => {
    child.stdin.end();
    await once(child, "exit");
  });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return Number(port);
}
