import type { State } from "../lifecycle/state.ts";
import { refusePart } from "../output/read-file.ts";
import type { Streams } from "../output/streams.ts";
import { SHOWN_BYTES } from "../output/tail.ts";
import type { OutputStream } from "../ports/streams.ts";
import { show } from "../schema/show.ts";
import { errorOf, type Failing } from "./failure.ts";

/** A process with its output streams. */
interface Writer extends Failing {
  readonly streams: Streams;
  readonly current: State;
}

/** Reads a part of a log, or, where there is no file, of the bytes in memory. */
export async function readOutput(
  process: Writer,
  stream: OutputStream,
  offset: number,
  length: number,
): Promise<Buffer> {
  expectStream(process, stream);
  const refused = refusePart(offset, length);
  if (refused !== undefined) {
    const message = `Cannot read the log of ${show(process.namespec)} ${refused}`;
    throw errorOf(process, "BAD_ARGUMENTS", message);
  }
  if (Object.is(offset, -0)) return Buffer.alloc(0);
  try {
    return await process.streams.read(stream, offset, length);
  } catch (cause) {
    const message = `Cannot read the log of ${show(process.namespec)}: ${(cause as Error).message}`;
    throw errorOf(process, "FAILED", message, { cause });
  }
}

/** Reads the last bytes of a log. */
export async function tailOutput(
  process: Writer,
  stream: OutputStream = "stdout",
  bytes = SHOWN_BYTES,
): Promise<Buffer> {
  return readOutput(process, stream, -Math.max(0, bytes), 0);
}

/** Empties the logs. */
export async function clearOutput(process: Writer): Promise<void> {
  try {
    process.streams.clear();
  } catch (cause) {
    const message = `Cannot clear the logs of ${show(process.namespec)}: ${(cause as Error).message}`;
    throw errorOf(process, "FAILED", message, { cause });
  }
}

/**
 * Returns the last lines on standard error, or, if there are none, on standard output, unless the
 * lines are from an earlier run.
 */
export function lastOutput({ current, streams }: Writer, lines = 10): string {
  const hasFailed = current.name === "BACKOFF" || current.name === "FATAL";
  if (hasFailed && current.status === undefined) return "";
  for (const stream of ["stderr", "stdout"] as const) {
    const text = streams.lastBytes(stream, 4096).toString().trimEnd();
    if (text !== "") return text.split("\n").slice(-lines).join("\n");
  }
  return "";
}

/** @throws {SupervisorError} `BAD_ARGUMENTS` unless the stream is one of the two */
export function expectStream(process: Writer, stream: unknown): void {
  if (stream === "stdout" || stream === "stderr") return;
  const message = `Cannot read the log of ${show(process.namespec)}: expected "stdout" or "stderr", got ${show(stream)}`;
  throw errorOf(process, "BAD_ARGUMENTS", message);
}
