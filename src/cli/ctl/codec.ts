import { decodeAnswer as decode, encodeCall as encode } from "../../control/index.ts";
import type { RpcValue } from "../../control/index.ts";

/** What travels. */
export type Value = RpcValue;

/** An answer that says no. */
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
 * What the body of an answer holds.
 *
 * @throws {Fault} if that is a fault
 */
export function decodeAnswer(body: Uint8Array): Value {
  const answer = decode(body);
  if ("value" in answer) return answer.value;
  throw new Fault(answer.fault.faultCode, answer.fault.faultString);
}
