import { SupervisorError } from "../errors.ts";
import { linkedAbort, type WaitOptions } from "../lifecycle/wait.ts";
import type { ChunkSink } from "../output/follow-buffer.ts";
import { followOf, type Follow } from "../output/follow.ts";
import { LineReader, type LinesOptions, type OutputLine } from "../output/output-lines.ts";
import type { OutputStream } from "../ports/streams.ts";
import { show } from "../schema/show.ts";
import { errorOf } from "./failure.ts";
import type { ManagedProcess } from "./managed-process.ts";
import { theOnly } from "./names.ts";
import { expectStream } from "./process-output.ts";

/** The options of `follow()`. */
export interface FollowOptions extends WaitOptions {
  /**
   * How many bytes of what was written before come first (0 unless given): no byte between these
   * and the next is missing, or comes twice. Fewer where there are fewer.
   */
  readonly tail?: number | undefined;
}

/** The processes that are followed: what a name means changes with the settings. */
export interface Followed {
  /** The name in errors. */
  readonly name: string;
  /** The processes as they are now. May throw `BAD_NAME`. */
  readonly find: () => readonly ManagedProcess[];
  /** Whether there will be no more processes. */
  readonly isOver: () => boolean;
  /** Calls `listener` after each change. Calling the returned function stops this. */
  readonly watch: (listener: () => void) => () => void;
}

/** Returns the output of one process, for as long as that object is there. */
export function followProcess(
  process: ManagedProcess,
  stream: OutputStream | FollowOptions,
  options: FollowOptions,
): Follow {
  const [which, { signal, tail = 0 }] = checked(process, stream, options);
  return followOf([process.streams.follow(which, signal, tail)], signal);
}

/**
 * Returns the output of the only process that is meant, and of the process that takes its place in
 * an update.
 * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one
 */
export function followName(
  followed: Followed,
  stream: OutputStream | FollowOptions,
  options: FollowOptions,
): Follow {
  let current = theOnly(followed.name, followed.find());
  const [which, { signal, tail = 0 }] = checked(current, stream, options);
  const { controller, unlink } = linkedAbort(signal);
  const readers = [current.streams.follow(which, controller.signal, tail)];
  let failure: Error | undefined;
  const unwatch = followed.watch(() => {
    try {
      const next = successorOf(current, followed);
      if (next === current && !followed.isOver()) return;
      if (!next || next === current) return leave();
      current = next;
      readers.push(next.streams.follow(which, controller.signal)); // before it starts: no byte is missed
    } catch (error) {
      failure = error as Error;
      leave();
    }
  });
  const leave = () => {
    unwatch();
    unlink();
  };
  controller.signal.addEventListener("abort", () => unwatch(), { once: true }); // it may never read
  if (controller.signal.aborted) unwatch();
  function* sources() {
    try {
      for (let chunks = readers.shift(); chunks; chunks = readers.shift()) yield chunks;
      if (failure) throw failure;
    } finally {
      leave();
      controller.abort(); // what is attached already is let go of
    }
  }
  return followOf(sources(), signal);
}

/**
 * Returns the lines of all processes that are meant, also of those that come with an update, until
 * no more can come.
 */
export function followLines(
  followed: Followed,
  options: LinesOptions,
): AsyncIterableIterator<OutputLine> {
  const { signal } = options;
  const { controller, unlink } = linkedAbort(signal);
  const reader = new LineReader(options);
  const known = new WeakSet<ManagedProcess>();
  let isComplete = false;
  let open = 0; // streams that have not ended
  const endIfOver = () => {
    if (!isComplete || open > 0) return;
    reader.buffer.end();
    unlink();
  };
  const counted = (sink: ChunkSink): ChunkSink => {
    open++;
    const end = () => {
      sink.end();
      open--;
      endIfOver();
    };
    return { ...sink, end };
  };
  const attach = () => {
    const found = findAll(followed);
    for (const process of found ?? []) {
      if (known.has(process)) continue;
      known.add(process);
      process.streams.attach((stream) => counted(reader.sink(process, stream)), controller.signal);
    }
    isComplete = found === undefined || followed.isOver() || controller.signal.aborted;
    if (isComplete) unwatch();
    endIfOver();
  };
  const unwatch = followed.watch(attach);
  controller.signal.addEventListener("abort", attach, { once: true }); // before the streams
  attach();
  async function* read(): AsyncGenerator<OutputLine> {
    yield* reader.buffer.read(() => controller.abort());
    signal?.throwIfAborted();
  }
  return read();
}

/** The same of one process, for as long as that object is there. */
export function followProcessLines(
  process: ManagedProcess,
  options: LinesOptions,
): AsyncIterableIterator<OutputLine> {
  const { name } = process;
  const unwatched = () => () => {};
  return followLines(
    { name, find: () => [process], isOver: () => true, watch: unwatched },
    options,
  );
}

/** The process that has the name now; undefined if none has. */
function successorOf(current: ManagedProcess, followed: Followed): ManagedProcess | undefined {
  const found = findAll(followed) ?? [];
  if (found.includes(current)) return current; // perhaps beside others
  return found.length === 0 ? undefined : theOnly(followed.name, found);
}

/** The processes that are meant; undefined if the name was removed. */
function findAll({ find }: Followed): readonly ManagedProcess[] | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof SupervisorError) return undefined;
    throw error;
  }
}

function checked(
  process: ManagedProcess,
  stream: OutputStream | FollowOptions,
  options: FollowOptions,
): [OutputStream, FollowOptions] {
  const [which, given] =
    typeof stream === "object" ? (["stdout", stream] as const) : [stream, options];
  expectStream(process, which);
  const { tail = 0 } = given;
  if (Number.isInteger(tail) && tail >= 0) return [which, given];
  const message = `Cannot follow ${show(process.namespec)}: expected a whole number of bytes, 0 or more, as "tail", got ${show(tail)}`;
  throw errorOf(process, "BAD_ARGUMENTS", message);
}
