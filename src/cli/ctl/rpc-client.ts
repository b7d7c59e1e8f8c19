import http from "node:http";
import { finished } from "node:stream/promises";
import { decodeAnswer, encodeCall } from "./codec.ts";
import type { Value } from "./codec.ts";

/** Whom to ask, and as whom. */
export interface Remote {
  readonly serverurl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** An answer that HTTP gives, and not the method. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;

  constructor(status: number, reason: string) {
    super(`${status} ${reason}`);
    this.status = status;
  }
}

/** One connection to a server, opened by the first call and kept until `close()`. */
export class RpcClient {
  private readonly remote: Remote;
  private readonly target: http.RequestOptions;
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  /** @throws {Error} if the URL is of no known kind */
  constructor(remote: Remote) {
    this.remote = remote;
    this.target = targetOf(remote.serverurl);
  }

  /**
   * Calls a method and waits for as long as that takes.
   *
   * @throws {Fault} if the method says no
   * @throws {HttpStatusError} if the server answers with anything but 200
   */
  async call(method: string, ...params: readonly Value[]): Promise<Value> {
    const body = encodeCall(method, params);
    const response = await this.request("/RPC2", this.agent, body);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (response.statusCode !== 200) throw httpError(response);
    return decodeAnswer(Buffer.concat(chunks));
  }

  close(): void {
    this.agent.destroy();
  }

  /**
   * Takes a stream as it comes, on a connection of its own, until the server ends it. An iterator
   * would drop what had come when the stream breaks off, which is why it did.
   *
   * @throws {HttpStatusError} if the server answers with anything but 200
   */
  async stream(path: string, signal: AbortSignal, take: (chunk: Buffer) => void): Promise<void> {
    // supervisord keeps everything back from those who do not ask for a connection that stays
    const agent = new http.Agent({ keepAlive: true });
    try {
      const response = await this.request(path, agent, undefined, signal);
      if (response.statusCode !== 200) throw httpError(response);
      await finished(response.on("data", take));
    } finally {
      agent.destroy();
    }
  }

  private async request(
    path: string,
    agent: http.Agent,
    body: Buffer | undefined,
    signal?: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const options: http.RequestOptions = {
      ...this.target,
      path: `${this.target.path ?? ""}${path}`,
      method: body ? "POST" : "GET",
      headers: { ...this.authorization(), ...(body && headersOf(body)) },
      agent,
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      http.request(options, resolve).on("error", reject).end(body);
    });
  }

  private authorization(): http.OutgoingHttpHeaders {
    const { username, password } = this.remote;
    if (username === undefined || password === undefined) return {};
    const words = Buffer.from(`${username}:${password}`).toString("base64");
    return { Authorization: `Basic ${words}` };
  }
}

const headersOf = (body: Buffer): http.OutgoingHttpHeaders => ({
  "Content-Type": "text/xml",
  "Content-Length": body.length,
});

function httpError({ statusCode = 0, statusMessage = "" }: http.IncomingMessage): HttpStatusError {
  return new HttpStatusError(statusCode, statusMessage);
}

function targetOf(serverurl: string): http.RequestOptions {
  // the name of a socket file has no place in a Host header
  if (serverurl.startsWith("unix://"))
    return { socketPath: serverurl.slice("unix://".length), host: "localhost" };
  if (!serverurl.startsWith("http://") || !URL.canParse(serverurl))
    throw new Error(`Unknown protocol for serverurl ${serverurl}`);
  const { hostname, port, pathname } = new URL(serverurl);
  return {
    host: hostname.replaceAll(/^\[|\]$/g, ""),
    port: port === "" ? 80 : Number(port),
    path: pathname.replace(/\/+$/, "").replace(/\/RPC2$/, ""),
  };
}
