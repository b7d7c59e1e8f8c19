import { Fault } from "./codec.ts";
import type { Value } from "./codec.ts";
import { FAULTS } from "../../control/index.ts";
import type { ConfigInfo, ProcessInfo, Result } from "./render.ts";
import type { RpcClient } from "./rpc-client.ts";

type Struct = { readonly [name: string]: Value };

/** supervisord's methods, with the types of their answers. */
export class Api {
  private readonly client: RpcClient;

  constructor(client: RpcClient) {
    this.client = client;
  }

  async text(method: string, ...params: readonly Value[]): Promise<string> {
    const value = await this.call(method, ...params);
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    throw new TypeError("the server has answered with a value that is no text");
  }

  async call(method: string, ...params: readonly Value[]): Promise<Value> {
    return this.client.call(`supervisor.${method}`, ...params);
  }

  async getAllProcessInfo(): Promise<ProcessInfo[]> {
    return listOf(await this.call("getAllProcessInfo")).map(infoOf);
  }

  async getProcessInfo(name: string): Promise<ProcessInfo> {
    return infoOf(await this.call("getProcessInfo", name));
  }

  async getAllConfigInfo(): Promise<ConfigInfo[]> {
    return listOf(await this.call("getAllConfigInfo")).map(configOf);
  }

  /** Calls a method that acts on several processes. */
  async results(method: string, ...params: readonly Value[]): Promise<Result[]> {
    return listOf(await this.call(method, ...params)).map(resultOf);
  }

  async reloadConfig(): Promise<[added: string[], changed: string[], removed: string[]]> {
    const [lists = []] = listOf(await this.call("reloadConfig"));
    const [added = [], changed = [], removed = []] = listOf(lists).map((names) =>
      listOf(names).map(String),
    );
    return [added, changed, removed];
  }
}

/** The error as a fault; throws any other error again. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}

/** Whether an error is this fault. */
export function isFault(error: unknown, name: keyof typeof FAULTS): error is Fault {
  return error instanceof Fault && error.code === FAULTS[name];
}

function listOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value as readonly Value[];
  throw new TypeError("the server has answered with a value that is no list");
}

function structOf(value: Value): Struct {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Struct;
  throw new TypeError("the server has answered with a value that is no struct");
}

function infoOf(value: Value): ProcessInfo {
  const struct = structOf(value);
  return {
    ...named(struct),
    state: Number(struct["state"]),
    statename: text(struct["statename"]),
    pid: Number(struct["pid"]),
  };
}

function resultOf(value: Value): Result {
  const struct = structOf(value);
  return { ...named(struct), status: Number(struct["status"]) };
}

function configOf(value: Value): ConfigInfo {
  const struct = structOf(value);
  return {
    ...named(struct),
    inuse: Boolean(struct["inuse"]),
    autostart: Boolean(struct["autostart"]),
    group_prio: Number(struct["group_prio"]),
    process_prio: Number(struct["process_prio"]),
  };
}

const named = (struct: Struct) => ({
  name: text(struct["name"]),
  group: text(struct["group"]),
  description: text(struct["description"]),
});

const text = (value: Value | undefined) => (typeof value === "string" ? value : "");
