import { SupervisorError } from "../../index.ts";
import type { RpcFault } from "./codec.ts";

/** supervisord's faults and their numbers. SUCCESS stands for success in the results of several processes. */
export const FAULTS = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_ARGUMENTS: 3,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
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
