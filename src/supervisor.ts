import { findToOwn } from "./cleanup/owned-file.ts";
import { SupervisorEmitter } from "./events/emitter.ts";
import type { SupervisorEvent } from "./events/event-map.ts";
import type { EventName } from "./events/event-table.ts";
import { abortable, type WaitOptions } from "./lifecycle/wait.ts";
import type { Follow } from "./output/follow.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { Program } from "./program.ts";
import { Programs } from "./programs.ts";
import { show } from "./schema/show.ts";
import { Selection } from "./selection.ts";
import type { SignalSetting } from "./schema/signal.ts";
import type { ProgramSettings } from "./settings/program.ts";
import type { SupervisorSettings } from "./settings/supervisor.ts";
import type { Subprocess } from "./subprocess.ts";
import { assemble, type Assembly, type SupervisorIo } from "./supervision/assemble.ts";
import { startEach } from "./supervision/commands.ts";
import type { HostListeners } from "./supervision/host-events.ts";
import { byGroupAndName, type ProcessInfo } from "./supervision/info.ts";
import type { Leftover } from "./supervision/lifetime.ts";
import { findOne } from "./supervision/names.ts";
import type { UpdateOptions, UpdateResult } from "./supervision/update.ts";
import { systemClock } from "./system/clock.ts";

/**
 * Runs programs as child processes of this Node process: starts, watches, restarts and stops them,
 * and tells what happens. Starts nothing before `start()`, and leaves nothing behind after
 * `shutdown()`. Emits supervisord's event types: see {@link EventMap}.
 *
 * @example
 * ```ts
 * await using supervisor = new Supervisor({ programs: { web: { command: "node server.js" } } });
 * await supervisor.start();
 * ```
 *
 * @see supervisord itself. **Differs:** no daemon, no configuration file, no server of its own.
 */
export class Supervisor extends SupervisorEmitter {
  readonly #programs = new Programs();
  readonly #parts: Assembly;

  /**
   * Checks all settings and holds the programs; starts nothing.
   * @throws {SettingsError} with everything that is wrong with the settings
   */
  constructor(settings: SupervisorSettings = {}, io: SupervisorIo = {}) {
    super(systemClock);
    const listeners: HostListeners = {
      announce: (event, at) => this.announce(event, at),
      listenerCount: (name) => this.listenerCount(name),
    };
    this.#parts = assemble(settings, io, listeners, this.#programs);
  }

  /** Its name; see the setting. */
  get identifier(): string {
    return this.#parts.registry.resolved.identifier;
  }

  /** `SHUTDOWN` from the moment `shutdown()` is called, for ever; before, `RUNNING`. Mirrors `getState`. */
  get state(): "RUNNING" | "SHUTDOWN" {
    return this.#parts.lifetime.isStopping ? "SHUTDOWN" : "RUNNING";
  }

  /**
   * The settings that hold: those given, defaults filled in, with what was added, removed and updated
   * since. A copy: it can be changed and given to `update()`, and changes nothing by itself.
   */
  get settings(): SupervisorSettings {
    return this.#parts.updates.settings;
  }

  /** The programs, by name. Only `add()`, `update()` and `remove()` change which there are. */
  get programs(): ReadonlyMap<string, Program> {
    return this.#programs;
  }

  /**
   * Starts every program with `autostart`, by priority, and settles when all are RUNNING; with a
   * name, what that means: a program, a group, `group:process`, `group:*` or `all`. None waits for
   * one before it to be RUNNING. Once it has been called, programs that are added start, too.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.start}; when several processes fail,
   * one error with all of them in `errors`. The others go on.
   * @see supervisorctl's `start`
   */
  async start(name?: string, options: WaitOptions = {}): Promise<void> {
    const { registry, lifetime } = this.#parts;
    lifetime.expectOpen("start");
    if (name !== undefined) return this.#named(name).start(options);
    lifetime.begin();
    await startEach(registry.autostarted(), options);
  }

  /**
   * What the names mean, together: programs, groups, `group:process`, `group:*` or `all`. Each call of
   * the selection looks that up again, so it can be kept over updates.
   *
   * @example
   * ```ts
   * await supervisor.select("web:*", "worker").restart();
   * ```
   *
   * @throws {SupervisorError} `BAD_NAME`; the calls of the selection throw it, too, once a name means
   * nothing any more.
   */
  select(name: string, ...names: readonly string[]): Selection {
    const selection = this.#named(name, ...names);
    this.#parts.registry.findAll([name, ...names]); // which may throw
    return selection;
  }

  /**
   * Stops what the name means (`all` unless given): the highest priority number first, and those of
   * the next lower number when all of the last are gone.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}
   * @see supervisorctl's `stop`. **Differs:** it goes up the priorities there, against its manual.
   */
  async stop(name = "all", options: WaitOptions = {}): Promise<void> {
    await this.#named(name).stop(options);
  }

  /**
   * Stops what the name means (`all` unless given), as `stop()` does, then starts it.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.restart}
   * @see supervisorctl's `restart`
   */
  async restart(name = "all", options: WaitOptions = {}): Promise<void> {
    await this.#named(name).restart(options);
  }

  /**
   * Sends a signal to the process that the name means; of several, to those that are running.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.signal}
   * @see supervisorctl's `signal`
   */
  async signal(name: string, signal: SignalSetting): Promise<void> {
    await this.#named(name).signal(signal);
  }

  /**
   * Writes to the standard input of each process that the name means.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.send}
   * @see the RPC method `sendProcessStdin`
   */
  async send(name: string, chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await this.#named(name).send(chars, options);
  }

  /**
   * The last bytes that a process wrote.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one
   * @see supervisorctl's `tail`
   */
  async tail(name: string, stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return this.#named(name).tail(stream, bytes);
  }

  /**
   * A part of a process's log.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one; or as
   * {@link Subprocess.read}
   * @see the RPC method `readProcessStdoutLog`
   */
  async read(name: string, stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return this.#named(name).read(stream, offset, length);
  }

  /**
   * What a process writes from now on; see {@link Subprocess.follow}.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one
   * @see supervisorctl's `tail -f`
   */
  follow(name: string, stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    return this.#named(name).follow(stream, options);
  }

  /**
   * Empties the logs of each process that the name means (`all` unless given).
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.clear}
   * @see supervisorctl's `clear`
   */
  async clear(name = "all"): Promise<void> {
    await this.#named(name).clear();
  }

  /**
   * Opens the log files of each process that the name means (`all` unless given) again.
   *
   * @throws {SupervisorError} `BAD_NAME`
   * @see the signal USR2 of supervisord, and {@link Subprocess.reopen}
   */
  reopen(name = "all"): void {
    this.#named(name).reopen();
  }

  /**
   * The report of each process that the name means (`all` unless given), by group and name.
   *
   * @throws {SupervisorError} `BAD_NAME`
   * @see supervisorctl's `status`
   */
  status(name = "all"): ProcessInfo[] {
    return this.#named(name).info().toSorted(byGroupAndName);
  }

  /**
   * Tells all listeners, `eventlistener` programs too, something of the caller's own: a
   * `REMOTE_COMMUNICATION` event. Works while the supervisor shuts down, too.
   *
   * @param type - What it is; anything.
   * @param data - What there is to say.
   * @throws {TypeError} for what is not text
   * @see the RPC method `sendRemoteCommEvent`
   */
  sendRemoteCommEvent(type: string, data: string): void {
    for (const [name, value] of Object.entries({ type, data })) {
      if (typeof value === "string") continue;
      throw new TypeError(`sendRemoteCommEvent(): expected text as ${name}, got ${show(value)}`);
    }
    this.#parts.announce({ type: "REMOTE_COMMUNICATION", comm_type: type, data });
  }

  /** One process, by `group:process`; the name alone will do where both are the same. */
  process(namespec: string): Subprocess | undefined {
    const process = findOne(namespec, this.#parts.registry.processes);
    return process && this.#programs.handle(process);
  }

  /**
   * Adds a program. It starts at once if `autostart` says so and the supervisor was started.
   *
   * @throws {SettingsError} if the settings are not right
   * @throws {SupervisorError} `ALREADY_ADDED` if there is a program or group of that name,
   * `SHUTDOWN_STATE`
   * @see supervisorctl's `add`
   */
  add(name: string, settings: ProgramSettings): Program {
    this.#parts.updates.add(name, settings);
    return this.#programs.get(name) as Program;
  }

  /**
   * Stops a program (or all programs of a group) and forgets it; settles when nothing of it is left.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}: then nothing is removed.
   * @see supervisorctl's `remove`. **Differs:** there it is an error if the program is running.
   */
  async remove(name: string, options: WaitOptions = {}): Promise<void> {
    await this.#parts.updates.remove(name, options);
  }

  /**
   * Makes these the settings, as a whole: what is no longer there is stopped and forgotten, what has
   * changed is stopped, replaced, and started again if it was up, what is new is added, and started
   * if `autostart` says so and the supervisor was started. Processes whose settings are the same are
   * not touched. Settles when all that has to go is gone, and the rest is on its way.
   *
   * Updates wait for each other. A function is asked for the settings when its turn has come, and once
   * more when all that has to go is gone: nothing that was changed meanwhile is lost.
   *
   * All is changed, or nothing: whatever is thrown, what was stopped by then is started again.
   *
   * @throws {SettingsError} if the settings are not right. What a function throws.
   * @throws {SupervisorError} if something would not stop. `SHUTDOWN_STATE`.
   * @see supervisorctl's `update`; with `dryRun`, its `reread`. **Differs:** one changed process does
   * not restart the rest of its group, and what somebody has stopped stays stopped.
   */
  async update(
    settings: SupervisorSettings | ((current: SupervisorSettings) => SupervisorSettings),
    options: UpdateOptions = {},
  ): Promise<UpdateResult> {
    return this.#parts.updates.update(settings, options);
  }

  /**
   * What `update` would change, told by groups: where one member differs, the group does. By programs
   * `update(settings, { dryRun: true })` tells it.
   *
   * @throws {SettingsError} if the settings are not right.
   * @see supervisorctl's `reread`
   */
  async reread(settings: SupervisorSettings): Promise<UpdateResult> {
    return this.#parts.updates.reread(settings);
  }

  /**
   * Stops everything, as `stop()` does, for good: from now on nothing starts. Settles when every
   * process and what it left is gone, with those that would not go. Does not reject for them.
   * Calling it again shares the outcome.
   *
   * @see supervisorctl's `shutdown`
   */
  async shutdown(options: WaitOptions = {}): Promise<readonly Leftover[]> {
    options.signal?.throwIfAborted();
    const closing = this.#parts.lifetime.close();
    return abortable(options.signal, (resolve, reject) => {
      closing.then(resolve, reject);
    });
  }

  /** `shutdown()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /**
   * All events from now on, until the supervisor has shut down or `removeAllListeners()` is called;
   * what has come until then still comes. An abort of the signal ends it with
   * the signal's error, as `events.on` of Node does.
   */
  events(options: WaitOptions = {}): AsyncIterableIterator<SupervisorEvent> {
    const observe = (listener: (event: SupervisorEvent) => void) => this.observe("EVENT", listener);
    return this.#parts.iterators.iterate(observe, options);
  }

  /**
   * Has a file (a pid file, a unix socket) removed when the host ends, however it does: when it is
   * killed, by the guardian, if there is one. Only if it is still the same file; what somebody else
   * has put in its place stays. One whose content, mode or owner was changed since is another one for
   * the guardian. Not an option of supervisord.
   *
   * @returns lets go of the file, and leaves it there
   * @throws {SupervisorError} `NO_FILE` if there is no such file
   * @example
   * ```ts
   * writeFileSync("/run/web.pid", String(process.pid));
   * const release = supervisor.ownFile("/run/web.pid");
   * ```
   */
  ownFile(file: string): () => void {
    return this.#parts.hostExit.ownFile(findToOwn(file));
  }

  /**
   * Lets the host exit although children live, or are to be started again. They are killed when it
   * does. A promise that is pending still keeps the host alive, until it settles: that of `start()`,
   * `stop()`, `restart()`, `update()`, `remove()`, `send()` and `shutdown()`. `events()` and `follow()`
   * never do: a host that has nothing else to do while it awaits them ends, by Node's exit code 13.
   */
  unref(): this {
    return this.#setRef(false);
  }

  /** Takes back `unref()`. */
  ref(): this {
    return this.#setRef(true);
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
    const { registry, lifetime } = this.#parts;
    return new Selection({
      name: names.join(" "),
      find: () => registry.findAll(names),
      begin: () => lifetime.begin(),
      handle: (process) => this.#programs.handle(process),
    });
  }

  #setRef(ref: boolean): this {
    this.#parts.registry.isRef = ref;
    for (const program of this.#programs.values()) {
      if (ref) program.ref();
      else program.unref();
    }
    return this;
  }
}
