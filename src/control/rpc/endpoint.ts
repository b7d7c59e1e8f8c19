import { call } from "./dispatch.ts";
import { Fault } from "./faults.ts";
import { HttpError } from "../errors.ts";
import { isRpcType } from "../http/origin.ts";
import type { Handler } from "../http/router.ts";
import { XmlError } from "./xml.ts";
import { decodeCall, encodeAnswer, encodeFault, type RpcCall, type RpcValue } from "./codec.ts";

/** `POST /RPC2` */
export const rpc: Handler = async (request, response, context) => {
  const body = await context.body();
  if (context.isFromBrowser && !isRpcType(request.headers["content-type"])) {
    throw new HttpError(415, "Expected the Content-Type text/xml, which no form can send");
  }
  const bytes = await answerTo(callIn(body), context);
  response.writeHead(200, { "Content-Type": "text/xml", "Content-Length": bytes.length });
  response.end(bytes);
};

function callIn(body: Buffer): RpcCall {
  try {
    return decodeCall(body);
  } catch (error) {
    if (error instanceof XmlError) throw new HttpError(400, error.message);
    throw error;
  }
}

async function answerTo(
  { method, params }: RpcCall,
  context: Parameters<Handler>[2],
): Promise<Buffer> {
  try {
    return write(await call(context, method, params));
  } catch (error) {
    if (error instanceof Fault) return Buffer.from(encodeFault(error));
    throw error;
  }
}

/** What was written before is not written again: see `allInfos`. */
const written = new WeakMap<object, Buffer>();

function write(value: RpcValue): Buffer {
  if (!Array.isArray(value)) return Buffer.from(encodeAnswer(value));
  let bytes = written.get(value);
  if (!bytes) {
    bytes = Buffer.from(encodeAnswer(value));
    written.set(value, bytes);
  }
  return bytes;
}
