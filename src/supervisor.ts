import { EventEmitter, on } from "node:events";
import { copyOf } from "./schema/copy.ts";
import { abortable, linkedAbort, type WaitOptions } from "./lifecycle/wait.ts";
import { byText } from "./schema/by-text.ts";
import { SupervisorError } from "./errors.ts";
import type { SupervisorEvent } from "./events/event-map.ts";
import type { EventName } from "./events/event-table.ts";
import { SupervisorEmitter } from "./events/emitter.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import { Listeners } from "./listeners/pools.ts";
import {
  all,
  launchAll,
  restartAll,
  signalAll,
  startAll,
  startEach,
  stopAll,
} from "./supervision/commands.ts";
import {
  activityLines,
  endStreams,
  listenerPools,
  stateEvents,
  waiters,
} from "./supervision/observers.ts";
import { hasAutoLog } from "./output/plan.ts";
import { theOnly, type Program } from "./program.ts";
import { Registry } from "./supervision/registry.ts";
import { resolveSettings, type Resolved } from "./settings/resolve.ts";
import { nextTurn, systemClock } from "./system/clock.ts";
import { HostExit, type HostExitEvents } from "./cleanup/host-exit.ts";
import { removeAutoLogs } from "./output/auto-log.ts";
import { Logs } from "./output/logs.ts";
import { OwnedFile } from "./cleanup/owned-file.ts";
import type { Spawner } from "./ports/child.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { Clock } from "./ports/clock.ts";
import { SystemSpawner } from "./spawn/spawner.ts";
import { Ticks } from "./events/ticks.ts";
import type { ProgramSettings } from "./settings/program.ts";
import type { SupervisorSettings } from "./settings/supervisor.ts";
import type { SignalSetting } from "./schema/signal.ts";
import { show } from "./schema/show.ts";
import type { Follow } from "./output/follow.ts";
import type { Host, Subprocess } from "./subprocess.ts";
import { update, type UpdateResult } from "./supervision/update.ts";

/** What a supervisor works with, in place of the real things; for tests. */
export interface SupervisorIo {
  /** Time; see `FakeClock` in `libsupervisor/testing`. */
  readonly clock?: Clock;
  /** What starts processes; see `FakeSpawner` in `libsupervisor/testing`. */
  readonly spawner?: Spawner;
}

/** How to update. */
export interface UpdateOptions extends WaitOptions {
  /** Only tell what would change: supervisorctl's `reread`. */
  readonly dryRun?: boolean;
}

/** A process that a shutdown could not end. */
export interface Leftover {
  /** The process's full name. */
  readonly process: string;
  /** Why it is still there, with its pid. */
  readonly error: SupervisorError;
}

const TICKS: readonly EventName[] = ["TICK_5", "TICK_60", "TICK_3600", "TICK", "EVENT"];
const LOGFILE: readonly EventName[] = ["LOGFILE_FAILED", "LOGFILE", "EVENT"];
const REPORT_MS = 3000;
const CLOSED = "closed"; // ends event iterators; no event of ours

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
  readonly #host: Host;
  readonly #hostExit: HostExit;
  readonly #logs: Logs;
  readonly #registry: Registry;
  readonly #listeners: Listeners;
  readonly #ticks: Ticks;
  #rawEnvironment: Record<string, string>;
  #isRef = true;
  #hasBegun = false;
  #closing: Promise<readonly Leftover[]> | undefined;
  #hasClosed = false;
  readonly #feeds = new Set<EventEmitter>();
  #report: unknown;
  #updates: Promise<unknown> = Promise.resolve();

  /**
   * Checks all settings and holds the programs; starts nothing.
   * @throws {SettingsError} with everything that is wrong with the settings
   */
  constructor(
    settings: SupervisorSettings = {},
    { clock = systemClock, spawner }: SupervisorIo = {},
  ) {
    super(systemClock);
    const resolved = resolveSettings(settings);
    this.#rawEnvironment = { ...settings.environment };
    this.#logs = new Logs(clock, {
      failed: (file, error) => this.#logFailed(file, error),
      recovered: (file, lost) => this.#host.announce({ type: "LOGFILE_RECOVERED", file, lost }),
    });
    this.#listeners = new Listeners({
      clock,
      identifier: () => this.identifier,
      members: (program) => this.programs.get(program)?.processes ?? [],
      plan: (program) => this.#registry.resolved.listeners.get(program),
      activity: (level, message) => this.#host.activity(level, message),
      changed: () => this.listenersChanged(),
    });
    // who starts nothing real needs nobody to end it
    this.#hostExit = this.#makeHostExit({ ...resolved, guardian: resolved.guardian && !spawner });
    this.#host = {
      io: {
        clock,
        spawner:
          spawner ??
          new SystemSpawner({
            clock: systemClock,
            hostExit: this.#hostExit,
            unpiped: (why) => this.#unpiped(why),
          }),
      },
      logs: this.#logs,
      isClosing: () => this.#closing !== undefined,
      hasBegun: () => this.#hasBegun,
      isRef: () => this.#isRef,
      announce: (event) => {
        this.#listeners.accept(event);
        this.announce(event, clock.date());
      },
      listeners: this.#listeners,
      // what a caller who waited reads has been written, and announced
      observers: [
        endStreams,
        activityLines(
          (level, message) => this.#host.activity(level, message),
          () => this.#host.isClosing(),
        ),
        stateEvents((event) => this.#host.announce(event)),
        listenerPools(this.#listeners),
        waiters,
      ],
      activity: (level, message) => {
        if (this.listenerCount("ACTIVITY") > 0)
          this.#host.announce({ type: "ACTIVITY", level, message });
      },
    };
    this.#registry = new Registry(resolved, this.#host);
    this.#ticks = new Ticks(clock, (period, when) =>
      this.#host.announce({ type: `TICK_${period}`, when }),
    );
  }

  /** Its name; see the setting. */
  get identifier(): string {
    return this.#registry.resolved.identifier;
  }

  /** `SHUTDOWN` from the moment `shutdown()` is called, for ever; before, `RUNNING`. Mirrors `getState`. */
  get state(): "RUNNING" | "SHUTDOWN" {
    return this.#closing ? "SHUTDOWN" : "RUNNING";
  }

  /**
   * The settings that hold: those given, defaults filled in, with what was added, removed and updated
   * since. A copy: it can be changed and given to `update()`, and changes nothing by itself.
   */
  get settings(): SupervisorSettings {
    const { programs, groupSettings } = this.#registry.resolved;
    return {
      ...this.#wholeSettings(),
      programs: copyOf(Object.fromEntries(programs)),
      groups: copyOf(Object.fromEntries(groupSettings)),
    };
  }

  /** The programs, by name. Only `add()`, `update()` and `remove()` change which there are. */
  get programs(): ReadonlyMap<string, Program> {
    return this.#registry.programs;
  }

  /**
   * Starts every program with `autostart`, by priority, and settles when all are RUNNING; with a
   * name, what that means: a program, a group, `group:process`, `group:*` or `all`. Nobody waits for
   * one before it to be RUNNING. Once it has been called, programs that are added start, too.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.start}; when several processes fail,
   * one error with all of them in `errors`. The others go on.
   * @see supervisorctl's `start`
   */
  async start(name?: string, options: WaitOptions = {}): Promise<void> {
    if (this.#closing) {
      throw new SupervisorError("SHUTDOWN_STATE", "Cannot start: the supervisor is shutting down");
    }
    const processes = name === undefined ? this.#registry.autostarted() : this.#registry.find(name);
    this.#begin();
    await (name === undefined ? startEach : startAll)(processes, options);
  }

  /**
   * Stops what the name means (`all` unless given): the highest priority number first, and those of
   * the next lower number when all of the last are gone.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}
   * @see supervisorctl's `stop`. **Differs:** it goes up the priorities there, against its manual.
   */
  async stop(name = "all", options: WaitOptions = {}): Promise<void> {
    await stopAll(this.#registry.find(name), (process) => process.stop(options));
  }

  /**
   * Stops what the name means (`all` unless given), as `stop()` does, then starts it.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.restart}
   * @see supervisorctl's `restart`
   */
  async restart(name = "all", options: WaitOptions = {}): Promise<void> {
    const processes = this.#registry.find(name);
    if (!this.#closing) this.#begin();
    await restartAll(processes, options);
  }

  /**
   * Sends a signal to the process that the name means; of several, to those that are running.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.signal}
   * @see supervisorctl's `signal`
   */
  async signal(name: string, signal: SignalSetting): Promise<void> {
    await signalAll(this.#registry.find(name), signal);
  }

  /**
   * Writes to the standard input of each process that the name means.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.send}
   * @see the RPC method `sendProcessStdin`
   */
  async send(name: string, chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await all(
      "send to",
      this.#registry.find(name).map((process) => process.send(chars, options)),
    );
  }

  /**
   * The last bytes that a process wrote.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one
   * @see supervisorctl's `tail`
   */
  async tail(name: string, stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return theOnly(name, this.#registry.find(name)).tail(stream, bytes);
  }

  /**
   * A part of a process's log.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one; or as
   * {@link Subprocess.read}
   * @see the RPC method `readProcessStdoutLog`
   */
  async read(name: string, stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return theOnly(name, this.#registry.find(name)).read(stream, offset, length);
  }

  /**
   * What a process writes from now on; see {@link Subprocess.follow}.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one
   * @see supervisorctl's `tail -f`
   */
  follow(name: string, stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    return theOnly(name, this.#registry.find(name)).follow(stream, options);
  }

  /**
   * Empties the logs of each process that the name means (`all` unless given).
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.clear}
   * @see supervisorctl's `clear`
   */
  async clear(name = "all"): Promise<void> {
    const processes = this.#registry.find(name);
    await all(
      "clear",
      processes.map((process) => process.clear()),
    );
  }

  /**
   * Opens the log files of each process that the name means (`all` unless given) anew.
   *
   * @throws {SupervisorError} `BAD_NAME`
   * @see the signal USR2 of supervisord, and {@link Subprocess.reopen}
   */
  reopen(name = "all"): void {
    for (const process of this.#registry.find(name)) process.reopen();
  }

  /**
   * The report of each process that the name means (`all` unless given), by group and name.
   *
   * @throws {SupervisorError} `BAD_NAME`
   * @see supervisorctl's `status`
   */
  status(name = "all"): ProcessInfo[] {
    const processes = this.#registry
      .find(name)
      .toSorted((a, b) => byText(a.group, b.group) || byText(a.name, b.name));
    return processes.map((process) => process.info());
  }

  /**
   * Tells whoever listens, `eventlistener` programs too, something of the caller's own: a
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
    this.#host.announce({ type: "REMOTE_COMMUNICATION", comm_type: type, data });
  }

  /** One process, by `group:process`; the name alone will do where both are the same. */
  process(namespec: string): Subprocess | undefined {
    const [group = "", name] = namespec.split(":", 2);
    return this.#registry.processes.get(group === name ? group : namespec);
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
    if (this.#closing) {
      throw new SupervisorError(
        "SHUTDOWN_STATE",
        `Cannot add ${show(name)}: the supervisor is shutting down`,
      );
    }
    const { resolved } = this.#registry;
    if (resolved.programs.has(name) || resolved.groups.has(name)) {
      throw new SupervisorError("ALREADY_ADDED", `Cannot add ${show(name)}: there is one already`);
    }
    const { programs, listeners, processes, groups } = resolveSettings({
      ...this.#wholeSettings(),
      programs: { [name]: settings },
    });
    const fresh = this.#registry.exchange({
      ...resolved,
      programs: new Map([...resolved.programs, ...programs]),
      listeners: new Map([...resolved.listeners, ...listeners]),
      processes: [...resolved.processes, ...processes],
      groups: new Map([...resolved.groups, ...groups]),
    });
    if (this.#hasBegun) launchAll(fresh.filter(({ config }) => config.autostart));
    return this.programs.get(name) as Program;
  }

  /**
   * Stops a program (or all programs of a group) and forgets it; settles when nothing of it is left.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}: then nothing is removed.
   * @see supervisorctl's `remove`. **Differs:** there it is an error if the program is running.
   */
  async remove(name: string, options: WaitOptions = {}): Promise<void> {
    await this.#inTurn(async () => {
      const found = this.#registry.find(name);
      if (this.process(name) && !this.programs.has(name))
        throw new SupervisorError("BAD_NAME", `${show(name)} is neither a program nor a group`);
      const names = new Set(found.map(({ config }) => config.program));
      if (this.programs.has(name)) names.add(name);
      const isKept = (program: string) => !names.has(program);
      const without = (resolved: Resolved): Resolved => {
        const processes = resolved.processes.filter(({ program }) => isKept(program));
        const programs = new Map([...resolved.programs].filter(([program]) => isKept(program)));
        const listeners = new Map([...resolved.listeners].filter(([one]) => isKept(one)));
        const isEmptied = (group: string) =>
          group === name && !processes.some((process) => process.group === group);
        const groups = new Map([...resolved.groups].filter(([group]) => !isEmptied(group)));
        const groupSettings = new Map(
          [...resolved.groupSettings].flatMap(([group, { priority, programs: members }]) =>
            groups.has(group) ? [[group, { priority, programs: members.filter(isKept) }]] : [],
          ),
        );
        return { ...resolved, programs, listeners, processes, groups, groupSettings };
      };
      await update(this.#registry, without, this.#host, options);
    });
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
    let rawEnvironment: Record<string, string> = {};
    const resolve = () => {
      const raw = typeof settings === "function" ? settings(this.settings) : settings;
      const resolved = resolveSettings(raw);
      rawEnvironment = { ...raw.environment };
      return resolved;
    };
    const given = typeof settings === "function" && !options.dryRun ? undefined : resolve();
    if (given && options.dryRun) return this.#registry.differenceTo(given);
    return this.#inTurn(async () => {
      const goal = () => given ?? resolve();
      const difference = await update(this.#registry, goal, this.#host, options);
      this.#rawEnvironment = rawEnvironment;
      return difference;
    });
  }

  /**
   * What `update` would change, told by groups: where one member differs, the group does. By programs
   * `update(settings, { dryRun: true })` tells it.
   *
   * @throws {SettingsError} if the settings are not right.
   * @see supervisorctl's `reread`
   */
  async reread(settings: SupervisorSettings): Promise<UpdateResult> {
    return this.#registry.groupDifferenceTo(resolveSettings(settings));
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
    if (!this.#closing) {
      let settle: (work: Promise<readonly Leftover[]>) => void = () => {};
      this.#closing = new Promise((resolve) => {
        settle = resolve;
      });
      settle(this.#close()); // only now: whoever hears of it finds the state SHUTDOWN already
    }
    const closing = this.#closing;
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
    const source = this.#hasClosed ? undefined : this.#feed(options);
    return {
      async next() {
        const step = await source?.next();
        return !step || step.done
          ? { done: true, value: undefined }
          : { done: false, value: step.value[0] };
      },
      async return() {
        await source?.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
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
    let owned: OwnedFile;
    try {
      owned = new OwnedFile(file);
    } catch (cause) {
      const message = `Cannot own ${show(file)}: ${(cause as Error).message}`;
      throw new SupervisorError("NO_FILE", message, { cause });
    }
    return this.#hostExit.ownFile(owned);
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
    if (event === undefined || event === "EVENT") this.#endFeeds();
    return this;
  }

  #endFeeds(): void {
    for (const feed of this.#feeds) feed.emit(CLOSED);
  }

  /** Those that are of no program and no group. */
  #wholeSettings(): SupervisorSettings {
    const { resolved } = this.#registry;
    return {
      identifier: resolved.identifier,
      environment: { ...this.#rawEnvironment },
      strip_ansi: resolved.strip_ansi,
      childlogdir: resolved.childlogdir,
      nocleanup: resolved.nocleanup,
      guardian: resolved.guardian,
      guardian_waitsecs: resolved.guardian_waitsecs,
      ...(resolved.serverurl !== undefined && { serverurl: resolved.serverurl }),
    };
  }

  #feed({ signal }: WaitOptions): AsyncIterableIterator<[SupervisorEvent]> {
    const feed = new EventEmitter();
    const { controller, unlink } = linkedAbort(signal);
    const source = on(feed, "EVENT", { signal: controller.signal, close: [CLOSED] });
    const ignore = this.observe("EVENT", (event) => feed.emit("EVENT", event));
    this.#feeds.add(feed);
    feed.once("removeListener", () => {
      unlink();
      ignore(); // its reader has left, or an abort has ended it
      this.#feeds.delete(feed);
    });
    return source as AsyncIterableIterator<[SupervisorEvent]>;
  }

  /** @internal */
  protected override listenersChanged(): void {
    const isHeard = this.#isHeard(TICKS) || this.#listeners.isHeard(TICKS);
    this.#ticks.set(isHeard && this.#hasBegun && !this.#hasClosed);
  }

  #setRef(ref: boolean): this {
    this.#isRef = ref;
    for (const program of this.programs.values()) {
      if (ref) program.ref();
      else program.unref();
    }
    return this;
  }

  /** The first start is when somebody can be listening: only now the beginning is announced. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { childlogdir, identifier, nocleanup, processes } = this.#registry.resolved;
    if (!nocleanup && processes.some(({ outputs }) => hasAutoLog(outputs)))
      removeAutoLogs(childlogdir, identifier);
    for (const groupname of this.#registry.groups()) {
      this.#host.announce({ type: "PROCESS_GROUP_ADDED", groupname });
    }
    this.#host.announce({ type: "SUPERVISOR_STATE_CHANGE_RUNNING" });
    this.listenersChanged();
  }

  #makeHostExit({ guardian, guardian_waitsecs: waitSecs }: Resolved): HostExit {
    const events: HostExitEvents = {
      lost: (reason) => this.#host.announce({ type: "GUARDIAN_LOST", reason }),
      failed: (reason) => this.#unguarded("GUARDIAN_FAILED", reason, "a guardian"),
      cgroupFailed: (reason) => this.#unguarded("CGROUP_FAILED", reason, "cgroups"),
    };
    return new HostExit({ guardian, waitSecs }, events, systemClock);
  }

  /** A promise that cannot be kept in full is not kept silently. */
  #unguarded(type: "GUARDIAN_FAILED" | "CGROUP_FAILED", reason: string, what: string): void {
    if (!this.#isHeard([type, "GUARDIAN", "EVENT"])) {
      const message = `Without ${what} (${reason}), processes may be left behind`;
      process.emitWarning(message, { code: type });
    }
    this.#host.announce({ type, reason });
  }

  /** What programs can do without: they are told of by the activity log, or else as a warning. */
  #unpiped(reason: string): void {
    const message = `Without FIFOs (${reason}), programs cannot open /dev/stdout by name for now`;
    if (!this.#isHeard(["ACTIVITY", "EVENT"]))
      process.emitWarning(message, { code: "FIFOS_FAILED" });
    this.#host.activity("WARN", message);
  }

  #isHeard(names: readonly EventName[]): boolean {
    return names.some((name) => this.listenerCount(name) > 0);
  }

  /** Whoever loses log lines is to know it, also where nobody listens. */
  #logFailed(file: string, { code = "", message }: NodeJS.ErrnoException): void {
    if (!this.#isHeard(LOGFILE))
      process.emitWarning(`Cannot write the log ${file}: ${message}`, { code });
    this.#host.announce({ type: "LOGFILE_FAILED", file, code, message });
  }

  async #close(): Promise<readonly Leftover[]> {
    this.#host.announce({ type: "SUPERVISOR_STATE_CHANGE_STOPPING" });
    const leftovers: Leftover[] = [];
    this.#reportWaiting();
    await stopAll(this.#registry.find("all"), async (process) => {
      try {
        await process.quit();
      } catch (error) {
        if (!(error instanceof SupervisorError)) throw error;
        leftovers.push({ process: process.namespec, error });
      }
    });
    this.#host.io.clock.clearTimeout(this.#report);
    for (const process of this.#registry.processes.values()) process.close();
    this.#logs.close();
    if (this.#hostExit.guardianStopped) await this.#hostExit.guardianStopped;
    this.#hasClosed = true;
    this.#listeners.close();
    this.listenersChanged();
    this.#endFeeds();
    return Object.freeze(leftovers); // one answer for all who ask
  }

  /** Tells for whom a shutdown waits: at once, and every few seconds. */
  #reportWaiting(): void {
    const unstopped = [...this.#registry.processes.values()].filter(({ isGone }) => !isGone);
    if (unstopped.length === 0) return;
    const names = unstopped.map(({ name }) => name).join(", ");
    this.#host.activity("INFO", `waiting for ${names} to die`);
    this.#report = this.#host.io.clock.setTimeout(() => this.#reportWaiting(), REPORT_MS, false);
  }

  /**
   * Updates and removals come one after another, and no two in one turn of the event loop: a listener
   * that adds what another removes would leave no time for anything else.
   */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#updates;
    const mine = before.then(work);
    this.#updates = mine.catch(() => {}).then(() => nextTurn());
    return mine;
  }
}
