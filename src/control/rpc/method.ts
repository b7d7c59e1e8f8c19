import type { Supervisor } from "../../index.ts";
import type { ServeOptions } from "../options.ts";
import type { RpcValue } from "./codec.ts";

/** What a method may use. */
export interface Scope {
  readonly supervisor: Supervisor;
  readonly options: ServeOptions;
  /** Aborts when the caller has gone, or the server closes. */
  readonly signal: AbortSignal;
}

/** One method: what `methodSignature` and `methodHelp` tell of it, and what it does. */
export interface Method {
  /** The type of the answer, then those of the parameters. */
  readonly signature: readonly [answer: RpcType, ...params: RpcType[]];
  /** Whether a number may stand for text, as that of a signal. */
  readonly takesNumbers?: boolean;
  /** How many parameters at the end can be left out. */
  readonly optional?: number;
  readonly help: string;
  /** Also answers while the supervisor shuts down. */
  readonly worksAfterShutdown?: boolean;
  /** Gets its parameters in the types of the signature. @throws {Fault} */
  call(scope: Scope, ...params: never[]): RpcValue | Promise<RpcValue>;
}

export type RpcType = "array" | "boolean" | "int" | "string" | "struct";

/** The methods of a namespace: `supervisor.getState` is `getState` among those of `supervisor`. */
export type Methods = Readonly<Record<string, Method>>;
