import type { Supervisor } from "../../index.ts";
import type { ServeOptions } from "../options.ts";
import type { RpcValue } from "./codec.ts";

/** The supervisor, the options and the caller that a method works for. */
export interface Scope {
  readonly supervisor: Supervisor;
  readonly options: ServeOptions;
  /** Aborts when the connection is lost, or the server closes. */
  readonly signal: AbortSignal;
}

/** One method, and what `methodSignature` and `methodHelp` tell of it. */
export interface Method {
  /** The type of the answer, then those of the parameters. */
  readonly signature: readonly [answer: RpcType, ...params: RpcType[]];
  /** Whether a number is accepted for text, as for a signal. */
  readonly takesNumbers?: boolean;
  /** The number of parameters at the end that can be left out. */
  readonly optional?: number;
  readonly help: string;
  /** Whether the method also works while the supervisor shuts down, and afterwards. */
  readonly worksAfterShutdown?: boolean;
  /** Does it, with parameters of the types in the signature. @throws {Fault} */
  call(scope: Scope, ...params: never[]): RpcValue | Promise<RpcValue>;
}

export type RpcType = "array" | "boolean" | "int" | "string" | "struct";

/** The methods of a namespace: `supervisor.getState` is `getState` among those of `supervisor`. */
export type Methods = Readonly<Record<string, Method>>;
