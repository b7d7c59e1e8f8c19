import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { OutputStream, Subprocess } from "../../index.ts";
import { HttpError } from "../errors.ts";
import { Fault } from "./faults.ts";
import { processNamed, programOf } from "./names.ts";
import type { Context, Handler } from "../http/router.ts";

const SHOWN_BYTES = 1024;

/** `GET /logtail/<name>[/stdout|/stderr]`: the last bytes of a log, then what is added, without an end. */
export const logtail: Handler = async (_request, response, context) => {
  const [name = "", stream = "stdout", ...rest] = context.path
    .split("/")
    .slice(2)
    .filter((part, at, all) => part !== "" || at < all.length - 1)
    .map(decode);
  if (rest.length > 0 || (stream !== "stdout" && stream !== "stderr")) throw notFound();
  const process = processIn(context, name);
  // `fg` follows both streams: it would show the same output twice
  if (stream === "stderr" && isRedirected(context, process)) throw notFound();
  response.setHeader("X-Accel-Buffering", "no");
  await show(response, context, {
    follow: (options) => process.follow(stream, options),
    tail: async (bytes) => process.tail(stream satisfies OutputStream, bytes),
  });
};

/** `GET /mainlogtail`: the same for the supervisor's own log. */
export const mainlogtail: Handler = async (_request, response, context) => {
  const { log } = context.options;
  if (!log || log.file === "") throw notFound();
  await show(response, context, log);
};

interface Log {
  follow(options: { readonly signal: AbortSignal }): AsyncIterable<Buffer>;
  tail(bytes: number): Promise<Buffer>;
}

async function show(response: ServerResponse, { signal }: Context, log: Log): Promise<void> {
  const over = new AbortController(); // a follower that was never read has to be ended, too
  const either = AbortSignal.any([signal, over.signal]);
  const added = log.follow({ signal: either })[Symbol.asyncIterator](); // first, so that no bytes are missed in between
  try {
    const last = await log.tail(SHOWN_BYTES).catch(() => {
      throw notFound(); // the file does not exist yet
    });
    response.writeHead(200, {
      "Content-Type": "text/plain;charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff", // a log is no script, whatever it contains
    });
    response.flushHeaders();
    await write(response, last, signal);
    for (;;) {
      const { done, value } = await added.next();
      if (done) break;
      await write(response, value, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over.abort();
    await added.return?.();
  }
  response.end();
}

/** Waits for a slow reader. The follower keeps what comes meanwhile, up to its bound. */
async function write(response: ServerResponse, chunk: Buffer, signal: AbortSignal): Promise<void> {
  if (chunk.length > 0 && !response.write(chunk)) await once(response, "drain", { signal });
}

function processIn({ supervisor }: Context, name: string): Subprocess {
  try {
    return processNamed(supervisor, name);
  } catch (error) {
    throw error instanceof Fault ? notFound() : error;
  }
}

function isRedirected({ supervisor }: Context, process: Subprocess): boolean {
  return programOf(supervisor, process)?.settings.redirect_stderr === true;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound();
  }
}

function notFound(): HttpError {
  return new HttpError(404, "Not found");
}
