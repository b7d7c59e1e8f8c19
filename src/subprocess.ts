import { abortable, type WaitOptions } from "./lifecycle/wait.ts";
import { named } from "./events/activity-lines.ts";
import type { State, StateName } from "./lifecycle/state.ts";
import { isSignallable, isWanted, pidOf, startOutcome, stopOutcome } from "./lifecycle/outcome.ts";
import { SupervisorError, type ErrorCode, type ErrorDetails } from "./errors.ts";
import type { NewEvent } from "./events/event-map.ts";
import type { ActivityLevel } from "./events/levels.ts";
import { failureOf } from "./supervision/failure.ts";
import { describe, type ProcessInfo } from "./supervision/info.ts";
import type { Listeners } from "./listeners/pools.ts";
import type { ProcessConfig } from "./settings/process-config.ts";
import { checkLaunch, locate } from "./spawn/launch.ts";
import type { Logs } from "./output/logs.ts";
import { followOf, type Follow } from "./output/follow.ts";
import { Streams } from "./output/streams.ts";
import type { OutputStream } from "./ports/streams.ts";
import { Runner, type RunnerIo } from "./lifecycle/runner.ts";
import type { Observer } from "./lifecycle/transition.ts";
import { parseSignal, type SignalSetting } from "./schema/signal.ts";
import { show } from "./schema/show.ts";

/** What a process needs from its supervisor. @internal */
export interface Host {
  readonly io: RunnerIo;
  readonly logs: Logs;
  isClosing(): boolean;
  hasBegun(): boolean;
  isRef(): boolean;
  announce(event: NewEvent): void;
  readonly listeners: Pick<Listeners, "heard">;
  /** Are told of each step of a process, in this order. */
  readonly observers: readonly Observer<Subprocess>[];
  /** Has a line for supervisord's activity log. */
  activity(level: ActivityLevel, message: string): void;
}

/** What the types of events end with. */
const SUFFIX = { stdout: "STDOUT", stderr: "STDERR" } as const;

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
  /** @internal */
  config: ProcessConfig;
  /** How many orders to stop it has had. @internal */
  stops = 0;
  readonly #host: Host;
  readonly #runner: Runner;
  readonly #streams: Streams;
  readonly #waiting = new Set<() => void>();
  #laststart = 0;
  #laststop = 0;
  #pid = 0; // of the last child
  #isRef: boolean;
  #pending = 0; // promises that have not settled
  #isRemoved = false;
  #isClosed = false;

  /** @internal */
  constructor(config: ProcessConfig, host: Host) {
    this.config = config;
    this.name = config.name;
    this.group = config.group;
    this.namespec = config.command.name;
    this.#host = host;
    const who = () => ({ processname: this.name, groupname: this.group, pid: this.#pid });
    this.#streams = new Streams(config.outputs, host.logs, {
      wrote: (channel, data) =>
        host.announce({ type: `PROCESS_LOG_${SUFFIX[channel]}`, ...who(), channel, data }),
      communicated: (channel, data) =>
        host.announce({ type: `PROCESS_COMMUNICATION_${SUFFIX[channel]}`, ...who(), data }),
      ...(config.listener && { printed: (chunk) => host.listeners.heard(this, chunk) }),
    });
    this.#runner = new Runner(config.command, config.policy, this.#streams, host.io, {
      changed: (from, to) => this.#changed(from, to),
    });
    this.#isRef = host.isRef();
    this.#applyRef();
  }

  /** The state it is in. */
  get state(): StateName {
    return this.#runner.state.name;
  }

  /** Its process id while there is a living process. */
  get pid(): number | undefined {
    return pidOf(this.#runner.state);
  }

  /** All about it, as a plain object that can be cloned and sent. Mirrors `getProcessInfo`. */
  info(): ProcessInfo {
    const seconds = (ms: number) => Math.floor(ms / 1000);
    return describe(this.#runner.state, {
      stdout_logfile: this.#streams.file("stdout"),
      stderr_logfile: this.#streams.file("stderr"),
      name: this.name,
      group: this.group,
      start: seconds(this.#laststart),
      stop: seconds(this.#laststop),
      now: seconds(this.#host.io.clock.date()),
    });
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
    this.#admit();
    await this.#order("start", options.signal);
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
    options.signal?.throwIfAborted();
    if (!this.isGone) this.#host.activity("INFO", `waiting for ${this.name} to stop`);
    await this.#stop(options.signal);
  }

  /**
   * Stops it, then starts it; settles once it is RUNNING again. A process that is not running is
   * just started.
   *
   * @throws {SupervisorError} as `start()` and `stop()`
   * @see supervisorctl's `restart`
   */
  async restart(options: WaitOptions = {}): Promise<void> {
    this.#admit();
    options.signal?.throwIfAborted();
    this.stops++;
    await this.#order("restart", options.signal);
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
    const known = String(signal) === "0" ? 0 : parseSignal(signal);
    if (known === undefined) {
      throw this.#error(
        "BAD_SIGNAL",
        `Cannot signal ${show(this.namespec)}: there is no signal ${show(signal)}`,
      );
    }
    const { pid } = this;
    if (!isSignallable(this.state) || pid === undefined) throw this.#notRunning("signal");
    this.#host.activity("DEBG", `sending ${this.name} (pid ${pid}) sig ${named(known)}`);
    try {
      this.#runner.child?.signal(known);
    } catch (cause) {
      const { message } = cause as Error;
      throw this.#error("FAILED", `Cannot signal ${show(this.namespec)}: ${message}`, { cause });
    }
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
    const { signal } = options;
    signal?.throwIfAborted();
    const child = this.#runner.child;
    if (!child || this.pid === undefined) throw this.#notRunning("send to");
    if (this.config.command.socket) {
      const message = `Cannot send to ${show(this.namespec)}: its standard input is the socket`;
      throw this.#error("NO_FILE", message);
    }
    const chunk = typeof chars === "string" ? new TextEncoder().encode(chars) : chars;
    await this.#held(() =>
      abortable<void>(signal, (resolve, reject) => {
        child.write(chunk, (cause) => {
          if (!cause) resolve();
          else
            reject(
              this.#error("NO_FILE", `Cannot send to ${show(this.namespec)}: ${cause.message}`, {
                cause,
              }),
            );
        });
      }),
    );
  }

  /**
   * Lets the host exit although the process lives, or is to be started again; it is killed when the
   * host does. A pending `start()`, `stop()`, `restart()` or `send()` still keeps the host alive, until
   * it settles; `follow()` never does.
   */
  unref(): this {
    return this.#setRef(false);
  }

  /** Takes back `unref()`, also that of its program or its supervisor. */
  ref(): this {
    return this.#setRef(true);
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
    return this.read(stream, -Math.max(0, bytes), 0);
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
    this.#expectStream(stream);
    if (length < 0 || (offset < 0 && length !== 0)) {
      const message = `Cannot read the log of ${show(this.namespec)} from ${offset}, ${length} bytes: expected a length of 0 or more, and 0 with a negative offset`;
      throw this.#error("BAD_ARGUMENTS", message);
    }
    if (Object.is(offset, -0)) return Buffer.alloc(0);
    try {
      return await this.#streams.read(stream, offset, length);
    } catch (cause) {
      const message = `Cannot read the log of ${show(this.namespec)}: ${(cause as Error).message}`;
      throw this.#error("FAILED", message, { cause });
    }
  }

  /**
   * The last lines that it wrote to its standard error, or else to its standard output, of the latest
   * 4 KiB and without the line break at their end. Empty where it wrote nothing, where what it wrote
   * cannot be read, and while it is BACKOFF or FATAL since there was no process at all.
   *
   * @param lines - 10 unless given.
   */
  lastOutput(lines = 10): string {
    const { state } = this.#runner;
    const hasFailed = state.name === "BACKOFF" || state.name === "FATAL";
    if (hasFailed && state.status === undefined) return "";
    for (const stream of ["stderr", "stdout"] as const) {
      const text = this.#streams.lastBytes(stream, 4096).toString().trimEnd();
      if (text !== "") return text.split("\n").slice(-lines).join("\n");
    }
    return "";
  }

  /**
   * What it writes from now on, as it comes, over restarts and rotations, until it is removed or the
   * supervisor has shut down. A reader that falls behind by more than 1 MiB misses the oldest bytes.
   * An abort of the signal ends it with the signal's reason.
   *
   * @see supervisorctl's `tail -f`
   */
  follow(stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    this.#expectStream(stream);
    return followOf(this.#streams.follow(stream, options.signal), options.signal);
  }

  /**
   * Empties its logs. Files that were turned over stay.
   *
   * @throws {SupervisorError} `FAILED` if a file cannot be emptied, or a link of another user's leads to it.
   * @see supervisorctl's `clear`. **Differs:** works for a process that is not running, too.
   */
  async clear(): Promise<void> {
    try {
      this.#streams.clear();
    } catch (cause) {
      const message = `Cannot clear the logs of ${show(this.namespec)}: ${(cause as Error).message}`;
      throw this.#error("FAILED", message, { cause });
    }
  }

  /**
   * Opens its log files anew, for an external logrotate that has renamed them. (One that was removed
   * is noticed without that.) A process that writes into its file by itself has to be restarted.
   *
   * @see the signal USR2 of supervisord
   */
  reopen(): void {
    this.#streams.reopen();
  }

  /**
   * The file that its command means now; looked up as a start would do it.
   *
   * @throws {SupervisorError} `NO_FILE` if there is none, `NOT_EXECUTABLE` if it cannot be executed;
   * the message is supervisord's.
   */
  executable(): string {
    const found = locate(this.config.command);
    if ("file" in found) return found.file;
    throw this.#error(found.code, found.message);
  }

  /**
   * What would keep it from being started now, in supervisord's words: its directory, its command, its
   * user. Undefined if there is nothing. Starts nothing.
   */
  obstacle(): string | undefined {
    return checkLaunch(this.config.command)?.message;
  }

  /** Starts it, if it may be started, and nobody waits for it: how it goes is told by events. @internal */
  launch(): void {
    if (!this.#isRemoved && !this.#host.isClosing()) this.#runner.send({ type: "start" });
  }

  /** Ends a wait for the next attempt (BACKOFF becomes FATAL), then stops. @internal */
  async quit(): Promise<void> {
    this.#runner.send({ type: "giveup" });
    await this.#stop();
  }

  /** Writes to its standard input; `failed` is called if that cannot be. @internal */
  hand(chunk: Uint8Array, failed: () => void): void {
    const { child } = this.#runner;
    if (!child) return failed();
    child.write(chunk, (error) => {
      if (error) failed();
    });
  }

  /** Whether it is up, or on its way: by the last order, if one waits. @internal */
  get isWanted(): boolean {
    const { lastOrder, state } = this.#runner;
    if (lastOrder === undefined) return isWanted(state);
    return lastOrder === "start" || lastOrder === "restart";
  }

  /** Whether nothing of it is left. @internal */
  get isGone(): boolean {
    const { lastOrder, state } = this.#runner;
    return lastOrder === undefined && stopOutcome(state) === "done" && !this.isWanted;
  }

  /** Whether it has ever been started. @internal */
  get wasStarted(): boolean {
    return this.#laststart > 0;
  }

  /** Releases the log files. @internal */
  endStreams(): void {
    this.#streams.end();
  }

  /** Settles the promises that wait for the state it is in. @internal */
  checkWaiters(): void {
    for (const check of this.#waiting) check();
  }

  /** Takes no more orders to start. @internal */
  retire(): void {
    this.#isRemoved = true;
    this.close();
  }

  /** Nothing of it will come any more. @internal */
  close(): void {
    this.#isClosed = true;
    this.#applyRef(); // what could not be ended keeps nobody
    this.#streams.endReaders();
    this.#runner.close();
    this.#streams.close();
  }

  async #stop(signal?: AbortSignal): Promise<void> {
    this.stops++;
    await this.#order("stop", signal);
  }

  #admit(): void {
    const what = `Cannot start ${show(this.namespec)}`;
    if (this.#isRemoved) throw this.#error("BAD_NAME", `${what}: it was removed`);
    if (this.#host.isClosing())
      throw this.#error("SHUTDOWN_STATE", `${what}: the supervisor is shutting down`);
  }

  #setRef(ref: boolean): this {
    this.#isRef = ref;
    this.#applyRef();
    return this;
  }

  #applyRef(): void {
    this.#runner.setRef(!this.#isClosed && (this.#isRef || this.#pending > 0));
  }

  /** Keeps the host alive while the promise is pending: else it could not be awaited after `unref()`. */
  async #held<T>(begin: () => Promise<T>): Promise<T> {
    this.#pending++;
    this.#applyRef();
    try {
      return await begin();
    } finally {
      this.#pending--;
      this.#applyRef();
    }
  }

  async #order(type: "start" | "stop" | "restart", signal: AbortSignal | undefined): Promise<void> {
    await this.#held(() => this.#ordered(type, signal));
  }

  /** Gives the order, and waits from when its turn has come until the state answers it. */
  async #ordered(
    type: "start" | "stop" | "restart",
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let first = this.#runner.state;
    let check: (() => void) | undefined;
    try {
      await abortable<void>(signal, (resolve, reject) => {
        check = () => {
          const { state } = this.#runner;
          const told = type === "stop" ? stopOutcome(state) : startOutcome(state, first);
          if (told === "done") resolve();
          else if (told === "failed")
            reject(failureOf(type, this.config.command, state, this.lastOutput()));
        };
        const watch = check;
        this.#runner.send({ type }, () => {
          first = this.#runner.state;
          this.#waiting.add(watch);
          watch();
        });
      });
    } finally {
      if (check) this.#waiting.delete(check);
    }
  }

  #changed(from: State, to: State): void {
    const at = this.#host.io.clock.date();
    this.#pid = pidOf(to) ?? this.#pid;
    if (pidOf(from) !== undefined && pidOf(to) === undefined) this.#laststop = at;
    if (from.name !== to.name && to.name === "STARTING") this.#laststart = at;
    const step = { process: this, from, to, at };
    for (const observer of this.#host.observers) observer.transitioned(step);
  }

  #notRunning(verb: string): SupervisorError {
    return this.#error("NOT_RUNNING", `Cannot ${verb} ${show(this.namespec)}: it is ${this.state}`);
  }

  #error(code: ErrorCode, message: string, details: ErrorDetails = {}): SupervisorError {
    return new SupervisorError(code, message, {
      process: this.namespec,
      state: this.state,
      ...details,
    });
  }

  #expectStream(stream: unknown): void {
    if (stream === "stdout" || stream === "stderr") return;
    const message = `Cannot read the log of ${show(this.namespec)}: expected "stdout" or "stderr", got ${show(stream)}`;
    throw this.#error("BAD_ARGUMENTS", message);
  }
}
