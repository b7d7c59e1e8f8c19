import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Supervisor } from "../../src/index.ts";
import { serve, type Server } from "../../src/control/index.ts";
import { isLoopbackAddress } from "../../src/control/guard.ts";
import { encodeCall } from "../../src/control/xmlrpc.ts";
import { ask, open, raw, rpc, served, type Ask } from "./client.ts";

const stop: Ask = {
  method: "POST",
  path: "/RPC2",
  headers: { "Content-Type": "text/xml" },
  body: encodeCall({ method: "supervisor.stopAllProcesses", params: [] }),
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

async function withPort(
  work: (server: Server) => Promise<void>,
  options: Parameters<typeof serve>[2] = {},
): Promise<void> {
  await using server = await serve(new Supervisor(), { port: 0 }, options);
  await work(server);
}

describe("the password", () => {
  const digest = createHash("sha1").update("secret").digest("hex");
  for (const password of ["secret", `{SHA}${digest}`, `{SHA}${digest.toUpperCase()}`]) {
    it(`${password}: opens with the right one alone`, async (t) => {
      const { server } = await served(t, { username: "u", password });
      const status = async (authorization?: string) => {
        const headers = authorization === undefined ? {} : { authorization };
        return (await ask(server, { ...stop, headers: { ...stop.headers, ...headers } })).status;
      };
      assert.equal(await status(basic("u:secret")), 200);
      const wrong = [
        undefined,
        basic("u:nope"),
        basic("x:secret"),
        basic(":secret"),
        basic("u:"),
        basic(`u:${digest}`),
        basic(`u:{SHA}${digest}`),
        "Bearer x",
        "Basic !!!",
        "Basic",
        basic("usecret"),
        basic("u:secret "),
        basic("u:secret\0"),
      ];
      for (const one of wrong) assert.equal(await status(one), 401, one);
    });
  }

  it("a password with colons and other letters than ASCII opens", async (t) => {
    const { server } = await served(t, { username: "u", password: "a:b:é" });
    const headers = { authorization: basic("u:a:b:é") };
    assert.deepEqual(await rpc(server, "supervisor.getVersion", [], headers), { value: "3.0" });
  });

  it("who does not know it is told how to say it, and no more: of nothing that is there", async (t) => {
    const { server } = await served(t, { username: "u", password: "p" });
    for (const path of ["/", "/RPC2", "/logtail/p", "/mainlogtail", "/nothing"]) {
      const { status, headers } = await ask(server, { path });
      assert.equal(status, 401);
      assert.equal(headers["www-authenticate"], 'Basic realm="default"');
      assert.equal(headers["connection"], "close");
    }
  });

  it("who is refused can say all that he has to say first", async (t) => {
    const { server } = await served(t, { username: "u", password: "secret" });
    const socket = open(server).setEncoding("utf8");
    let answer = "";
    socket.on("data", (chunk: string) => (answer += chunk));
    socket.write("POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    for (let i = 0; i < 3; i++) assert.equal((await ask(server, stop)).status, 401); // it is read by now
    assert.equal(answer, "");
    socket.write("hello");
    await once(socket, "close");
    assert.match(answer, /^HTTP\/1.1 401 /);
  });

  it("half of it, or a digest that is none, serves nobody", async () => {
    for (const options of [
      { username: "u" },
      { password: "p" },
      { username: "u", password: "{SHA}nope" },
    ]) {
      const error = { name: "ServeError", code: "NO_PASSWORD" };
      await assert.rejects(serve(new Supervisor(), { port: 0 }, options), error);
    }
  });
});

describe("beyond this machine", () => {
  for (const host of ["0.0.0.0", "::", "", "*"]) {
    it(`host ${JSON.stringify(host)}: nobody is served without a password`, async () => {
      const error = { name: "ServeError", code: "NO_PASSWORD" };
      await assert.rejects(serve(new Supervisor(), { host, port: 0 }), error);
    });
  }

  it("an empty password is none", async () => {
    for (const username of ["", "u"]) {
      const refused = serve(new Supervisor(), { host: "*", port: 0 }, { username, password: "" });
      await assert.rejects(refused, { name: "ServeError", code: "NO_PASSWORD" });
    }
  });

  it("what is neither a file nor a port is no place, and least of all any port", async () => {
    for (const port of [undefined, null, -1, 1.5, 65_536, "9001"]) {
      const place = { port } as unknown as { port: number };
      const error = { name: "SettingsError" };
      await assert.rejects(serve(new Supervisor(), place), error, String(port));
    }
  });

  it("a host that is not given is this machine alone", async () => {
    await withPort(async ({ address, url }) => {
      assert.ok(typeof address === "object");
      assert.equal(address.address, "127.0.0.1");
      assert.equal(url, `http://127.0.0.1:${address.port}`);
    });
  });

  it("a host that nobody knows is an error", async () => {
    const place = { host: "no such host", port: 0 };
    await assert.rejects(serve(new Supervisor(), place), { code: "BAD_ADDRESS" });
  });

  it("a port that is taken stays with who has it", async () => {
    await withPort(async (server) => {
      const { port } = server.address as { port: number };
      const error = { code: "ALREADY_LISTENING", message: /Another program is already listening/ };
      await assert.rejects(serve(new Supervisor(), { port }), error);
      assert.deepEqual(await rpc(server, "supervisor.getVersion"), { value: "3.0" });
    });
  });

  it("loopback is 127.0.0.0/8 and ::1, and nothing that looks like it", () => {
    for (const one of ["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"])
      assert.equal(isLoopbackAddress(one), true, one);
    for (const one of ["128.0.0.1", "::", "::2", "127.0.0.1.evil.example", "127.evil", "fe80::1"])
      assert.equal(isLoopbackAddress(one), false, one);
  });
});

describe("pages from elsewhere", () => {
  it("a name that was made to point here is not ours (DNS rebinding)", async () => {
    await withPort(async (server) => {
      const { port } = server.address as { port: number };
      const status = async (host: string) =>
        (await ask(server, { ...stop, headers: { ...stop.headers, host } })).status;
      for (const host of [`127.0.0.1:${port}`, "localhost", `LOCALHOST:${port}`, "[::1]"])
        assert.equal(await status(host), 200, host);
      const foreign = ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"];
      const odd = ["10.0.0.1", "localhost@evil.example", "localhost/x", "x localhost", "[::2]"];
      for (const host of [...foreign, ...odd]) assert.equal(await status(host), 403, host);
    });
  });

  it("a name that was allowed is ours", async () => {
    await withPort(
      async (server) => {
        const headers = { ...stop.headers, host: "Status.Example:80" };
        assert.equal((await ask(server, { ...stop, headers })).status, 200);
      },
      { allowedHosts: ["status.example"] },
    );
  });

  it("HTTP/1.1 without a name is no HTTP", async () => {
    await withPort(async (server) => {
      assert.match(await raw(server, "GET / HTTP/1.1\r\n\r\n"), /^HTTP\/1.1 400 /);
    });
  });

  it("a request that says where it comes from has to come from us (CSRF)", async (t) => {
    const { server } = await served(t);
    const status = async (headers: Record<string, string>) =>
      (await ask(server, { ...stop, headers: { ...stop.headers, host: "a:9001", ...headers } }))
        .status;
    assert.equal(await status({ origin: "http://a:9001" }), 200);
    assert.equal(await status({ "sec-fetch-site": "same-origin" }), 200);
    const foreign = [
      { origin: "http://evil.example" },
      { origin: "http://a:9002" },
      { origin: "null" },
      { origin: "file://" },
      { origin: "http://a:9001.evil.example" },
      { origin: "http://a:9001@evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    ];
    for (const headers of foreign)
      assert.equal(await status(headers as never), 403, JSON.stringify(headers));
  });

  it("a link from elsewhere may lead here", async (t) => {
    const { server } = await served(t);
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    assert.equal((await ask(server, { path: "/nothing", headers })).status, 404);
  });

  it("what a form or a page can send without asking is no call", async (t) => {
    const { server } = await served(t);
    const simple = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "text/xml-not",
      "text/plain; text/xml",
      "",
    ];
    for (const type of simple) {
      const headers = { "Content-Type": type };
      assert.equal((await ask(server, { ...stop, headers })).status, 415, type);
    }
    assert.equal((await ask(server, { ...stop, headers: {} })).status, 415);
    for (const type of ["text/xml", "text/xml; charset=utf-8", "application/xml"]) {
      const headers = { "Content-Type": type };
      assert.equal((await ask(server, { ...stop, headers })).status, 200, type);
    }
  });

  it("no page from elsewhere is told that it may ask", async (t) => {
    const { server } = await served(t);
    const { status, headers } = await ask(server, { ...stop, method: "OPTIONS" });
    assert.equal(status, 400);
    assert.equal(headers["access-control-allow-origin"], undefined);
  });
});
