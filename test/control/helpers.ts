import { request as httpRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { serve, type ServeOptions } from "../../src/control/index.ts";
import type { Supervisor } from "../../src/index.ts";
import type { Stage } from "../support/helpers.ts";

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server at a free port, and what a browser would do with it. */
export class Site {
  readonly url: string;
  readonly close: () => Promise<void>;

  constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.close = close;
  }

  /** Closed when the test is over. */
  static async of(
    test: TestContext,
    supervisor: Supervisor,
    options: ServeOptions = {},
    port = 0,
  ): Promise<Site> {
    const server = await serve(supervisor, { port }, options);
    const site = new Site(server.url, () => server.close());
    test.after(site.close);
    return site;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask("GET", path, headers);
  }

  /** The token that the forms of the page have. */
  async token(): Promise<string> {
    const { body } = await this.get("/");
    return /name="token" value="([^"]+)"/.exec(body)?.[1] ?? "";
  }

  /** What pressing a button does; the token is right unless another is given. */
  async press(fields: Record<string, string>, headers: Record<string, string> = {}) {
    const form = new URLSearchParams({ token: await this.token(), ...fields });
    return this.ask(
      "POST",
      "/",
      { "Content-Type": "application/x-www-form-urlencoded", ...headers },
      form.toString(),
    );
  }

  async ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = "",
  ): Promise<Answer> {
    const response = await this.open(method, path, headers, body);
    const { statusCode: status = 0 } = response;
    return { status, headers: response.headers, body: await text(response) };
  }

  /** The answer once it has begun. */
  async open(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = "",
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
      const request = httpRequest(
        this.url + path,
        { method, headers: { ...headers, ...length }, agent: false },
        resolve,
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Listens to events. */
  async listen(path = "/events"): Promise<Listener> {
    return new Listener(await this.open("GET", path, { Accept: "text/event-stream" }));
  }
}

/** What an EventSource would tell. */
export class Listener {
  readonly response: IncomingMessage;
  readonly #events: AsyncGenerator<{ readonly event: string; readonly data: unknown }>;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding("utf8");
    this.#events = this.#read();
  }

  /** The next event; nothing after the last. */
  async next(): Promise<{ readonly event: string; readonly data: unknown } | undefined> {
    const { done, value } = await this.#events.next();
    return done ? undefined : value;
  }

  leave(): void {
    this.response.destroy();
  }

  async *#read() {
    let rest = "";
    for await (const chunk of this.response as AsyncIterable<string>) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data = ""] = /^data: ?(.*)$/m.exec(block) ?? [];
        if (event !== undefined) yield { event, data: data === "" ? "" : JSON.parse(data) };
      }
    }
  }
}

/** Lets virtual time pass until the promise has settled. */
export async function inTime<T>(stage: Stage, promise: Promise<T>): Promise<T> {
  const told = { over: false };
  const end = () => {
    told.over = true;
  };
  promise.then(end, end);
  while (!told.over) await stage.pass(500);
  return promise;
}
