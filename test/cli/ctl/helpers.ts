/** What the tests of `ctl` stand on: its input and output, and a server that answers as it is told. */
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { decodeAnswer } from "../../../src/cli/ctl/codec.ts";
import type { Value } from "../../../src/cli/ctl/codec.ts";
import { ctl } from "../../../src/cli/ctl/ctl.ts";

/** Keeps what is written to it, and tells when something was. */
export class Sink extends Writable {
  private raw = "";
  private readonly news = new EventEmitter().setMaxListeners(0);

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.raw += chunk.toString();
    this.news.emit("text");
    done();
  }

  /** Without what moves the cursor of a terminal. */
  get text(): string {
    return stripVTControlCharacters(this.raw);
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await once(this.news, "text");
  }
}

/** Both ends of a run of `ctl`. */
export class Run {
  readonly stdin = new PassThrough();
  readonly stdout = new Sink();
  readonly stderr = new Sink();
  readonly interrupts = new EventEmitter();
  readonly env: NodeJS.ProcessEnv;
  readonly status: Promise<number>;

  constructor(argv: readonly string[], { isTerminal = false, env = {} } = {}) {
    if (isTerminal) {
      Object.assign(this.stdin, { isTTY: true, setRawMode: () => this.stdin });
      Object.assign(this.stdout, { isTTY: true, columns: 80 });
    }
    this.env = env;
    this.status = ctl(argv, this);
  }

  /** Ctrl-C where no terminal makes a character of it. */
  interrupt(): void {
    this.interrupts.emit("SIGINT");
  }

  get lines(): string[] {
    return linesOf(this.stdout.text);
  }
}

/** The lines of a text whose last one is ended. */
export function linesOf(output: string): string[] {
  const lines = output.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** What was asked of a server. */
export interface Asked {
  readonly request: string;
  readonly call?: string;
  readonly params?: Value;
  readonly authorization?: string;
}

/** How a server answers. */
export type Answer =
  | { readonly result: Value }
  | { readonly fault: readonly [code: number, text: string] }
  | { readonly status: number }
  | { readonly stream: (response: ServerResponse) => void };

export interface FakeServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly connections: number;
}

/** A server on loopback; it is closed when the test is over. */
export async function serve(
  t: TestContext,
  answer: (asked: Asked) => Answer | Promise<Answer>,
): Promise<FakeServer> {
  const asked: Asked[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const one = await askedBy(request);
      asked.push(one);
      give(response, await answer(one));
    })();
  });
  server.on("connection", () => (connections += 1));
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.close().closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    get connections() {
      return connections;
    },
  };
}

async function askedBy(message: IncomingMessage): Promise<Asked> {
  const request = `${message.method} ${message.url}`;
  const { authorization } = message.headers;
  const body = await text(message);
  const who = authorization === undefined ? {} : { authorization };
  if (body === "") return { request, ...who };
  const [, call = ""] = /<methodName>(.*)<\/methodName>/.exec(body) ?? [];
  const [, params = ""] = /<params>(.*)<\/params>/s.exec(body) ?? [];
  const values = params.replaceAll(/<\/?param>/g, "");
  return {
    request,
    call,
    params: decodeAnswer(Buffer.from(answerOf(`<array><data>${values}</data></array>`))),
    ...who,
  };
}

function give(response: ServerResponse, answer: Answer): void {
  if ("stream" in answer) {
    response.writeHead(200, { "Content-Type": "text/plain" }).flushHeaders();
    answer.stream(response);
  } else if ("status" in answer) response.writeHead(answer.status).end();
  else {
    const value = "fault" in answer ? faultOf(answer.fault) : answerOf(xml(answer.result));
    response.writeHead(200, { "Content-Type": "text/xml" }).end(value);
  }
}

const answerOf = (value: string) =>
  `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n</methodResponse>\n`;

function faultOf([faultCode, faultString]: readonly [number, string]): string {
  return `<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value>${xml({ faultCode, faultString })}</value>\n</fault>\n</methodResponse>\n`;
}

/** A value as Python's xmlrpc.client lays it out. */
export function xml(value: Value): string {
  if (typeof value === "number") return `<int>${value}</int>`;
  if (typeof value === "boolean") return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === "string") {
    const escaped = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `<string>${escaped}</string>`;
  }
  if (Array.isArray(value)) {
    const values = (value as readonly Value[]).map((each) => `<value>${xml(each)}</value>\n`);
    return `<array><data>\n${values.join("")}</data></array>`;
  }
  const members = Object.entries(value as Record<string, Value>).map(
    ([name, member]) =>
      `<member>\n<name>${name}</name>\n<value>${xml(member)}</value>\n</member>\n`,
  );
  return `<struct>\n${members.join("")}</struct>`;
}

/** A directory that is gone when the test is over. */
export function scratch(t: Pick<TestContext, "after">): string {
  const directory = mkdtempSync(path.join(tmpdir(), "libsupervisor-ctl-"));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** A configuration file in a directory of its own. */
export function conf(t: TestContext, content = "[supervisorctl]\n"): string {
  const file = path.join(scratch(t), "supervisord.conf");
  writeFileSync(file, content);
  return file;
}
