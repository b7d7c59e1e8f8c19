import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { OutputStream, Subprocess } from "../../index.ts";
import { HttpError } from "../errors.ts";
import { Fault } from "./faults.ts";
import { processNamed } from "./names.ts";
import type { Context, Handler } from "../http/router.ts";

const SHOWN_BYTES = 1024;

/** `GET /logtail/<name>[/stdout|/stderr]`: the last bytes of a log, and what comes, without an end. */
export const logtail: Handler = async (_request, response, context) => {
  const [name = "", stream = "stdout", ...rest] = context.path
    .split("/")
    .slice(2)
    .filter((part, at, all) => part !== "" || at < all.length - 1)
    .map(decoded);
  if (rest.length > 0 || (stream !== "stdout" && stream !== "stderr")) throw notFound();
  const process = processIn(context, name);
  // `fg` follows both streams: what is one would be shown twice
  if (stream === "stderr" && isRedirected(context, process)) throw notFound();
  response.setHeader("X-Accel-Buffering", "no");
  await show(response, context, {
    follow: (options) => process.follow(stream, options),
    tail: async (bytes) => process.tail(stream satisfies OutputStream, bytes),
  });
};

/** `GET /mainlogtail`: the same of the supervisor's own log. */
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
  const over = new AbortController(); // what is never looked at has to be told, too
  const either = AbortSignal.any([signal, over.signal]);
  const news = log.follow({ signal: either })[Symbol.asyncIterator](); // first: nothing falls in between
  try {
    const last = await log.tail(SHOWN_BYTES).catch(() => {
      throw notFound(); // there is no file yet
    });
    response.writeHead(200, {
      "Content-Type": "text/plain;charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff", // a log is no script, whatever is in it
    });
    response.flushHeaders();
    await write(response, last, signal);
    for (;;) {
      const { done, value } = await news.next();
      if (done) break;
      await write(response, value, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over.abort();
    await news.return?.();
  }
  response.end();
}

/** Waits for a slow reader: what comes meanwhile is kept by who is followed, up to its bound. */
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
  const programs = [...supervisor.programs.values()];
  const program = programs.find(({ processes }) => processes.includes(process));
  return program?.settings.redirect_stderr === true;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound();
  }
}

function notFound(): HttpError {
  return new HttpError(404, "There is no such log");
}
