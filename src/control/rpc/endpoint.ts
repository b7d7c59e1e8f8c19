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
    throw new HttpError(
      415,
      "Unsupported media type: expected text/xml, which a form of a page cannot send",
    );
  }
  const bytes = await answerTo(parse(body), context);
  response.writeHead(200, { "Content-Type": "text/xml", "Content-Length": bytes.length });
  response.end(bytes);
};

function parse(body: Buffer): RpcCall {
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
    return encode(await call(context, method, params));
  } catch (error) {
    if (error instanceof Fault) return Buffer.from(encodeFault(error));
    throw error;
  }
}

/** Encoded answers: `allInfos` may give the same array again. */
const encoded = new WeakMap<object, Buffer>();

function encode(value: RpcValue): Buffer {
  if (!Array.isArray(value)) return Buffer.from(encodeAnswer(value));
  let bytes = encoded.get(value);
  if (!bytes) {
    bytes = Buffer.from(encodeAnswer(value));
    encoded.set(value, bytes);
  }
  return bytes;
}
