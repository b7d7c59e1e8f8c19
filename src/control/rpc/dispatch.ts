import { nextTurn } from "../../system/clock.ts";
import { Fault } from "./faults.ts";
import { serverStateOf } from "./server-state.ts";
import type { Method, Methods, RpcType, Scope } from "./method.ts";
import { logMethods } from "./methods/logs.ts";
import { processMethods } from "./methods/process.ts";
import { systemMethods } from "./methods/system.ts";
import { wholeMethods } from "./methods/whole.ts";
import { encodeValue, isStruct, type RpcValue } from "./codec.ts";

/** The bytes that the answers of one multicall may have together. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** All methods by their full names. No other function can be called: names are no properties of an object. */
const methods: ReadonlyMap<string, Method> = new Map([
  ...inNamespace("supervisor", { ...processMethods, ...logMethods, ...wholeMethods }),
  ...inNamespace(
    "system",
    systemMethods(() => methods),
  ),
  [
    "system.multicall",
    {
      signature: ["array", "array"],
      help: "Makes several calls, one after another: an array of their answers; a failed one is a struct of faultCode and faultString.",
      worksAfterShutdown: true,
      call: async (scope, calls: readonly RpcValue[]) => multicall(scope, calls),
    } satisfies Method,
  ],
]);

/**
 * Calls a method.
 * @throws {Fault}
 */
export async function call(
  scope: Scope,
  name: string,
  params: readonly RpcValue[],
): Promise<RpcValue> {
  const method = methods.get(name);
  if (!method) throw new Fault("UNKNOWN_METHOD");
  const given = converted(method, params);
  const { supervisor } = scope;
  if (
    !method.worksAfterShutdown &&
    (supervisor.state === "SHUTDOWN" || serverStateOf(supervisor).isShuttingDown)
  )
    throw new Fault("SHUTDOWN_STATE");
  return method.call(scope, ...(given as never[]));
}

function inNamespace(namespace: string, table: Methods): [string, Method][] {
  return Object.entries(table).map(([name, method]) => [`${namespace}.${name}`, method]);
}

function converted(
  { signature: [, ...types], optional = 0, takesNumbers = false }: Method,
  params: readonly RpcValue[],
): RpcValue[] {
  if (params.length > types.length || params.length < types.length - optional)
    throw new Fault("INCORRECT_PARAMETERS");
  return params.map((param, at) => {
    const type = types[at] as RpcType;
    const isNumber = takesNumbers && type === "string" && typeof param === "number";
    return convert(type, isNumber ? String(param) : param);
  });
}

/** Converts a parameter as freely as Python does: text to a number, any value to true or false. */
function convert(type: RpcType, value: RpcValue): RpcValue {
  if (type === "boolean") return isTrue(value);
  if (type === "string" && typeof value === "string") return value;
  if (type === "array" && Array.isArray(value)) return value;
  if (type === "int") {
    const isNumeric = typeof value === "string" && /^\s*[+-]?\d{1,16}\s*$/.test(value);
    const number = isNumeric || typeof value === "number" ? Math.trunc(Number(value)) : Number.NaN;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (Number.isSafeInteger(number)) return number + 0;
  }
  throw new Fault("INCORRECT_PARAMETERS");
}

function isTrue(value: RpcValue): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  return isStruct(value) ? Object.keys(value).length > 0 : Boolean(value);
}

async function multicall(scope: Scope, calls: readonly RpcValue[]): Promise<RpcValue> {
  const answers: RpcValue[] = [];
  let bytes = 0;
  for (const one of calls) {
    const answer = await callOne(scope, one, bytes < MAX_ANSWER_BYTES);
    bytes += Buffer.byteLength(encodeValue(answer));
    answers.push(answer);
    await nextTurn(); // lets events of the programs be handled first
  }
  return answers;
}

async function callOne(scope: Scope, one: RpcValue, hasRoom: boolean): Promise<RpcValue> {
  try {
    const { methodName, params = [] } = isStruct(one) ? one : {};
    if (typeof methodName !== "string") throw new Fault("INCORRECT_PARAMETERS", "No methodName");
    if (methodName === "system.multicall") {
      throw new Fault("INCORRECT_PARAMETERS", "Recursive system.multicall forbidden");
    }
    if (!Array.isArray(params)) throw new Fault("INCORRECT_PARAMETERS");
    if (!hasRoom) throw new Fault("FAILED", "The answer would be too long");
    if (scope.signal.aborted) throw new Fault("FAILED", "The caller has gone");
    return await call(scope, methodName, params as readonly RpcValue[]);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { faultCode: error.faultCode, faultString: error.faultString };
  }
}
