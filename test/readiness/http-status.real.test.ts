import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http, { createServer, type IncomingMessage, type RequestListener } from "node:http";
import https from "node:https";
import net, { createServer as createTcpServer, type Socket } from "node:net";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import tls, { type TLSSocket } from "node:tls";
import { freePort } from "../support/free-port.ts";
import { root } from "../support/processes.ts";
import { ask, listen } from "./asking.ts";

const fixtures = path.join(root, "test/fixtures");
const certificate = {
  key: readFileSync(path.join(fixtures, "localhost.key.pem")),
  cert: readFileSync(path.join(fixtures, "localhost.cert.pem")), // signed by itself
};

/** The port of a server that answers with these statuses, the last one for ever. */
function answering(t: TestContext, ...statuses: readonly [number, ...number[]]): Promise<number> {
  let asked = 0;
  const server = createServer((_, response) => {
    const status = statuses[Math.min(asked++, statuses.length - 1)];
    response.writeHead(status as number, { location: "http://127.0.0.1:1/" }).end("x".repeat(100));
  });
  return listen(t, server);
}

/** The port of a server that does this with each connection. */
function serving(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
    t.after(() => socket.destroy());
  });
  return listen(t, server);
}

describe("http", () => {
  it("503, 503, then 200", async (t) => {
    const port = await answering(t, 503, 503, 200);
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await ask(`http://localhost:${port}/`));
    assert.deepEqual(answers, ["HTTP status 503", "HTTP status 503", "ready"]);
  });

  it("a redirect counts as its status, and is not followed", async (t) => {
    const port = await answering(t, 302);
    assert.equal(await ask(`http://localhost:${port}/`), "ready");
    const statuses = "200-299";
    assert.equal(await ask(`http://localhost:${port}/`, { statuses }), "HTTP status 302");
  });

  it("401 counts only if it is said to", async (t) => {
    const port = await answering(t, 401);
    assert.equal(await ask(`http://localhost:${port}/`), "HTTP status 401");
    assert.equal(await ask(`http://localhost:${port}/`, { statuses: "200-399, 401" }), "ready");
  });

  it("no server: the reason is the connection's", async () => {
    const port = await freePort();
    const reason = `connect ECONNREFUSED 127.0.0.1:${port}`;
    assert.equal(await ask(`http://localhost:${port}/`), reason);
    assert.equal(await ask(`https://localhost:${port}/`), reason);
  });

  it("localhost: a server that answers is told of before one that is not there", async (t) => {
    const server = createServer((_, response) => response.writeHead(503).end());
    const port = await listen(t, server, "::1");
    assert.equal(await ask(`http://localhost:${port}/`), "HTTP status 503");
    server.removeAllListeners("request");
    server.on("request", ({ socket }) => socket.resetAndDestroy());
    const reason = "the connection was closed without an answer";
    assert.equal(await ask(`http://localhost:${port}/`), reason);
  });

  it("the request is as a server wants it", async (t) => {
    const requests: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      requests.push(request);
      response.end();
    });
    const port = await listen(t, server);
    const other = await listen(
      t,
      createServer((request, response) => server.emit("request", request, response)),
      "::1",
    );
    await ask(`http://localhost:${port}/health?full=1#top`);
    await ask(`http://[::1]:${other}`);
    const seen = requests.map(({ method, url, httpVersion, rawHeaders }) =>
      [`${method} ${url} ${httpVersion}`].concat(rawHeaders),
    );
    const rest = ["Accept", "*/*", "User-Agent", "libsupervisor", "Connection", "close"];
    assert.deepEqual(seen, [
      ["GET /health?full=1 1.1", "Host", `localhost:${port}`, ...rest],
      ["GET / 1.1", "Host", `[::1]:${other}`, ...rest],
    ]);
  });

  it("a status that comes in single bytes, after two interim answers", async (t) => {
    const answer =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 204 No";
    const port = await serving(t, (socket) => {
      socket.setNoDelay(true);
      void (async () => {
        for (const byte of `${answer}\r\n`) {
          socket.write(byte);
          await turn();
        }
      })();
    });
    assert.equal(await ask(`http://localhost:${port}/`), "ready");
  });

  it("the connection is closed as soon as the status is there", async (t) => {
    const sockets: Socket[] = [];
    const port = await serving(t, (socket) => {
      sockets.push(socket);
      socket.resume().write("HTTP/1.1 200 OK\r\n");
    });
    assert.equal(await ask(`http://localhost:${port}/`), "ready");
    const [socket] = sockets;
    if (socket?.closed === false) await once(socket, "close");
  });

  it("a server that says nothing", async (t) => {
    const port = await serving(t, (socket) => socket.resume());
    const limitMs = 20;
    assert.equal(
      await ask(`http://localhost:${port}/`, { limitMs }),
      "no answer within 0.02 seconds",
    );
    assert.equal(
      await ask(`https://localhost:${port}/`, { limitMs }),
      "no answer within 0.02 seconds",
    );
  });

  const closing: readonly [how: string, close: (socket: Socket) => void][] = [
    ["at once", (socket) => socket.destroy()],
    ["with a reset", (socket) => socket.resetAndDestroy()],
    ["when it was asked", (socket) => socket.once("data", () => socket.end())],
    [
      "when it was asked, with a reset",
      (socket) => socket.once("data", () => socket.resetAndDestroy()),
    ],
    ["within the status line", (socket) => socket.end("HTTP/1.1 200 OK")],
  ];
  for (const [how, close] of closing) {
    it(`a server that closes ${how}: always the same reason`, async (t) => {
      const port = await serving(t, close);
      const urls = [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`];
      const isTls = how === "within the status line"; // which is no TLS
      for (const url of isTls ? urls.slice(0, 1) : urls) {
        const answers = new Set<string>();
        for (let i = 0; i < 20; i++) answers.add(await ask(url));
        assert.deepEqual([...answers], ["the connection was closed without an answer"]);
      }
    });
  }

  it("a server of another protocol, and one that never ends its line", async (t) => {
    const ssh = await serving(t, (socket) => socket.write("SSH-2.0-OpenSSH_9.6\r\n"));
    assert.equal(await ask(`http://localhost:${ssh}/`), "the answer is not HTTP");
    const endless = await serving(t, (socket) => {
      socket.write("HTTP/1.1 200 ");
      const more = () => {
        while (!socket.destroyed && socket.write("x".repeat(1000)));
      };
      socket.on("drain", more);
      more();
    });
    assert.equal(await ask(`http://localhost:${endless}/`), "no HTTP status in 16384 bytes");
  });
});

describe("https", () => {
  const statusOf = (t: TestContext, options: https.ServerOptions, serve: RequestListener) =>
    listen(t, https.createServer({ ...certificate, ...options }, serve));

  it("a certificate that is signed by itself, for another name, counts", async (t) => {
    const port = await statusOf(t, {}, (_, response) => response.writeHead(204).end());
    assert.equal(await ask(`https://localhost:${port}/`), "ready");
    assert.equal(await ask(`https://127.0.0.1:${port}/`), "ready");
    assert.equal(await ask(`https://127.0.0.1:${port}/`, { statuses: "200" }), "HTTP status 204");
  });

  it("names are sent for SNI, addresses are not, and HTTP/1.1 is asked for", async (t) => {
    const seen: (string | false | null | undefined)[][] = [];
    const options = { ALPNProtocols: ["h2", "http/1.1"] };
    const port = await statusOf(t, options, (request, response) => {
      const { servername, alpnProtocol } = request.socket as TLSSocket & { servername?: string };
      seen.push([servername, alpnProtocol]);
      response.end();
    });
    await ask(`https://localhost:${port}/`);
    await ask(`https://127.0.0.1:${port}/`);
    assert.deepEqual(seen, [
      ["localhost", "http/1.1"],
      [false, "http/1.1"],
    ]);
  });

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    it(`${version}: a server that wants a certificate of ours: always the same reason`, async (t) => {
      const options = {
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: version,
        maxVersion: version,
      };
      const port = await statusOf(t, options, (_, response) => response.end());
      const answers = new Set<string>();
      for (let i = 0; i < 10; i++) answers.add(await ask(`https://127.0.0.1:${port}/`));
      assert.equal(answers.size, 1);
      // Node's server closes the connection without a reason
      assert.match([...answers].join(), /^(?:TLS: |the connection was closed)/);
    });
  }

  it("a server without TLS, and one with TLS that is asked without", async (t) => {
    const plain = await answering(t, 200);
    const reason = await ask(`https://127.0.0.1:${plain}/`);
    assert.match(reason, /^TLS: [a-z ]+$|^the connection was closed/);
    assert.equal(await ask(`https://127.0.0.1:${plain}/`), reason);
    const secure = await statusOf(t, {}, (_, response) => response.end());
    const answer = await ask(`http://127.0.0.1:${secure}/`);
    assert.equal(answer, "the connection was closed without an answer");
  });

  it("a host that can do no TLS has a reason, and goes on", async (t) => {
    const port = await answering(t, 200);
    const { TLSSocket: original } = tls;
    t.after(() => {
      tls.TLSSocket = original;
    });
    const refuse = function refuse() {
      throw new Error("no TLS here");
    };
    tls.TLSSocket = refuse as unknown as typeof original;
    assert.equal(await ask(`https://127.0.0.1:${port}/`), "no TLS here");
  });

  it("a hundred attempts leave no socket", async (t) => {
    const port = await statusOf(t, {}, (_, response) => response.end());
    const open = () =>
      process.getActiveResourcesInfo().filter((name) => /Socket/.test(name)).length;
    const before = open();
    const attempts = Array.from({ length: 100 }, () => ask(`https://localhost:${port}/`));
    assert.deepEqual(new Set(await Promise.all(attempts)), new Set(["ready"]));
    for (let i = 0; i < 1000 && open() > before; i++) await turn(); // the server's, too
    assert.equal(open(), before);
  });
});

describe("what a host does with its network", () => {
  it("proxies of the environment are not asked", async (t) => {
    const port = await answering(t, 200);
    const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    const before = { ...process.env };
    t.after(() => {
      for (const name of [...names, "NODE_USE_ENV_PROXY"]) delete process.env[name];
      Object.assign(process.env, before);
    });
    for (const name of names) process.env[name] = "http://127.0.0.1:1";
    process.env["NODE_USE_ENV_PROXY"] = "1";
    assert.equal(await ask(`http://localhost:${port}/`), "ready");
  });

  it("mocks are not asked: http, fetch, agents, net.connect() and tls.connect() are not used", async (t) => {
    const port = await answering(t, 200);
    const server = https.createServer(certificate, (_, response) => response.end());
    const securePort = await listen(t, server);
    const refuse = () => {
      throw new Error("a mock was asked");
    };
    for (const [module, names] of [
      [http, ["request", "get", "ClientRequest"]],
      [https, ["request", "get"]],
      [net, ["connect", "createConnection"]],
      [tls, ["connect"]],
      [globalThis, ["fetch", "setTimeout", "setImmediate"]],
    ] as [Record<string, unknown>, string[]][]) {
      for (const name of names) {
        const original = module[name];
        module[name] = refuse;
        t.after(() => {
          module[name] = original;
        });
      }
    }
    assert.equal(await ask(`http://localhost:${port}/`), "ready");
    assert.equal(await ask(`https://localhost:${securePort}/`), "ready");
  });
});
