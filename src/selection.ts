import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Follow } from "./output/follow.ts";
import type { LinesOptions, OutputLine } from "./output/output-lines.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { SignalSetting } from "./schema/signal.ts";
import type { Subprocess } from "./subprocess.ts";
import { traced } from "./supervision/call-site.ts";
import {
  all,
  inStartOrder,
  restartAll,
  signalAll,
  startAll,
  stopAll,
} from "./supervision/commands.ts";
import {
  followLines,
  followName,
  type Followed,
  type FollowOptions,
} from "./supervision/follow.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";
import { theOnly } from "./supervision/names.ts";
import { sendMessageTo, sendToProcess } from "./supervision/process-input.ts";
import { clearOutput, readOutput, tailOutput } from "./supervision/process-output.ts";

/** The processes of a selection. @internal */
export interface Members {
  /** The name of the selection in errors. */
  readonly name: string;
  /** The processes as they are now. May throw `BAD_NAME`. */
  readonly find: () => readonly ManagedProcess[];
  /** The processes of those names that are left, if there are several. May throw `BAD_NAME`. */
  readonly findLeft?: () => readonly ManagedProcess[];
  /** Whether there will be no more processes. */
  readonly isOver: () => boolean;
  readonly book: MembersBook;
}

/** The objects that callers have of the processes. @internal */
export interface MembersBook {
  /** Returns the object that callers get for a process. */
  handle(process: ManagedProcess): Subprocess;
  /** Calls `listener` after each change. Calling the returned function stops this. */
  watch(listener: () => void): () => void;
  /** Whether no process will be started any more. */
  readonly isClosed: boolean;
}

/**
 * Several processes, and the operations on all of them. A selection holds no list of processes:
 * each call looks the processes up. Returned by `supervisor.select()`; a {@link Program} is a
 * selection, too.
 */
export class Selection {
  readonly #members: Members;

  /** @internal */
  constructor(members: Members) {
    this.#members = members;
  }

  /** The processes at this time. An update may replace them. */
  get processes(): readonly Subprocess[] {
    return this.#members.find().map((process) => this.#members.book.handle(process));
  }

  /** The processes as `start()` orders them: by the group's priority and name, then their own priority. */
  inStartOrder(): readonly Subprocess[] {
    return inStartOrder(this.#members.find()).map((process) => this.#members.book.handle(process));
  }

  /** The status reports of the processes. */
  info(): ProcessInfo[] {
    return this.#members.find().map((process) => process.info());
  }

  /**
   * Starts the processes by priority; see {@link Subprocess.start}. When one process fails, the
   * others continue.
   */
  start(options: WaitOptions = {}): Promise<void> {
    return traced(() => startAll(this.#members.find(), options));
  }

  /** Stops the processes, the highest priority number first; see {@link Subprocess.stop}. */
  stop(options: WaitOptions = {}): Promise<void> {
    return traced(() => stopAll(this.#members.find(), (process) => process.stop(options)));
  }

  /** Stops the processes, then starts them; see {@link Subprocess.restart}. */
  restart(options: WaitOptions = {}): Promise<void> {
    return traced(() => restartAll(this.#members.find(), options));
  }

  /**
   * Sends a signal to the process, or, of several processes, to the running ones; see {@link
   * Subprocess.signal}.
   */
  signal(signal: SignalSetting): Promise<void> {
    return traced(() => signalAll(this.#members.find(), signal));
  }

  /** Writes to the standard input of each of the processes; see {@link Subprocess.send}. */
  async send(chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    const sent = this.#members.find().map((process) => sendToProcess(process, chars, options));
    await all("send to", sent);
  }

  /** Sends a message to each of the processes; see {@link Subprocess.sendMessage}. */
  async sendMessage(message: unknown, options: WaitOptions = {}): Promise<void> {
    const sent = this.#members.find().map((process) => sendMessageTo(process, message, options));
    await all("send a message to", sent);
  }

  /** Lets the host exit although the processes are alive; see {@link Subprocess.unref}. */
  unref(): this {
    for (const process of this.#members.find()) process.setRef(false);
    return this;
  }

  /** Undoes `unref()`, also the `unref()` of a program or the supervisor. */
  ref(): this {
    for (const process of this.#members.find()) process.setRef(true);
    return this;
  }

  /**
   * Reads the last bytes of the log of the only process; see {@link Subprocess.tail}.
   * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one; or as {@link
   * Subprocess.tail}.
   */
  tail(stream?: OutputStream, bytes?: number): Promise<Buffer> {
    return traced(() => tailOutput(this.#only, stream, bytes));
  }

  /**
   * Reads a part of the log of the only process; see {@link Subprocess.read}.
   * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one; or as {@link
   * Subprocess.read}.
   */
  read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return traced(() => readOutput(this.#only, stream, offset, length));
  }

  /**
   * Returns the output of the only process from now on, over updates: when another process takes
   * its place, its output follows; see {@link Subprocess.follow}. Ends when the name is removed, or
   * the supervisor has shut down.
   * @throws {SupervisorError} `BAD_ARGUMENTS`; `BAD_NAME` if there is no process, or more than one;
   * the iteration throws it when an update has put several processes in the place of the one.
   */
  follow(stream?: OutputStream, options?: FollowOptions): Follow;
  /** The same for the standard output. */
  follow(options: FollowOptions): Follow;
  follow(stream: OutputStream | FollowOptions = "stdout", options: FollowOptions = {}): Follow {
    return followName(this.#followed, stream, options);
  }

  /**
   * Iterates over the lines of all processes from now on, over updates, in the order in which they
   * are read; see {@link OutputLine}. Ends when the processes are removed, or the supervisor has
   * shut down. A reader that falls behind by more than 1 MiB misses the oldest lines. An abort of
   * the signal ends the iteration with the signal's reason.
   *
   * The two streams of a process are two pipes, which have no common order: lines that are written
   * at the same time may change places. With `redirect_stderr`, the order is exact.
   */
  lines(options: LinesOptions = {}): AsyncIterableIterator<OutputLine> {
    return followLines(this.#followed, options);
  }

  /** Empties the logs of the processes; see {@link Subprocess.clear}. */
  clear(): Promise<void> {
    return traced(() => all("clear", this.#members.find().map(clearOutput)));
  }

  /** Opens the log files of the processes again; see {@link Subprocess.reopen}. */
  reopen(): void {
    for (const process of this.#members.find()) process.streams.reopen();
  }

  get #followed(): Followed {
    const { name, find, findLeft, isOver, book } = this.#members;
    return { name, find: findLeft ?? find, isOver, watch: (listener) => book.watch(listener) };
  }

  get #only(): ManagedProcess {
    return theOnly(this.#members.name, this.#members.find());
  }
}
