import { call } from "./calls.ts";
import { Fault } from "./faults.ts";
import { Refusal } from "./errors.ts";
import { isRpcType } from "./guard.ts";
import type { Handler } from "./routes.ts";
import { XmlError } from "./xml.ts";
import { decodeCall, encodeAnswer, encodeFault, type RpcCall } from "./xmlrpc.ts";

/** `POST /RPC2` */
export const rpc: Handler = async (request, response, context) => {
  const body = await context.body();
  if (!isRpcType(request.headers["content-type"])) {
    throw new Refusal(415, "Expected the Content-Type text/xml, which no form can send");
  }
  const answer = await answerTo(callIn(body), context);
  const bytes = Buffer.from(answer);
  response.writeHead(200, { "Content-Type": "text/xml", "Content-Length": bytes.length });
  response.end(bytes);
};

function callIn(body: Buffer): RpcCall {
  try {
    return decodeCall(body);
  } catch (error) {
    if (error instanceof XmlError) throw new Refusal(400, error.message);
    throw error;
  }
}

async function answerTo(
  { method, params }: RpcCall,
  context: Parameters<Handler>[2],
): Promise<string> {
  try {
    return encodeAnswer(await call(context, method, params));
  } catch (error) {
    if (error instanceof Fault) return encodeFault(error);
    throw error;
  }
}
