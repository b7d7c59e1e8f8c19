/** The server of the command, as a client sees it. */
import http from "node:http";
import { Fault, type Value } from "../../../src/cli/ctl/codec.ts";
import { HttpStatusError, RpcClient } from "../../../src/cli/ctl/rpc-client.ts";
import { LAB_LISTENER } from "../scenario.ts";

export type { Value };

/** A report of getProcessInfo, as far as the player needs it. */
interface Report {
  readonly name: string;
  readonly statename: string;
  readonly pid: number;
}

/** So long one message may wait for the pipe, in milliseconds. */
const SEND_LIMIT_MS = 1000;

export class Wire {
  readonly #socketPath: string;
  readonly #client: RpcClient;
  readonly #aside: RpcClient;

  constructor(socketPath: string) {
    const remote = { serverurl: `unix://${socketPath}`, username: undefined, password: undefined };
    this.#socketPath = socketPath;
    this.#client = new RpcClient(remote);
    this.#aside = new RpcClient(remote);
  }

  close(): void {
    this.#client.close();
    this.#aside.close();
  }

  /** What a method answers: its result, its fault, or what HTTP says. */
  async call(method: string, params: readonly Value[]): Promise<object> {
    const answer = await answerOf(this.#client, method, params);
    // the listener was stopped, too
    if (method === "stopAllProcesses") await this.call("startProcess", [LAB_LISTENER]);
    return answer;
  }

  /** The same on a connection of its own, which others do not wait for. */
  async callAside(method: string, params: readonly Value[]): Promise<object> {
    return answerOf(this.#aside, method, params);
  }

  async reports(): Promise<readonly Report[]> {
    return (await this.#client.call("supervisor.getAllProcessInfo")) as unknown as Report[];
  }

  async pidOf(name: string): Promise<number> {
    return (await this.reports()).find((one) => one.name === name)?.pid ?? 0;
  }

  /** Fills the standard input of a process that reads nothing. */
  async fill(): Promise<object[]> {
    const answers: object[] = [];
    for (let i = 0; i < 4; i++) {
      const message = this.call("sendProcessStdin", ["p", "x".repeat(60_000)]);
      const timer = new Promise<object>((resolve) => {
        setTimeout(resolve, SEND_LIMIT_MS, { waits: true }).unref();
      });
      answers.push(await Promise.race([message, timer]));
    }
    return answers;
  }

  /** What HTTP says of a page. */
  async request(method: string, path: string): Promise<object> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#socketPath, method, path, agent: false };
      http
        .request(options, (response) => {
          response.resume();
          resolve({ status: response.statusCode, reason: response.statusMessage });
        })
        .on("error", reject)
        .end();
    });
  }
}

async function answerOf(
  client: RpcClient,
  method: string,
  params: readonly Value[],
): Promise<object> {
  const name = method.includes(".") ? method : `supervisor.${method}`;
  try {
    return { result: await client.call(name, ...params) };
  } catch (error) {
    if (error instanceof Fault) return { fault: [error.code, error.message] };
    if (!(error instanceof HttpStatusError)) throw error;
    return { http: [error.status, error.message.replace(`${error.status} `, "")] };
  }
}
