import path from "node:path";
import { fileURLToPath } from "node:url";
import { SupervisorError } from "../errors.ts";

/** The place of a call. V8 formats the stack only when it is read. */
interface CallSite {
  /** The number of frames that the host wants. */
  readonly limit: number;
  readonly stack?: unknown;
}

/** More frames of this package than there are above the caller's. */
const OWN_FRAMES = 8;

/** The errors whose stack is not to be changed any more. */
const placed = new WeakSet<Error>();

/**
 * Runs an operation of a caller. Its errors show the line of the call: they are created when the
 * operation fails, which may be long afterwards, in the stack of a timer.
 */
export async function traced<T>(begin: () => Promise<T>): Promise<T> {
  const site = callSite();
  try {
    return await begin();
  } catch (error) {
    if (site && error instanceof SupervisorError) place(error, site);
    throw error;
  }
}

/** Calls a function of the host inside an operation. Its errors keep their stack. */
export function untraced<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error) placed.add(error);
    throw error;
  }
}

/** Notes who has called `traced`, if stacks are wanted. Costs some microseconds. */
function callSite(): CallSite | undefined {
  // not writable: node --frozen-intrinsics
  const { value, writable } = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit") ?? {};
  const limit: unknown = value;
  if (typeof limit !== "number" || !(limit > 0) || !writable) return undefined;
  const site: CallSite = { limit };
  Error.stackTraceLimit = limit + OWN_FRAMES;
  Error.captureStackTrace(site, traced);
  Error.stackTraceLimit = limit;
  return site;
}

/** Gives an error, and the errors that it combines, the frames of a call. */
function place(error: SupervisorError, site: CallSite): void {
  if (placed.has(error)) return;
  const frames = framesOf(site);
  if (frames === undefined) return;
  for (const one of [error, ...(error.errors ?? [])]) {
    one.stack = `${one.name}: ${one.message}\n${frames}`;
    placed.add(one);
  }
}

/** The frames from the caller on; undefined if the host formats stacks in a way of its own. */
function framesOf({ limit, stack }: CallSite): string | undefined {
  if (typeof stack !== "string") return undefined;
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const own = ownDirectories();
  const isOwn = (frame: string) => own.some((directory) => fileOf(frame).startsWith(directory));
  const first = frames.findIndex((frame) => !isOwn(frame));
  return first < 0 ? undefined : frames.slice(first, first + limit).join("\n");
}

/** The file of a frame: `at run (file:///a.js:1:2)`, `at async /a.js:1:2`. */
function fileOf(frame: string): string {
  return frame.replace(/^\s+at (?:async )?(?:.*? \()?/, "");
}

/**
 * The directories with the code of this package, as paths and as URLs: stacks with source maps have
 * paths. There are none if this code was bundled into a file of another package.
 */
function ownDirectories(): readonly string[] {
  try {
    const root = new URL("./", import.meta.resolve("libsupervisor/package.json"));
    return ["dist/", "build/src/", "src/"].flatMap((name) => {
      return [new URL(name, root).href, path.join(fileURLToPath(root), name)];
    });
  } catch {
    return [];
  }
}
