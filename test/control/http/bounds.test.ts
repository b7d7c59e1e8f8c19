import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it, mock } from "node:test";
import { encodeCall } from "../../../src/control/rpc/codec.ts";
import { ask, open, raw, rpc, served } from "../client.ts";

const version = encodeCall({ method: "supervisor.getVersion", params: [] });
const post = (length: number | string, body = "") =>
  `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe("the bounds of a server", () => {
  it("a body without a length is refused, and one that is too long before it has come", async (t) => {
    const { server } = await served(t, { requestBytes: 200 });
    const chunked =
      "POST /RPC2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n";
    assert.match(await raw(server, chunked), /^HTTP\/1.1 411 /);
    const none = "POST /RPC2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert.match(await raw(server, none), /^HTTP\/1.1 411 /);
    assert.match(await raw(server, post(201)), /^HTTP\/1.1 413 [^]*\r\nConnection: close\r\n/);
    assert.match(await raw(server, post("1e3")), /^HTTP\/1.1 400 /);
    assert.match(await raw(server, post("99999999999999999999")), /^HTTP\/1.1 4\d\d /);
    assert.deepEqual(await rpc(server, "supervisor.getVersion"), { value: "3.0" });
  });

  it("headers beyond 16 KiB are refused", async (t) => {
    const { server } = await served(t);
    const head = `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`;
    assert.match(await raw(server, head), /^HTTP\/1.1 431 /);
  });

  it("connections beyond the number are closed, and there is room again when one has gone", async (t) => {
    const { server } = await served(t, { connections: 2 });
    const [first, second] = [open(server), open(server)] as const;
    await Promise.all([once(first, "connect"), once(second, "connect")]);
    assert.equal(await raw(server, "GET /nothing HTTP/1.0\r\n\r\n"), "");
    second.destroy();
    await once(second, "close");
    let answer = "";
    while (answer === "") answer = await raw(server, "GET /nothing HTTP/1.0\r\n\r\n"); // it has to hear of it
    assert.match(answer, /^HTTP\/1.1 404 /);
    first.destroy();
  });

  it("who never finishes a request is not waited for", async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const { server } = await served(t);
    const beginnings = ["", "GET / HTTP/1.1\r\nHost: a\r\nX:", post(10, "12345")];
    for (const beginning of beginnings) {
      const socket = open(server).resume();
      await once(socket, "connect");
      if (beginning !== "") socket.write(beginning);
      // a request on another connection is answered after what this one sent was read
      await ask(server);
      await ask(server);
      const closed = once(socket, "close");
      assert.equal(socket.closed, false);
      mock.timers.tick(31_000);
      await closed;
    }
  });

  it("who sends on and on without taking an answer is cut off", async (t) => {
    const { server } = await served(t, {}, { programs: { p: { command: "sleep 9" } } });
    const waiting = `GET /logtail/p HTTP/1.1\r\nHost: a\r\n\r\n`;
    const socket = open(server).resume();
    socket.write(waiting.repeat(40));
    await once(socket, "close");
  });

  it("a client that keeps its connection gets many answers on it, one that does not gets one", async (t) => {
    const { server } = await served(t);
    const whole = post(version.length, version);
    const twice = await raw(server, whole + whole.replace("\r\n", "\r\nConnection: close\r\n"));
    assert.equal(twice.split("HTTP/1.1 200 OK").length, 3);
    const old = await raw(server, whole.replace("HTTP/1.1", "HTTP/1.0"));
    assert.equal(old.split(" 200 OK").length, 2);
  });

  it("odd requests get an answer, and none brings the host down", async (t) => {
    const { server } = await served(t);
    const table: readonly (readonly [string, RegExp])[] = [
      ["GET /RPC2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400 /],
      [post(5, "hello").replace("\r\n", "\r\nConnection: close\r\n"), /^HTTP\/1.1 400 /],
      ["GET http://a/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400 /],
      ["OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400 /],
      ["GET //x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 404 /],
      ["GET /%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 404 /],
      ["POST /logtail/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400 /],
      ["CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", /^$/],
      ["\0\x01\x02\r\n\r\n", /^HTTP\/1.1 400 /],
      ["GET / HTTP/9.9\r\n\r\n", /^HTTP\/1.1 (?:400|505) /],
    ];
    for (const [request, answer] of table)
      assert.match(await raw(server, request), answer, JSON.stringify(request));
    assert.deepEqual(await rpc(server, "supervisor.getVersion"), { value: "3.0" });
  });

  it("what is refused is shown without becoming HTML", async (t) => {
    const { server } = await served(t);
    const headers = { "Content-Type": "text/xml" };
    const body = "<methodCall><script>alert(1)</script></methodCall><b onload='x'>";
    const answer = await ask(server, { method: "POST", path: "/RPC2", headers, body });
    assert.equal(answer.status, 400);
    assert.doesNotMatch(answer.body, /<script|<b /);
  });
});

describe("what can be called", () => {
  it("names that are no method are none, whatever object has them", async (t) => {
    const { server } = await served(t);
    const names = [
      "nope",
      "supervisor.nope",
      "supervisor",
      "supervisor.",
      ".getState",
      "supervisor._update",
      "supervisor.getState.x",
      "supervisor.__proto__",
      "supervisor.constructor",
      "supervisor.toString",
      "system.hasOwnProperty",
      "__proto__.x",
      "constructor.constructor",
      "supervisor.supervisord.options.warnings.linecache.os.system", // CVE-2017-11610
      "supervisor.getPID.call",
      "get",
      "size",
    ];
    for (const name of names)
      assert.deepEqual(await rpc(server, name), { fault: [1, "UNKNOWN_METHOD"] }, name);
    const inside = names.map((methodName) => ({ methodName, params: ["id"] }));
    const unknown = { faultCode: 1, faultString: "UNKNOWN_METHOD" };
    assert.deepEqual(await rpc(server, "system.multicall", [inside]), {
      value: names.map(() => unknown),
    });
  });

  it("names of processes are looked up, and lead to no file", async (t) => {
    const { server, dir } = await served(t, {}, { programs: { p: { command: "true" } } });
    const paths = [
      "..%2f..%2fetc%2fpasswd",
      "../../etc/passwd",
      "%2e%2e/x",
      "p/../../x",
      "%00",
      "%",
    ];
    for (const one of [...paths, encodeURIComponent(`${dir}/s`), "__proto__", "p/stdout/x", "p:"])
      assert.equal((await ask(server, { path: `/logtail/${one}` })).status, 404, one);
    for (const name of [
      "../../etc/passwd",
      "/etc/passwd",
      "p:../p",
      "__proto__",
      "constructor",
      "",
    ])
      assert.deepEqual(await rpc(server, "supervisor.readProcessStdoutLog", [name, 0, 0]), {
        fault: [10, `BAD_NAME: ${name}`],
      });
  });

  it("a multicall has a bound on what it answers", async (t) => {
    const programs = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`p${i}`, { command: "true" }]),
    );
    const { server } = await served(t, {}, { programs });
    const calls = Array.from({ length: 100 }, () => ({
      methodName: "supervisor.getAllProcessInfo",
    }));
    const { value } = (await rpc(server, "system.multicall", [calls])) as { value: unknown[] };
    assert.deepEqual(value.at(-1), {
      faultCode: 30,
      faultString: "FAILED: The answer would be too long",
    });
  });
});
