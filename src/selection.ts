import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Follow } from "./output/follow.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { SignalSetting } from "./schema/signal.ts";
import type { Subprocess } from "./subprocess.ts";
import {
  all,
  inStartOrder,
  restartAll,
  signalAll,
  startAll,
  stopAll,
} from "./supervision/commands.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";
import { theOnly } from "./supervision/names.ts";
import { sendToProcess } from "./supervision/process-input.ts";
import { clearOutput, followOutput, readOutput, tailOutput } from "./supervision/process-output.ts";

/** The processes of a selection. @internal */
export interface Members {
  /** The name of the selection in errors. */
  readonly name: string;
  /** The processes as they are now. May throw `BAD_NAME`. */
  readonly find: () => readonly ManagedProcess[];
  /** Called before processes are started. */
  readonly begin?: () => void;
  /** Returns the object that callers get for a process. */
  readonly handle: (process: ManagedProcess) => Subprocess;
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
    return this.#members.find().map((process) => this.#members.handle(process));
  }

  /** The processes as `start()` orders them: by the group's priority and name, then their own priority. */
  inStartOrder(): readonly Subprocess[] {
    return inStartOrder(this.#members.find()).map((process) => this.#members.handle(process));
  }

  /** The status reports of the processes. */
  info(): ProcessInfo[] {
    return this.#members.find().map((process) => process.info());
  }

  /**
   * Starts the processes by priority; see {@link Subprocess.start}. When one process fails, the
   * others continue.
   */
  async start(options: WaitOptions = {}): Promise<void> {
    await startAll(this.#toStart(), options);
  }

  /** Stops the processes, the highest priority number first; see {@link Subprocess.stop}. */
  async stop(options: WaitOptions = {}): Promise<void> {
    await stopAll(this.#members.find(), (process) => process.stop(options));
  }

  /** Stops the processes, then starts them; see {@link Subprocess.restart}. */
  async restart(options: WaitOptions = {}): Promise<void> {
    await restartAll(this.#toStart(), options);
  }

  /**
   * Sends a signal to the process, or, of several processes, to the running ones; see {@link
   * Subprocess.signal}.
   */
  async signal(signal: SignalSetting): Promise<void> {
    await signalAll(this.#members.find(), signal);
  }

  /** Writes to the standard input of each of the processes; see {@link Subprocess.send}. */
  async send(chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    const sent = this.#members.find().map((process) => sendToProcess(process, chars, options));
    await all("send to", sent);
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
   * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one.
   */
  async tail(stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return tailOutput(this.#only, stream, bytes);
  }

  /**
   * Reads a part of the log of the only process; see {@link Subprocess.read}.
   * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one.
   */
  async read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return readOutput(this.#only, stream, offset, length);
  }

  /**
   * Returns the output of the only process from now on; see {@link Subprocess.follow}.
   * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one.
   */
  follow(stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    return followOutput(this.#only, stream, options);
  }

  /** Empties the logs of the processes; see {@link Subprocess.clear}. */
  async clear(): Promise<void> {
    await all(
      "clear",
      this.#members.find().map((process) => clearOutput(process)),
    );
  }

  /** Opens the log files of the processes again; see {@link Subprocess.reopen}. */
  reopen(): void {
    for (const process of this.#members.find()) process.streams.reopen();
  }

  get #only(): ManagedProcess {
    return theOnly(this.#members.name, this.#members.find());
  }

  #toStart(): readonly ManagedProcess[] {
    const processes = this.#members.find();
    this.#members.begin?.();
    return processes;
  }
}
