import { decodeAnswer as decode, encodeCall as encode } from "../../control/index.ts";
import type { RpcValue } from "../../control/index.ts";

/** A parameter, or a result. */
export type Value = RpcValue;

/** A call that failed on the server. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** The body of a request. */
export function encodeCall(method: string, params: readonly Value[]): Buffer {
  return Buffer.from(encode({ method, params }));
}

/**
 * The result in the body of an answer.
 *
 * @throws {Fault} if the call failed
 */
export function decodeAnswer(body: Uint8Array): Value {
  const answer = decode(body);
  if ("value" in answer) return answer.value;
  throw new Fault(answer.fault.faultCode, answer.fault.faultString);
}
