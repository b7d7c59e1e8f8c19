/** A caller of servers under test. */
import { request, type Agent, type IncomingHttpHeaders } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { Supervisor, type SupervisorIo, type SupervisorSettings } from "../../src/index.ts";
import { serve, type Server, type ServeOptions } from "../../src/control/index.ts";
import { decodeAnswer, encodeCall, type RpcValue } from "../../src/control/rpc/codec.ts";
import { scratch } from "../support/processes.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** What a call came to. */
export type Outcome = { readonly value: RpcValue } | { readonly fault: readonly [number, string] };

/** Where a server listens, as Node's clients want it. */
export function placeOf({ address }: Server): { socketPath: string } | AddressPlace {
  if (typeof address === "string") return { socketPath: address };
  return { host: address.address, port: address.port };
}

type AddressPlace = Pick<AddressInfo, "port"> & { readonly host: string };

/** One request and its answer. */
export async function ask(server: Server, { body, ...rest }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ ...placeOf(server), agent: false, ...rest }, (response) => {
      buffer(response).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: bytes.toString(),
          }),
        reject,
      );
    });
    call.on("error", reject);
    call.end(body);
  });
}

/** A call of XML-RPC as Python makes it. */
export async function rpc(
  server: Server,
  method: string,
  params: readonly RpcValue[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { status, body } = await ask(server, {
    method: "POST",
    path: "/RPC2",
    headers: { "Content-Type": "text/xml", ...headers },
    body: encodeCall({ method, params }),
  });
  if (status !== 200) throw new Error(`${status}: ${body}`);
  const answer = decodeAnswer(Buffer.from(body));
  if ("value" in answer) return answer;
  return { fault: [answer.fault.faultCode, answer.fault.faultString] };
}

/** A connection on which nothing was said yet. */
export function open({ address }: Server): Socket {
  const socket = connect(
    typeof address === "string" ? { path: address } : { host: address.address, port: address.port },
  );
  socket.on("error", () => {}); // being cut off is what is tested
  return socket;
}

/** Bytes as they are, and all that comes back until the connection ends. */
export async function raw(server: Server, bytes: string): Promise<string> {
  const socket = open(server);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString();
}

/** A server at a unix socket, closed at the end of the test. */
export async function served(
  t: TestContext,
  options: ServeOptions = {},
  settings: SupervisorSettings = {},
  io: SupervisorIo = {},
): Promise<{ readonly server: Server; readonly supervisor: Supervisor; readonly dir: string }> {
  const dir = scratch(t);
  const supervisor = new Supervisor(settings, io);
  const server = await serve(supervisor, { file: `${dir}/s` }, options);
  t.after(() => server.close());
  return { server, supervisor, dir };
}
