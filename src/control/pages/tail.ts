import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { OutputStream, Subprocess } from "../../index.ts";
import { respond } from "../http/respond.ts";
import { HttpError } from "../errors.ts";
import { withoutControls } from "./escape.ts";
import { pageHeaders, tailPage } from "./status-html.ts";
import type { Handler } from "../http/router.ts";
import { BEAT, beginStream, frame } from "./live-feed.ts";

const DEFAULT_BYTES = 16_384;
const MIN_BYTES = 1024;
const MAX_BYTES = 262_144;

/**
 * `/tail.html?processname=&channel=&limit=`: the last bytes of a log. A request for an event stream
 * gets them as `begin`, then `more` with each part that is added, and `over` at the end.
 */
export const tail: Handler = async (request, response, { supervisor, query, signal }) => {
  const process = supervisor.process(query.get("processname") ?? "");
  const channel = query.get("channel") ?? "stdout";
  if (!process) throw new HttpError(404, "Not found: there is no process of that name");
  if (channel !== "stdout" && channel !== "stderr")
    throw new HttpError(404, "Not found: the logs are stdout and stderr");
  const limit = Math.floor(Number(query.get("limit"))) || DEFAULT_BYTES;
  const bytes = Math.min(MAX_BYTES, Math.max(MIN_BYTES, limit));
  if (request.headers.accept === "text/event-stream" && request.method === "GET") {
    await follow(response, { process, channel, bytes, signal });
  } else {
    const text = withoutControls((await process.tail(channel, bytes)).toString());
    respond(request, response, 200, tailPage(process.namespec, channel, text), pageHeaders());
  }
};

interface Followed {
  readonly process: Subprocess;
  readonly channel: OutputStream;
  readonly bytes: number;
  readonly signal: AbortSignal;
}

async function follow(
  response: ServerResponse,
  { process, channel, bytes, signal }: Followed,
): Promise<void> {
  beginStream(response, () => response.write(BEAT));
  const decoder = new TextDecoder();
  const write = async (event: string, chunk: Uint8Array) => {
    const text = withoutControls(decoder.decode(chunk, { stream: true }));
    if (!response.write(frame(event, text))) await once(response, "drain", { signal });
  };
  try {
    // first, so that no bytes are missed while the end of the log is read
    const chunks = process.follow(channel, { signal });
    await write("begin", await process.tail(channel, bytes));
    for await (const chunk of chunks) await write("more", chunk);
    response.end(frame("over", ""));
  } catch (error) {
    if (!signal.aborted) throw error;
    response.end();
  }
}
