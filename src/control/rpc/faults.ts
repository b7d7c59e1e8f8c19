import { SupervisorError } from "../../index.ts";
import type { RpcFault } from "./codec.ts";

/** supervisord's faults and their numbers. SUCCESS stands for success in the results of several processes. */
export const FAULTS = {
  /** There is no such method. */
  UNKNOWN_METHOD: 1,
  /** The number or the type of the parameters is wrong. */
  INCORRECT_PARAMETERS: 2,
  /** A parameter has a bad value. */
  BAD_ARGUMENTS: 3,
  /** The method has no signature. */
  SIGNATURE_UNSUPPORTED: 4,
  /** The supervisor is shutting down. */
  SHUTDOWN_STATE: 6,
  /** There is no process or group of that name. */
  BAD_NAME: 10,
  /** There is no such signal. */
  BAD_SIGNAL: 11,
  /** There is no such file. */
  NO_FILE: 20,
  /** The file cannot be executed. */
  NOT_EXECUTABLE: 21,
  /** The operation failed. */
  FAILED: 30,
  /** The process exited too soon. */
  ABNORMAL_TERMINATION: 40,
  /** The process could not be started. */
  SPAWN_ERROR: 50,
  /** The process is started already. */
  ALREADY_STARTED: 60,
  /** The process is not running. */
  NOT_RUNNING: 70,
  /** No fault: the operation succeeded. */
  SUCCESS: 80,
  /** The group was added already. */
  ALREADY_ADDED: 90,
  /** A process of the group still runs. */
  STILL_RUNNING: 91,
  /** The configuration cannot be read. */
  CANT_REREAD: 92,
} as const;

export type FaultName = Exclude<keyof typeof FAULTS, "SUCCESS">;

/** A call that failed; the answer has the number and the text. */
export class Fault extends Error implements RpcFault {
  readonly faultCode: number;

  constructor(name: FaultName, extra?: string) {
    super(extra === undefined ? name : `${name}: ${extra}`);
    this.faultCode = FAULTS[name];
  }

  get faultString(): string {
    return this.message;
  }
}

/** The fault for an error of the supervisor, about this name; any other error as it is. */
export function faultOf(error: unknown, name: string): unknown {
  if (!(error instanceof SupervisorError)) return error;
  const { code, message } = error;
  if (code === "FAILED") return new Fault(code, message.split("\n")[0]);
  if (code === "SHUTDOWN_STATE" || code === "BAD_ARGUMENTS") return new Fault(code);
  if (code === "NO_FILE" || code === "NOT_EXECUTABLE") return new Fault(code, message);
  return new Fault(code, name);
}
