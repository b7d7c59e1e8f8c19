// Above 250 lines for its TSDoc: each method has a line or two.
import type { LinesOptions, OutputLine } from "./output/output-lines.ts";
import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Captures, StateName } from "./lifecycle/state.ts";
import type { Follow } from "./output/follow.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { SignalSetting } from "./schema/signal.ts";
import { checkLaunch, locate } from "./spawn/launch.ts";
import { traced } from "./supervision/call-site.ts";
import { errorOf } from "./supervision/failure.ts";
import { followProcess, followProcessLines, type FollowOptions } from "./supervision/follow.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";
import { sendMessageTo, sendToProcess, signalProcess } from "./supervision/process-input.ts";
import { clearOutput, lastOutput, readOutput, tailOutput } from "./supervision/process-output.ts";

/**
 * One process of a program, over all its runs. The name is supervisord's. Returned by
 * `program.processes`.
 */
export class Subprocess {
  /** The name of the process, as `process_name` gives it. */
  readonly name: string;
  /**
   * The name of the process's group: the name of the program, unless a group contains the program.
   */
  readonly group: string;
  /** The full name of the process: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The name of the process's program. */
  readonly program: string;
  readonly #process: ManagedProcess;

  /** @internal */
  constructor(process: ManagedProcess) {
    this.name = process.name;
    this.group = process.group;
    this.namespec = process.namespec;
    this.program = process.config.program;
    this.#process = process;
  }

  /** The state of the process. */
  get state(): StateName {
    return this.#process.state;
  }

  /** The process id; undefined while there is no living process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * What was captured from the line that said that the process is ready: see the setting
   * `ready_line`. Undefined while the process is not RUNNING, or has nothing to be ready by.
   */
  get captures(): Captures | undefined {
    const { current } = this.#process;
    return current.name === "RUNNING" ? current.proof?.captures : undefined;
  }

  /**
   * Returns the status report of the process, as a plain object that can be cloned and sent.
   * Mirrors `getProcessInfo`.
   */
  info(): ProcessInfo {
    return this.#process.info();
  }

  /**
   * Starts the process, and settles once it is RUNNING, over as many attempts as `startretries`
   * allows. If the process is starting or RUNNING already, the call shares that start. If the
   * command cannot be found or executed, or the directory cannot be entered, the promise rejects
   * after the first attempt, although other attempts follow. A start in BACKOFF waits for the next
   * attempt.
   *
   * @throws {SupervisorError} `SPAWN_ERROR` if the process is FATAL after its last attempt or
   * cannot be executed (BACKOFF, or FATAL if no other attempt follows), `ABNORMAL_TERMINATION` if
   * the process was stopped meanwhile, `FAILED` in state UNKNOWN, `SHUTDOWN_STATE`, `BAD_NAME` if
   * the process was removed.
   * @see supervisorctl's `start`. **Differs:** supervisorctl reports an error if the process is
   * running, and reports any first failed attempt although others follow.
   */
  start(options: WaitOptions = {}): Promise<void> {
    return traced(() => this.#process.start(options));
  }

  /**
   * Stops the process: sends `stopsignal`, and SIGKILL after `stopwaitsecs`. Settles once the
   * process, and all processes that it left behind, are gone; at once if there is nothing to stop.
   * Cancels a restart that is waiting.
   *
   * @throws {SupervisorError} `FAILED` if the system does not allow to signal the process
   * (UNKNOWN), `STILL_RUNNING` if a process that it left behind did not exit.
   * @see supervisorctl's `stop`. **Differs:** supervisorctl reports an error if the process is not
   * running.
   */
  stop(options: WaitOptions = {}): Promise<void> {
    return traced(() => this.#process.stop(options));
  }

  /**
   * Stops the process, then starts it; settles once the process is RUNNING again. A process that is
   * not running is only started.
   *
   * @throws {SupervisorError} as `start()` and `stop()`
   * @see supervisorctl's `restart`
   */
  restart(options: WaitOptions = {}): Promise<void> {
    return traced(() => this.#process.restart(options));
  }

  /**
   * Sends a signal to the process alone, not to its process group. A signal that ends the process
   * is not a stop: the process exits, and `autorestart` decides what follows.
   *
   * @param signal - Name or number: `"HUP"`, `"SIGHUP"`, `1`; 0 only checks whether the process can
   * be signalled.
   * @throws {SupervisorError} `BAD_SIGNAL`, `NOT_RUNNING`, or `FAILED` if the system refuses.
   * @see supervisorctl's `signal`
   */
  signal(signal: SignalSetting): Promise<void> {
    return traced(() => signalProcess(this.#process, signal));
  }

  /**
   * Writes to the standard input of the process. Settles once all is in the pipe, which a process
   * that does not read delays.
   *
   * @throws {SupervisorError} `NOT_RUNNING`, or `NO_FILE` if the process has closed its standard
   * input, or its standard input is a `socket`.
   * @see the RPC method `sendProcessStdin`
   */
  async send(chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await sendToProcess(this.#process, chars, options);
  }

  /**
   * Sends a message to the process, which has `ipc: true`: a Node program receives it by
   * `process.on("message")`. The message is any value that `JSON.stringify()` has a text for. Settles
   * once all is in the channel, which a process that does not read delays.
   *
   * @throws {SupervisorError} `NOT_RUNNING`; `NO_FILE` if the process has no channel, or has closed
   * it; `BAD_ARGUMENTS` if JSON cannot carry the value.
   */
  sendMessage(message: unknown, options: WaitOptions = {}): Promise<void> {
    return traced(() => sendMessageTo(this.#process, message, options));
  }

  /**
   * Lets the host exit although the process is alive, or is to be started again. The process is
   * killed when the host exits. A pending `start()`, `stop()`, `restart()`, `send()` or
   * `sendMessage()` still keeps the host alive, until it settles; `follow()` never does.
   */
  unref(): this {
    this.#process.setRef(false);
    return this;
  }

  /** Undoes `unref()`, also the `unref()` of the program or the supervisor. */
  ref(): this {
    this.#process.setRef(true);
    return this;
  }

  /**
   * Reads the last bytes of the process's log. Where the log has no file, reads from the latest 16
   * KiB, which are kept in memory over restarts.
   *
   * @param stream - `"stdout"` unless given.
   * @param bytes - 1600 unless given, as supervisorctl.
   * @throws {SupervisorError} `BAD_ARGUMENTS` if there is no such stream; `FAILED` if the file
   * cannot be read, or the path leads through a link of another user.
   * @see supervisorctl's `tail`
   */
  tail(stream?: OutputStream, bytes?: number): Promise<Buffer> {
    return traced(() => tailOutput(this.#process, stream, bytes));
  }

  /**
   * Reads a part of the process's log (of its current file; of the bytes in memory, where there is
   * no file): `length` bytes from `offset` on, or all bytes from there if `length` is 0. A negative
   * offset, with the length 0, counts from the end.
   *
   * @throws {SupervisorError} `BAD_ARGUMENTS` if `length` is negative, or given with a negative
   * offset; `FAILED` if the file cannot be read.
   * @see the RPC method `readProcessStdoutLog`
   */
  read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return traced(() => readOutput(this.#process, stream, offset, length));
  }

  /**
   * Returns the last lines that the process wrote to its standard error, or, if there are none, to
   * its standard output: of the latest 4 KiB, without the line break at the end. The text is empty
   * if the process wrote nothing, if its output cannot be read, and while it is BACKOFF or FATAL
   * because no process could be started at all.
   *
   * @param lines - 10 unless given.
   */
  lastOutput(lines?: number): string {
    return lastOutput(this.#process, lines);
  }

  /**
   * Returns the output of the process from now on, over restarts and rotations, until the process
   * is removed, or replaced by an update, or the supervisor has shut down. (`supervisor.follow()`
   * continues after an update.) A reader that falls behind by more than 1 MiB misses the oldest
   * bytes. An abort of the signal ends the iteration with the signal's reason.
   *
   * @throws {SupervisorError} `BAD_ARGUMENTS`
   * @see supervisorctl's `tail -f`
   */
  follow(stream?: OutputStream, options?: FollowOptions): Follow;
  /** The same for the standard output. */
  follow(options: FollowOptions): Follow;
  follow(stream: OutputStream | FollowOptions = "stdout", options: FollowOptions = {}): Follow {
    return followProcess(this.#process, stream, options);
  }

  /** Iterates over the lines of both streams, as {@link Selection.lines}, as long as `follow()`. */
  lines(options: LinesOptions = {}): AsyncIterableIterator<OutputLine> {
    return followProcessLines(this.#process, options);
  }

  /**
   * Empties the logs of the process. Rotated files stay.
   *
   * @throws {SupervisorError} `FAILED` if a file cannot be emptied, or the path leads through a
   * link of another user.
   * @see supervisorctl's `clear`. **Differs:** also works for a process that is not running.
   */
  clear(): Promise<void> {
    return traced(() => clearOutput(this.#process));
  }

  /**
   * Opens the log files of the process again, for an external logrotate that has renamed them. (The
   * supervisor notices by itself that a file was removed.) A process that writes to its file
   * directly has to be restarted instead.
   *
   * @see the signal USR2 of supervisord
   */
  reopen(): void {
    this.#process.streams.reopen();
  }

  /**
   * Finds the file that the process's command means at this time, as a start would find it.
   *
   * @throws {SupervisorError} `NO_FILE` if there is no such file, `NOT_EXECUTABLE` if the file
   * cannot be executed. The message is supervisord's.
   */
  executable(): string {
    const found = locate(this.#process.config.command);
    if ("file" in found) return found.file;
    throw errorOf(this.#process, found.code, found.message);
  }

  /**
   * Returns the reason why the process could not be started now (its directory, its command or its
   * user), in supervisord's words; undefined if there is no such reason. Starts nothing.
   */
  obstacle(): string | undefined {
    return checkLaunch(this.#process.config.command)?.message;
  }
}
