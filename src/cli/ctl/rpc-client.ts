import http from "node:http";
import { finished } from "node:stream/promises";
import { decodeAnswer, encodeCall } from "./codec.ts";
import type { Value } from "./codec.ts";

/** The server, and the name and password for it. */
export interface Remote {
  readonly serverurl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** An answer with an HTTP status other than 200. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;

  constructor(status: number, reason: string) {
    super(`${status} ${reason}`);
    this.status = status;
  }
}

/** A connection to a server, opened by the first call and kept until `close()`. */
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
   * Calls a method and waits for the answer, without a timeout.
   *
   * @throws {Fault} if the method fails
   * @throws {HttpStatusError} if the status is not 200
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
   * Reads a stream on a connection of its own, until the server ends it. Listens to `data`: an iterator
   * would drop the last bytes, which tell why, when the stream breaks off.
   *
   * @throws {HttpStatusError} if the status is not 200
   */
  async stream(path: string, signal: AbortSignal, take: (chunk: Buffer) => void): Promise<void> {
    // supervisord sends nothing on a connection that is not keep-alive
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
    const encoded = Buffer.from(`${username}:${password}`).toString("base64");
    return { Authorization: `Basic ${encoded}` };
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
