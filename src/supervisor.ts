// Above 250 lines for its TSDoc: each method has a few lines.
import { findToOwn } from "./cleanup/owned-file.ts";
import { SupervisorEmitter } from "./events/emitter.ts";
import type { SupervisorEvent } from "./events/event-map.ts";
import type { EventName } from "./events/event-table.ts";
import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Follow } from "./output/follow.ts";
import type { LinesOptions, OutputLine } from "./output/output-lines.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { Program } from "./program.ts";
import { Programs } from "./programs.ts";
import { show } from "./schema/show.ts";
import { Selection } from "./selection.ts";
import type { SignalSetting } from "./schema/signal.ts";
import type { NamedPrograms, Namespec } from "./namespec.ts";
import type { ProgramSettings } from "./settings/program.ts";
import type { SupervisorSettings } from "./settings/supervisor.ts";
import type { Subprocess } from "./subprocess.ts";
import { assemble, type Assembly, type SupervisorIo } from "./supervision/assemble.ts";
import { traced } from "./supervision/call-site.ts";
import { startEach } from "./supervision/commands.ts";
import type { FollowOptions } from "./supervision/follow.ts";
import type { HostListeners } from "./supervision/host-events.ts";
import { byGroupAndName, type ProcessInfo } from "./supervision/info.ts";
import type { Leftover } from "./supervision/lifetime.ts";
import { findOne, refuseProgram } from "./supervision/names.ts";
import type { UpdateOptions, UpdateResult } from "./supervision/update.ts";
import { systemClock } from "./system/clock.ts";

/**
 * Runs programs as child processes of this Node process: starts, watches, restarts and stops them,
 * and emits events. Starts nothing before `start()`, and leaves nothing behind after `shutdown()`.
 * Emits supervisord's event types: see {@link EventMap}.
 *
 * @typeParam Name - The names of the programs in the settings, for completion in editors. They limit
 * nothing: methods accept every name, and all supervisors are assignable to each other.
 *
 * @example
 * ```ts
 * await using supervisor = new Supervisor({ programs: { web: { command: "node server.js" } } });
 * await supervisor.start();
 * ```
 *
 * @see supervisord itself. **Differs:** no daemon, no configuration file, no built-in server.
 */
export class Supervisor<Name extends string = string> extends SupervisorEmitter {
  readonly #programs = new Programs();
  readonly #parts: Assembly;

  /**
   * Checks all settings and creates the programs; starts nothing.
   * @throws {SettingsError} with everything that is wrong with the settings
   */
  constructor(settings: SupervisorSettings & NamedPrograms<Name> = {}, io: SupervisorIo = {}) {
    super(systemClock);
    const listeners: HostListeners = {
      announce: (event, at) => this.announce(event, at),
      listenerCount: (name) => this.listenerCount(name),
    };
    this.#parts = assemble(settings, io, listeners, this.#programs);
  }

  /** The name of the supervisor; see the setting. */
  get identifier(): string {
    return this.#parts.registry.resolved.identifier;
  }

  /** `SHUTDOWN` from the call of `shutdown()` on; `RUNNING` before. Mirrors `getState`. */
  get state(): "RUNNING" | "SHUTDOWN" {
    return this.#parts.lifetime.isStopping ? "SHUTDOWN" : "RUNNING";
  }

  /**
   * The current settings: the given settings with defaults filled in, and with all programs that
   * were added, removed and updated since. They are a copy, which can be changed and given to
   * `update()`. A change to the copy alone has no effect.
   */
  get settings(): SupervisorSettings {
    return this.#parts.updates.settings;
  }

  /** The programs, by name. Only `add()`, `update()` and `remove()` change this map. */
  get programs(): ReadonlyMap<string, Program> {
    return this.#programs;
  }

  /**
   * Starts every program with `autostart`, by priority, and settles when all are RUNNING. With a
   * name, starts the processes that the name means: a program, a group, `group:process`, `group:*`
   * or `all`. No process waits for an earlier process to be RUNNING. After the first call, programs
   * that are added start, too.
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.start}; when several processes
   * fail, one error with all of them in `errors`. The other processes continue.
   * @see supervisorctl's `start`
   */
  async start(name?: Namespec<Name>, options: WaitOptions = {}): Promise<void> {
    const { registry, lifetime } = this.#parts;
    lifetime.expectOpen("start");
    if (name !== undefined) return this.#named(name).start(options);
    lifetime.begin();
    await traced(() => startEach(registry.autostarted(), options));
  }

  /**
   * Selects all processes that the names mean: programs, groups, `group:process`, `group:*` or
   * `all`. Each call of the selection looks the names up again, so a selection stays valid over
   * updates.
   * @example
   * ```ts
   * await supervisor.select("web:*", "worker").restart();
   * ```
   * @throws {SupervisorError} `BAD_NAME`; the calls of the selection throw this error, too, once a
   * name means no process any more.
   */
  select(name: Namespec<Name>, ...names: readonly Namespec<Name>[]): Selection {
    const selection = this.#named(name, ...names);
    this.#parts.registry.findAll([name, ...names]); // may throw
    return selection;
  }

  /**
   * Stops the processes that the name means (`all` unless given): the highest priority number
   * first, and the processes of the next lower number when all of the higher number are gone.
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}
   * @see supervisorctl's `stop`. **Differs:** supervisorctl goes up the priorities, against its
   * manual.
   */
  async stop(name: Namespec<Name> = "all", options: WaitOptions = {}): Promise<void> {
    await this.#named(name).stop(options);
  }

  /**
   * Stops the processes that the name means (`all` unless given), as `stop()` does, then starts
   * them.
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.restart}
   * @see supervisorctl's `restart`
   */
  async restart(name: Namespec<Name> = "all", options: WaitOptions = {}): Promise<void> {
    await this.#named(name).restart(options);
  }

  /**
   * Sends a signal to the process that the name means; of several processes, to the running ones.
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.signal}
   * @see supervisorctl's `signal`
   */
  async signal(name: Namespec<Name>, signal: SignalSetting): Promise<void> {
    await this.#named(name).signal(signal);
  }

  /**
   * Writes to the standard input of each process that the name means.
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.send}
   * @see the RPC method `sendProcessStdin`
   */
  async send(
    name: Namespec<Name>,
    chars: string | Uint8Array,
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#named(name).send(chars, options);
  }

  /**
   * Reads the last bytes that a process wrote: of `stdout`, and 1600 bytes, unless given.
   * @throws {SupervisorError} `BAD_NAME` if the name means no process, or more than one; or as
   * {@link Subprocess.tail}
   * @see supervisorctl's `tail`
   */
  async tail(name: Namespec<Name>, stream?: OutputStream, bytes?: number): Promise<Buffer> {
    return this.#named(name).tail(stream, bytes);
  }

  /**
   * Reads a part of a process's log.
   * @throws {SupervisorError} `BAD_NAME` if the name means no process, or more than one; or as
   * {@link Subprocess.read}
   * @see the RPC method `readProcessStdoutLog`
   */
  async read(
    name: Namespec<Name>,
    stream: OutputStream,
    offset: number,
    length: number,
  ): Promise<Buffer> {
    return this.#named(name).read(stream, offset, length);
  }

  /**
   * Returns the output of the process that has the name, from now on; see {@link Selection.follow}.
   * @throws {SupervisorError} `BAD_NAME` if it means no process, or more than one; `BAD_ARGUMENTS`
   * @see supervisorctl's `tail -f`
   */
  follow(name: Namespec<Name>, stream?: OutputStream, options?: FollowOptions): Follow;
  /** The same for the standard output. */
  follow(name: Namespec<Name>, options: FollowOptions): Follow;
  follow(
    name: Namespec<Name>,
    stream?: OutputStream | FollowOptions,
    options?: FollowOptions,
  ): Follow {
    return this.#named(name).follow(stream as OutputStream, options);
  }

  /** Iterates over the lines that all processes write from now on; see {@link Selection.lines}. */
  lines(options: LinesOptions = {}): AsyncIterableIterator<OutputLine> {
    return this.#named("all").lines(options);
  }

  /**
   * Empties the logs of each process that the name means (`all` unless given).
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.clear}
   * @see supervisorctl's `clear`
   */
  async clear(name: Namespec<Name> = "all"): Promise<void> {
    await this.#named(name).clear();
  }

  /**
   * Opens the log files of each process that the name means (`all` unless given) again.
   * @throws {SupervisorError} `BAD_NAME`
   * @see the signal USR2 of supervisord, and {@link Subprocess.reopen}
   */
  reopen(name: Namespec<Name> = "all"): void {
    this.#named(name).reopen();
  }

  /**
   * Returns the status of each process that the name means (`all` unless given), by group and name.
   * @throws {SupervisorError} `BAD_NAME`
   * @see supervisorctl's `status`
   */
  status(name: Namespec<Name> = "all"): ProcessInfo[] {
    return this.#named(name).info().toSorted(byGroupAndName);
  }

  /**
   * Emits a `REMOTE_COMMUNICATION` event with the caller's text to all listeners, including
   * `eventlistener` programs. Also works while the supervisor shuts down.
   * @param type - The kind of the message; any text, as is `data`.
   * @throws {TypeError} if an argument is not a string
   * @see the RPC method `sendRemoteCommEvent`
   */
  sendRemoteCommEvent(type: string, data: string): void {
    for (const [name, value] of Object.entries({ type, data })) {
      if (typeof value === "string") continue;
      throw new TypeError(`sendRemoteCommEvent(): expected text as ${name}, got ${show(value)}`);
    }
    this.#parts.announce({ type: "REMOTE_COMMUNICATION", comm_type: type, data });
  }

  /**
   * Finds a program by its name.
   * @throws {SupervisorError} `BAD_NAME` if there is no such program, with the name that was
   * probably meant. `programs.get()` returns undefined instead.
   */
  program(name: `${Name}` | (string & {})): Program {
    return this.#programs.get(name) ?? refuseProgram(name, this.#parts.registry);
  }

  /** Finds a process by `group:process`, or by its name alone where both names are the same. */
  process(namespec: Namespec<Name>): Subprocess | undefined {
    const process = findOne(namespec, this.#parts.registry.processes);
    return process && this.#programs.handle(process);
  }

  /**
   * Adds a program, which starts at once if it has `autostart` and the supervisor was started.
   * @throws {SettingsError} if the settings are not valid
   * @throws {SupervisorError} `ALREADY_ADDED` if there is a program or group of that name,
   * `SHUTDOWN_STATE`
   * @see supervisorctl's `add`
   */
  add(name: string, settings: ProgramSettings): Program {
    this.#parts.updates.add(name, settings);
    return this.program(name);
  }

  /**
   * Stops a program (or all programs of a group) and removes it; settles when none of its processes
   * is left.
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}; nothing is removed then.
   * @see supervisorctl's `remove`. **Differs:** there, a running program is an error.
   */
  remove(name: Namespec<Name>, options: WaitOptions = {}): Promise<void> {
    return traced(() => this.#parts.updates.remove(name, options));
  }

  /**
   * Replaces all settings. Programs that are missing in the new settings are stopped and removed.
   * Processes with changed settings are stopped, replaced, and started again if they were up. New
   * programs are added, and started if they have `autostart` and the supervisor was started.
   * Processes with the same settings are not touched. Settles when all removed processes are gone,
   * and all others have been told to start.
   *
   * Updates wait for each other. A function is called for the settings when its turn has come, and
   * again each time the processes to be removed are gone: no change that was made meanwhile is lost.
   * With `dryRun` it is called once, at once.
   *
   * An update that throws changes nothing: what it has stopped by then is started again.
   * @throws {SettingsError} if the settings are not valid. Any error that the function throws.
   * @throws {SupervisorError} if a process did not stop. `SHUTDOWN_STATE`.
   * @see supervisorctl's `update`; with `dryRun`, its `reread`. **Differs:** one changed process
   * does not restart the rest of its group, and a process that a caller has stopped stays stopped.
   */
  update(
    settings: SupervisorSettings | ((current: SupervisorSettings) => SupervisorSettings),
    options: UpdateOptions = {},
  ): Promise<UpdateResult> {
    return traced(() => this.#parts.updates.update(settings, options));
  }

  /**
   * Returns what `update` would change, by groups: a group has changed if one of its members has.
   * `update(settings, { dryRun: true })` returns the changes by programs.
   * @throws {SettingsError} if the settings are not valid.
   * @see supervisorctl's `reread`
   */
  async reread(settings: SupervisorSettings): Promise<UpdateResult> {
    return this.#parts.updates.reread(settings);
  }

  /**
   * Stops all processes, as `stop()` does, for good: from now on nothing starts. Settles when every
   * process, and all processes that it left behind, are gone, with the processes that did not exit.
   * Does not reject because of them. Another call shares the outcome.
   * @see supervisorctl's `shutdown`
   */
  async shutdown(options: WaitOptions = {}): Promise<readonly Leftover[]> {
    return this.#parts.lifetime.shutdown(options);
  }

  /** Calls `shutdown()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /**
   * Iterates over all events from now on, until the supervisor has shut down or
   * `removeAllListeners()` is called. Events that were emitted before the end are still delivered.
   * An abort of the signal ends the iteration with the signal's error, as `events.on` of Node does.
   */
  events(options: WaitOptions = {}): AsyncIterableIterator<SupervisorEvent> {
    const observe = (listener: (event: SupervisorEvent) => void) => this.observe("EVENT", listener);
    return this.#parts.iterators.iterate(observe, options);
  }

  /**
   * Removes a file (a pid file, a unix socket) when the host ends, however it ends: if the host is
   * killed, the guardian removes the file, if there is a guardian. The file is removed only if it
   * is still the same file: a file that another process has put in its place stays. To the
   * guardian, a file whose content, mode or owner was changed since is another file. Not an option
   * of supervisord.
   * @returns a function that cancels this, and leaves the file there
   * @throws {SupervisorError} `NO_FILE` if there is no such file
   */
  ownFile(file: string): () => void {
    return this.#parts.hostExit.ownFile(findToOwn(file));
  }

  /**
   * Lets the host exit although children are alive, or are to be started again. They are killed
   * when the host exits. A pending promise of `start()`, `stop()`, `restart()`, `update()`,
   * `remove()`, `send()` or `shutdown()` still keeps the host alive, until the promise settles.
   * `events()` and `follow()` never do: a host that has nothing else to do while it awaits them
   * ends with Node's exit code 13.
   */
  unref(): this {
    this.#parts.registry.setRef(false);
    return this;
  }

  /** Undoes `unref()`. */
  ref(): this {
    this.#parts.registry.setRef(true);
    return this;
  }

  override removeAllListeners(event?: EventName): this {
    super.removeAllListeners(event);
    if (event === undefined || event === "EVENT") this.#parts.iterators.end();
    return this;
  }

  /** @internal */
  protected override listenersChanged(): void {
    this.#parts.ticks.look();
  }

  #named(...names: readonly string[]): Selection {
    const { registry } = this.#parts;
    return new Selection({
      name: names.join(" "),
      find: () => registry.findAll(names),
      findLeft: () => registry.findLeft(names),
      isOver: () => this.#programs.isClosed,
      book: this.#programs,
    });
  }
}
