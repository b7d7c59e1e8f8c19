import type { WaitOptions } from "./lifecycle/wait.ts";
import type { StateName } from "./lifecycle/state.ts";
import type { Follow } from "./output/follow.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { SignalSetting } from "./schema/signal.ts";
import { checkLaunch, locate } from "./spawn/launch.ts";
import { errorOf } from "./supervision/failure.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";
import { sendToProcess, signalProcess } from "./supervision/process-input.ts";
import {
  clearOutput,
  followOutput,
  lastOutput,
  readOutput,
  tailOutput,
} from "./supervision/process-output.ts";

/**
 * One process of a program, through all its lives: supervisord's word for it. Obtained from
 * `program.processes`.
 */
export class Subprocess {
  /** Its name, as `process_name` gives it. */
  readonly name: string;
  /** Its group's name: the program's own, unless a group holds the program. */
  readonly group: string;
  /** What it is called among all processes: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The name of its program. */
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

  /** The state it is in. */
  get state(): StateName {
    return this.#process.state;
  }

  /** Its process id while there is a living process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** All about it, as a plain object that can be cloned and sent. Mirrors `getProcessInfo`. */
  info(): ProcessInfo {
    return this.#process.info();
  }

  /**
   * Starts it, and settles once it is RUNNING, over as many attempts as `startretries` allows. If it
   * is starting or RUNNING already, that start is shared. That its command cannot be found or executed,
   * or its directory not be entered, is told by the first attempt, although the others follow: the
   * promise rejects. A start in BACKOFF waits for the next attempt.
   *
   * @throws {SupervisorError} `SPAWN_ERROR` if it gave up (FATAL) or cannot be executed (BACKOFF, or
   * FATAL if no other attempt follows), `ABNORMAL_TERMINATION` if it was
   * stopped meanwhile, `FAILED` in state UNKNOWN, `SHUTDOWN_STATE`, `BAD_NAME` if it was removed.
   * @see supervisorctl's `start`. **Differs:** there it is an error if the process is running, and
   * any first failed attempt is reported while more follow.
   */
  async start(options: WaitOptions = {}): Promise<void> {
    await this.#process.start(options);
  }

  /**
   * Stops it: `stopsignal`, after `stopwaitsecs` SIGKILL. Settles once it, and what it left, is
   * gone; at once if there is nothing to stop. Wins over a restart that is waiting.
   *
   * @throws {SupervisorError} `FAILED` if it may not be signalled (UNKNOWN), `STILL_RUNNING` if
   * something that it left would not go.
   * @see supervisorctl's `stop`. **Differs:** there it is an error if the process is not running.
   */
  async stop(options: WaitOptions = {}): Promise<void> {
    await this.#process.stop(options);
  }

  /**
   * Stops it, then starts it; settles once it is RUNNING again. A process that is not running is
   * just started.
   *
   * @throws {SupervisorError} as `start()` and `stop()`
   * @see supervisorctl's `restart`
   */
  async restart(options: WaitOptions = {}): Promise<void> {
    await this.#process.restart(options);
  }

  /**
   * Sends a signal to the process alone. That it may end the process makes it no stop: what comes is
   * an exit, judged by `autorestart`.
   *
   * @param signal - Name or number: `"HUP"`, `"SIGHUP"`, `1`; 0 only asks whether one could.
   * @throws {SupervisorError} `BAD_SIGNAL`, `NOT_RUNNING`, or `FAILED` if the system refuses.
   * @see supervisorctl's `signal`
   */
  async signal(signal: SignalSetting): Promise<void> {
    await signalProcess(this.#process, signal);
  }

  /**
   * Writes to its standard input; settles once the pipe has taken it all, which a process that does
   * not read delays.
   *
   * @throws {SupervisorError} `NOT_RUNNING`, or `NO_FILE` if it has closed its standard input, or that
   * is a `socket`.
   * @see the RPC method `sendProcessStdin`
   */
  async send(chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await sendToProcess(this.#process, chars, options);
  }

  /**
   * Lets the host exit although the process lives, or is to be started again; it is killed when the
   * host does. A pending `start()`, `stop()`, `restart()` or `send()` still keeps the host alive, until
   * it settles; `follow()` never does.
   */
  unref(): this {
    this.#process.setRef(false);
    return this;
  }

  /** Takes back `unref()`, also that of its program or its supervisor. */
  ref(): this {
    this.#process.setRef(true);
    return this;
  }

  /**
   * The last bytes of its log; where it has no file, of the latest 16 KiB, which are kept in memory
   * over restarts.
   *
   * @param stream - `"stdout"` unless given.
   * @param bytes - 1600 unless given, as supervisorctl.
   * @throws {SupervisorError} `FAILED` if the file cannot be read, or a link of another user's leads to it.
   * @see supervisorctl's `tail`
   */
  async tail(stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return tailOutput(this.#process, stream, bytes);
  }

  /**
   * A part of its log (of its current file; of the bytes in memory, where it has none): `length`
   * bytes from `offset` on, or all of them if `length` is 0. A negative offset, with the length 0,
   * counts from the end.
   *
   * @throws {SupervisorError} `BAD_ARGUMENTS` if `length` is negative, or given with a negative offset;
   * `FAILED` if the file cannot be read.
   * @see the RPC method `readProcessStdoutLog`
   */
  async read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return readOutput(this.#process, stream, offset, length);
  }

  /**
   * The last lines that it wrote to its standard error, or else to its standard output, of the latest
   * 4 KiB and without the line break at their end. Empty where it wrote nothing, where what it wrote
   * cannot be read, and while it is BACKOFF or FATAL since there was no process at all.
   *
   * @param lines - 10 unless given.
   */
  lastOutput(lines = 10): string {
    return lastOutput(this.#process, lines);
  }

  /**
   * What it writes from now on, as it comes, over restarts and rotations, until it is removed or the
   * supervisor has shut down. A reader that falls behind by more than 1 MiB misses the oldest bytes.
   * An abort of the signal ends it with the signal's reason.
   *
   * @see supervisorctl's `tail -f`
   */
  follow(stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    return followOutput(this.#process, stream, options);
  }

  /**
   * Empties its logs. Files that were turned over stay.
   *
   * @throws {SupervisorError} `FAILED` if a file cannot be emptied, or a link of another user's leads to it.
   * @see supervisorctl's `clear`. **Differs:** works for a process that is not running, too.
   */
  async clear(): Promise<void> {
    await clearOutput(this.#process);
  }

  /**
   * Opens its log files anew, for an external logrotate that has renamed them. (One that was removed
   * is noticed without that.) A process that writes into its file by itself has to be restarted.
   *
   * @see the signal USR2 of supervisord
   */
  reopen(): void {
    this.#process.streams.reopen();
  }

  /**
   * The file that its command means now; looked up as a start would do it.
   *
   * @throws {SupervisorError} `NO_FILE` if there is none, `NOT_EXECUTABLE` if it cannot be executed;
   * the message is supervisord's.
   */
  executable(): string {
    const found = locate(this.#process.config.command);
    if ("file" in found) return found.file;
    throw errorOf(this.#process, found.code, found.message);
  }

  /**
   * What would keep it from being started now, in supervisord's words: its directory, its command, its
   * user. Undefined if there is nothing. Starts nothing.
   */
  obstacle(): string | undefined {
    return checkLaunch(this.#process.config.command)?.message;
  }
}
