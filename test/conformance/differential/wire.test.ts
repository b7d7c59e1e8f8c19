/** What supervisord and our command answer to requests as clients write them by hand. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { noSupervisor } from "../../support/supervisorctl.ts";
import { BASE, Side } from "./helpers.ts";

const PASSWORD = `[inet_http_server]
port = 127.0.0.1:%(ENV_PORT)s
username = monitor
password = secret
`;
const AUTH = "Authorization: Basic bW9uaXRvcjpzZWNyZXQ=";
const HOST = "Host: localhost";
const XML = "Content-Type: text/xml";

/** A call of getProcessInfo with the bytes of a name. */
function call(declaration: string, name: string | Buffer = "run"): Buffer {
  const start = `${declaration}<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value><string>`;
  const end = "</string></value></param></params></methodCall>\n";
  return Buffer.concat([Buffer.from(start), Buffer.from(name), Buffer.from(end)]);
}

interface Request {
  readonly lines?: readonly string[];
  readonly first?: string;
  readonly body?: Buffer;
  /** Instead of the right one. */
  readonly length?: readonly string[];
}

const plain = call('<?xml version="1.0"?>\n');
const REQUESTS: Readonly<Record<string, Request>> = {
  "as Python sends it": { lines: [HOST, XML] },
  "no Host": { lines: [XML] },
  "no Host and no type": {},
  "no Host and no type, HTTP/1.0": { first: "POST /RPC2 HTTP/1.0" },
  "no type": { lines: [HOST] },
  "the type of a form": { lines: [HOST, "Content-Type: application/x-www-form-urlencoded"] },
  "the type of JSON": { lines: [HOST, "Content-Type: application/json"] },
  "an empty type": { lines: [HOST, "Content-Type:"] },
  "the name of a container": { lines: ["Host: 7f3a9c0d11aa:9001", XML] },
  "a name that is none": { lines: ["Host: a b/c", XML] },
  "an empty name": { lines: ["Host:", XML] },
  "a path below": { lines: [HOST, XML], first: "POST /RPC2/ HTTP/1.1" },
  "an absolute URI": { lines: [HOST, XML], first: "POST http://localhost/RPC2 HTTP/1.1" },
  GET: { lines: [HOST], first: "GET /RPC2 HTTP/1.1", body: Buffer.alloc(0), length: [] },
  "no length": { lines: [HOST, XML], body: Buffer.alloc(0), length: [] },
  "a log that there is not, without Host": {
    first: "GET /logtail/nope HTTP/1.1",
    body: Buffer.alloc(0),
    length: [],
  },
  "ASCII declared iso-8859-1": { body: call('<?xml version="1.0" encoding="iso-8859-1"?>\n') },
  "UTF-8 declared iso-8859-1": {
    body: call("<?xml version='1.0' encoding='ISO-8859-1'?>", "é"),
  },
  "ASCII declared koi8-r": { body: call('<?xml version="1.0" encoding="koi8-r"?>') },
  "a standalone declaration": { body: call('<?xml version="1.0" standalone="yes"?>') },
  "a byte order mark": { body: call('\ufeff<?xml version="1.0" encoding="utf-8"?>') },
  "something before the declaration": { body: call('\n<?xml version="1.0"?>') },
  "no XML": { body: Buffer.from("hello") },
};

/** Status, and the fault or the name that came. */
async function ask(
  place: { readonly path: string } | { readonly port: number },
  { lines = [], first = "POST /RPC2 HTTP/1.1", body = plain, length }: Request,
): Promise<string> {
  const socket = connect(place).on("error", () => {}); // who refuses does not read all of it
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
  const head = [
    first,
    ...lines,
    AUTH,
    "Connection: close",
    ...(length ?? [`Content-Length: ${body.length}`]),
  ];
  socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
  await once(socket, "close");
  const [, status] = /^HTTP\/1\.\d (\d+) /.exec(answer) ?? [];
  const [, what] =
    /faultString<\/name>\s*<value><string>([^<]*)/.exec(answer) ??
    /<name>name<\/name>\s*<value><string>([^<]*)/.exec(answer) ??
    [];
  return `${status} ${what ?? ""}`;
}

test("requests that are written by hand", { skip: noSupervisor }, async (t: TestContext) => {
  const conf = `${BASE}${PASSWORD}[program:run]\ncommand = cat\nstartsecs = 0\n`;
  const begin = async (server: "supervisord" | "ours") =>
    Side.begin(t, server, "supervisorctl", conf);
  const [there, here] = [await begin("supervisord"), await begin("ours")];
  for (const [name, request] of Object.entries(REQUESTS)) {
    for (const kind of ["unix socket", "TCP"] as const) {
      await t.test(`${name}, ${kind}`, async () => {
        const of = (side: Side) =>
          kind === "TCP" ? { port: side.port } : { path: path.join(side.dir, "s") };
        const wanted = await ask(of(there), request);
        assert.match(wanted, /^\d{3} /);
        assert.equal(await ask(of(here), request), wanted);
      });
    }
  }
});
