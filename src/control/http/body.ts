import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { HttpError } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import { BODY_MS } from "./limits.ts";

/**
 * Reads the body, if it is no longer than it may be, and comes in time.
 * @throws {HttpError} 411, 413, or 400 when the caller has gone
 */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const length = request.headers["content-length"];
  if (length === undefined) throw new HttpError(411, "Length required");
  if (Number(length) > limit) {
    const message = `Content too large: at most ${limit} bytes are accepted`;
    throw new HttpError(413, message, { Connection: "close" });
  }
  const deadline = new Deadline();
  const chunks: Buffer[] = [];
  try {
    deadline.set(BODY_MS, () => request.destroy());
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(request, "end", { signal }); // or the caller has gone
  } catch (cause) {
    throw new HttpError(400, (cause as Error).message, { Connection: "close" });
  } finally {
    deadline.clear();
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a body that no handler has read, and drops it. A caller whose connection is closed while it
 * still sends finds a broken pipe, and not the answer.
 */
export async function discardBody(request: IncomingMessage, limit: number): Promise<void> {
  const isShort = Number(request.headers["content-length"]) <= limit;
  if (request.complete || request.destroyed || !isShort) return;
  const deadline = new Deadline();
  deadline.set(BODY_MS, () => request.destroy());
  await finished(request.resume()).catch(() => {}); // the caller has gone
  deadline.clear();
}
