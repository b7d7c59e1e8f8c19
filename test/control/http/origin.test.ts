import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Supervisor } from "../../../src/index.ts";
import { serve, type Server } from "../../../src/control/index.ts";
import { isLoopbackAddress } from "../../../src/control/http/origin.ts";
import { encodeCall } from "../../../src/control/rpc/codec.ts";
import { ask, open, raw, rpc, served, type Ask } from "../client.ts";

const stop: Ask = {
  method: "POST",
  path: "/RPC2",
  headers: { "Content-Type": "text/xml" },
  body: encodeCall({ method: "supervisor.stopAllProcesses", params: [] }),
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

/** The types that a page can send elsewhere without asking first, and what resembles the right one. */
const SIMPLE = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/xml-not",
  "text/plain; text/xml",
  "",
];

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

  it("HTTP/1.1 without a name asks for no page", async () => {
    await withPort(async (server) => {
      for (const path of ["/", "/tail.html?processname=p", "/events"])
        assert.match(await raw(server, `GET ${path} HTTP/1.1\r\n\r\n`), /^HTTP\/1.1 400 /, path);
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

  it("what a browser sends for a form or a page without asking is no call", async () => {
    await withPort(async (server) => {
      const browser = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/60.0" };
      for (const type of SIMPLE) {
        const headers = { "Content-Type": type, ...browser };
        assert.equal((await ask(server, { ...stop, headers })).status, 415, type);
      }
      assert.equal((await ask(server, { ...stop, headers: browser })).status, 415);
      for (const type of ["text/xml", "text/xml; charset=utf-8", "application/xml"]) {
        const headers = { "Content-Type": type, ...browser };
        assert.equal((await ask(server, { ...stop, headers })).status, 200, type);
      }
    });
  });

  it("no page from elsewhere is told that it may ask", async (t) => {
    const { server } = await served(t);
    const { status, headers } = await ask(server, { ...stop, method: "OPTIONS" });
    assert.equal(status, 400);
    assert.equal(headers["access-control-allow-origin"], undefined);
  });
});

describe("the clients of supervisord", () => {
  const login = { username: "u", password: "p" };
  const authorization = basic("u:p");
  /** Header lines of a call; without a Host unless there is one among them. */
  const call = async (
    server: Server,
    lines: readonly string[],
    version = "1.1",
    path = "/RPC2",
  ) => {
    const body = String(stop.body);
    const head = [
      `POST ${path} HTTP/${version}`,
      `Authorization: ${authorization}`,
      `Content-Length: ${body.length}`,
      "Connection: close",
      ...lines,
    ];
    const answer = await raw(server, `${head.join("\r\n")}\r\n\r\n${body}`);
    return Number(/^HTTP\/1.1 (\d+) /.exec(answer)?.[1]);
  };
  const host = "Host: localhost";
  const own = "Host: supervisor.internal:9001";
  const xml = "Content-Type: text/xml";
  const form = "Content-Type: application/x-www-form-urlencoded";
  /** What undici sends of itself, and PHP, curl, supervisorctl and Python. */
  const programs = [
    ["Accept: */*", "Accept-Language: *", "Sec-Fetch-Mode: cors", "User-Agent: node"],
    ["User-Agent: PHP/8.2"],
    ["User-Agent: curl/8.5.0", "Accept: */*"],
    ["User-Agent: Supervisor HTTP Client", "Accept: */*"],
    ["User-Agent: Python-xmlrpc/3.11", "Accept-Encoding: gzip"],
  ];
  /** What shows a browser, each alone: nothing of it stands in the way of a call by the right name. */
  const browsers = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0",
    "User-Agent: Opera/9.80 (Windows NT 6.1) Presto/2.12",
    "Referer: http://localhost/",
    "Cookie: a=b",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Dest: document",
    'Sec-CH-UA: "Chromium";v="120"',
  ];
  /** What no page from elsewhere can help to show. */
  const elsewhere = [
    "Origin: http://evil.example",
    "Origin: null",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
  ];

  const kinds: readonly [kind: string, start: () => Promise<Server>][] = [
    ["TCP", async () => serve(new Supervisor(), { port: 0 })],
    ["TCP with a password", async () => serve(new Supervisor(), { port: 0 }, login)],
  ];
  for (const [kind, start] of kinds) {
    it(`${kind}: a call needs no Host and no type`, async () => {
      await using server = await start();
      for (const more of programs) {
        for (const type of [[xml], [form], ["Content-Type: text/plain;charset=UTF-8"], []]) {
          for (const version of ["1.0", "1.1"]) {
            const about = [...more, ...type, version].join(", ");
            assert.equal(await call(server, [...more, ...type], version), 200, about);
            assert.equal(await call(server, [host, ...more, ...type], version), 200, about);
          }
        }
      }
      assert.equal(await call(server, [], "1.1", "/RPC2/"), 200);
    });

    it(`${kind}: where a browser shows, a call has a name of ours and a type no form can send`, async () => {
      await using server = await start();
      for (const shows of browsers) {
        assert.equal(await call(server, [host, shows, xml]), 200, shows);
        assert.equal(await call(server, [host, shows, form]), 415, shows);
        assert.equal(await call(server, [host, shows]), 415, shows);
        assert.equal(await call(server, [own, shows, xml]), 403, shows);
        assert.equal(await call(server, ["Host: localhost@evil.example", shows, xml]), 403, shows);
      }
    });

    it(`${kind}: what a page from elsewhere has sent is refused, whatever the rest`, async () => {
      await using server = await start();
      for (const shows of elsewhere)
        for (const name of [[host], [own], ["Host: evil.example"], []])
          for (const type of [[xml], [form], []])
            assert.equal(await call(server, [...name, shows, ...type]), 403, shows);
    });
  }

  it("unix socket: a call needs nothing of it, and a page from elsewhere gets nothing through a proxy", async (t) => {
    const { server } = await served(t);
    for (const name of [[host], [own], ["Host: a b/c"], []])
      for (const shows of [...browsers.map((one) => [one]), ...programs, []])
        for (const type of [[xml], [form], []])
          assert.equal(await call(server, [...name, ...shows, ...type]), 200, shows.join(", "));
    for (const shows of elsewhere)
      for (const type of [[xml], [form], []])
        assert.equal(await call(server, [host, shows, ...type]), 403, shows);
    assert.match(await raw(server, "GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n"), / 404 /);
  });

  it("who knows the password calls by any name, and asks for logs and metrics by it", async () => {
    await withPort(async (server) => {
      for (const name of [own, "Host: 7f3a9c", "Host: a b/c", "Host:", "Host: 10.0.0.1"])
        assert.equal(await call(server, [name, xml]), 200, name);
      const headers = { host: "supervisor.internal:9001", authorization };
      for (const path of ["/metrics", "/healthz", "/readyz", "/mainlogtail"])
        assert.notEqual((await ask(server, { path, headers })).status, 403, path);
      const wrong = { ...headers, authorization: basic("u:x") };
      assert.equal((await ask(server, { path: "/metrics", headers: wrong })).status, 401);
    }, login);
  });

  it("where no password is asked, or it is empty, nobody calls by a name that is not ours", async () => {
    for (const options of [{}, { username: "u", password: "" }]) {
      await withPort(async (server) => {
        for (const path of ["/RPC2", "/metrics", "/healthz", "/logtail/p", "/", "/nothing"]) {
          const headers = { host: "supervisor.internal", authorization: basic("u:") };
          assert.equal((await ask(server, { path, headers })).status, 403, path);
        }
      }, options);
    }
  });

  it("the page is for names that were allowed, with a password, too", async () => {
    const pages = ["/", "/index.html", "/tail.html?processname=p", "/events"];
    const headers = { host: "status.example", authorization };
    await withPort(async (server) => {
      for (const path of pages)
        assert.equal((await ask(server, { path, headers })).status, 403, path);
    }, login);
    const allowed = { ...login, allowedHosts: ["Status.Example."] };
    await withPort(async (server) => {
      assert.equal((await ask(server, { path: "/", headers })).status, 200);
      const browser = { ...headers, "user-agent": "Mozilla/5.0" };
      assert.equal((await ask(server, { path: "/", headers: browser })).status, 200);
    }, allowed);
  });

  it("Latin-1, or what is declared so and is UTF-8 all the same, is read", async (t) => {
    const { server } = await served(t);
    const named = (name: Buffer) =>
      Buffer.concat([
        Buffer.from(
          '<?xml version="1.0" encoding="iso-8859-1"?><methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value><string>',
        ),
        name,
        Buffer.from("</string></value></param></params></methodCall>"),
      ]);
    for (const encoding of ["latin1", "utf8"] as const) {
      const { status, body } = await ask(server, {
        ...stop,
        body: named(Buffer.from("é", encoding)),
      });
      assert.equal(status, 200);
      assert.match(body, /BAD_NAME: é/, encoding);
    }
  });
});
