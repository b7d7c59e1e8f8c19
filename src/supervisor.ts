import { on } from "node:events";
import { isDeepStrictEqual } from "node:util";
import type { EventEmitter } from "eventemitter3";
import { diff, type Difference } from "./core/diff.ts";
import { nearest } from "./core/nearest.ts";
import { autostartOrder, byText } from "./core/order.ts";
import { SupervisorError } from "./errors.ts";
import { SupervisorEmitter, type EventName, type Fresh, type SupervisorEvent } from "./events.ts";
import type { ProcessInfo } from "./info.ts";
import { all, restartAll, startAll, startEach, stopAll } from "./orders.ts";
import { Program, theOnly } from "./program.ts";
import { resolveSettings, type ProcessConfig, type Resolved } from "./resolve.ts";
import { systemClock } from "./runtime/clock.ts";
import type { Clock, OutputStream, Spawner } from "./runtime/ports.ts";
import { SystemSpawner } from "./runtime/spawner.ts";
import { Ticks } from "./runtime/ticks.ts";
import {
  show,
  type ProgramSettings,
  type SignalSetting,
  type SupervisorSettings,
} from "./settings.ts";
import { Subprocess, type Host, type WaitOptions } from "./subprocess.ts";

/** What a supervisor works with, in place of the real things; for tests. */
export interface SupervisorIo {
  /** Time; see `FakeClock` in `libsupervisor/testing`. */
  readonly clock?: Clock;
  /** What starts processes; see `FakeSpawner` in `libsupervisor/testing`. */
  readonly spawner?: Spawner;
}

/** What an update has changed, or would change: names of programs. */
export type UpdateResult = Difference;

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
  readonly #ticks: Ticks;
  readonly #programs = new Map<string, Program>();
  readonly #processes = new Map<string, Subprocess>();
  #resolved: Resolved;
  #rawEnvironment: Record<string, string>;
  #isRef = true;
  #hasBegun = false;
  #closing: Promise<readonly Leftover[]> | undefined;
  #hasClosed = false;
  #updates: Promise<unknown> = Promise.resolve();

  /**
   * Checks all settings and holds the programs; starts nothing.
   * @throws {SettingsError} with everything that is wrong with the settings
   */
  constructor(
    settings: SupervisorSettings = {},
    { clock = systemClock, spawner = new SystemSpawner() }: SupervisorIo = {},
  ) {
    super();
    const announceNow = (event: Fresh) => this.announce(event, clock.date());
    const isClosing = () => this.#closing !== undefined;
    const isRef = () => this.#isRef;
    this.#host = {
      io: { clock, spawner },
      get isClosing() {
        return isClosing();
      },
      get isRef() {
        return isRef();
      },
      announce: announceNow,
    };
    this.#ticks = new Ticks(clock, (period, when) => announceNow({ type: `TICK_${period}`, when }));
    this.#resolved = resolveSettings(settings);
    this.#rawEnvironment = { ...settings.environment };
    this.#hold(this.#resolved, {
      added: [...this.#resolved.programs.keys()],
      changed: [],
      removed: [],
    });
  }

  /** Its name; see the setting. */
  get identifier(): string {
    return this.#resolved.identifier;
  }

  /** `SHUTDOWN` from the moment `shutdown()` is called, for ever; before, `RUNNING`. Mirrors `getState`. */
  get state(): "RUNNING" | "SHUTDOWN" {
    return this.#closing ? "SHUTDOWN" : "RUNNING";
  }

  /** The programs, by name. */
  get programs(): ReadonlyMap<string, Program> {
    return this.#programs;
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
    const processes = name === undefined ? this.#autostarted() : this.#find(name);
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
    await stopAll(this.#find(name), (process) => process.stop(options));
  }

  /**
   * Stops what the name means (`all` unless given), as `stop()` does, then starts it.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.restart}
   * @see supervisorctl's `restart`
   */
  async restart(name = "all", options: WaitOptions = {}): Promise<void> {
    await restartAll(this.#find(name), options);
  }

  /**
   * Sends a signal to each process that the name means.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.signal}
   * @see supervisorctl's `signal`
   */
  async signal(name: string, signal: SignalSetting): Promise<void> {
    await all(
      "signal",
      this.#find(name).map((process) => process.signal(signal)),
    );
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
      this.#find(name).map((process) => process.send(chars, options)),
    );
  }

  /**
   * The last bytes that a process wrote.
   *
   * @throws {SupervisorError} `BAD_NAME` if the name means none, or more than one
   * @see supervisorctl's `tail`
   */
  async tail(name: string, stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return theOnly(name, this.#find(name)).tail(stream, bytes);
  }

  /**
   * The report of each process that the name means (`all` unless given), by group and name.
   *
   * @throws {SupervisorError} `BAD_NAME`
   * @see supervisorctl's `status`
   */
  status(name = "all"): ProcessInfo[] {
    const processes = this.#find(name).toSorted(
      (a, b) => byText(a.group, b.group) || byText(a.name, b.name),
    );
    return processes.map((process) => process.info());
  }

  /** One process, by `group:process`, or by the name alone where both are the same. */
  process(namespec: string): Subprocess | undefined {
    return this.#processes.get(namespec);
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
    const { identifier, environment, programs, processes, groups } = this.#resolved;
    if (programs.has(name) || groups.has(name)) {
      throw new SupervisorError("ALREADY_ADDED", `Cannot add ${show(name)}: there is one already`);
    }
    const fresh = resolveSettings({
      programs: { [name]: settings },
      environment: this.#rawEnvironment,
    });
    const next: Resolved = {
      identifier,
      environment,
      programs: new Map([...programs, ...fresh.programs]),
      processes: [...processes, ...fresh.processes],
      groups: new Map([...groups, ...fresh.groups]),
    };
    this.#adopt(next, { added: [name], changed: [], removed: [] });
    const program = this.#programs.get(name);
    if (!program) throw new Error(`There is no ${show(name)}. This is a bug in libsupervisor`);
    if (this.#hasBegun && program.settings.autostart) this.#launch(program.processes);
    return program;
  }

  /**
   * Stops a program (or all programs of a group) and forgets it; settles when nothing of it is left.
   *
   * @throws {SupervisorError} `BAD_NAME`, or as {@link Subprocess.stop}: then nothing is removed.
   * @see supervisorctl's `remove`. **Differs:** there it is an error if the program is running.
   */
  async remove(name: string, options: WaitOptions = {}): Promise<void> {
    await this.#inTurn(async () => {
      const names = new Set(this.#find(name).map(({ config }) => config.program));
      if (this.#programs.has(name)) names.add(name);
      const current = this.#resolved;
      const programs = new Map([...current.programs].filter(([program]) => !names.has(program)));
      const processes = current.processes.filter(({ program }) => !names.has(program));
      const groups = new Map(
        [...current.groups].filter(
          ([group]) => group !== name || processes.some((p) => p.group === group),
        ),
      );
      await this.#become({ ...current, programs, processes, groups }, options);
    });
  }

  /**
   * Makes these the settings, as a whole: what is no longer there is stopped and forgotten, what has
   * changed is stopped, replaced, and started again if it was up, what is new is added, and started
   * if `autostart` says so and the supervisor was started. Processes whose settings are the same are
   * not touched. Settles when all that has to go is gone, and the rest is on its way.
   *
   * @throws {SettingsError} if the settings are not right; nothing has been touched.
   * @throws {SupervisorError} if something would not stop: what was stopped is started again, and
   * nothing has changed. `SHUTDOWN_STATE`.
   * @see supervisorctl's `update`; with `dryRun`, its `reread`. **Differs:** one changed process does
   * not restart the rest of its group, and what somebody has stopped stays stopped.
   */
  async update(settings: SupervisorSettings, options: UpdateOptions = {}): Promise<UpdateResult> {
    const next = resolveSettings(settings);
    if (options.dryRun) return this.#differenceTo(next);
    const rawEnvironment = { ...settings.environment };
    return this.#inTurn(async () => {
      const difference = await this.#become(next, options);
      this.#rawEnvironment = rawEnvironment;
      return difference;
    });
  }

  /** What `update` would change: the same as `update(settings, { dryRun: true })`. */
  async reread(settings: SupervisorSettings): Promise<UpdateResult> {
    return this.#differenceTo(resolveSettings(settings));
  }

  /**
   * Stops everything, as `stop()` does, for good: from now on nothing starts. Settles when every
   * process and what it left in its process group is gone, with those that would not go. Does not
   * reject for them. Calling it again shares the outcome.
   *
   * @see supervisorctl's `shutdown`
   */
  async shutdown(options: WaitOptions = {}): Promise<readonly Leftover[]> {
    options.signal?.throwIfAborted();
    this.#closing ??= this.#close();
    return raceAbort(this.#closing, options.signal);
  }

  /** `shutdown()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /**
   * All events from now on, until the supervisor has shut down. An abort of the signal ends it with
   * the signal's error, as `events.on` of Node does.
   */
  events(options: WaitOptions = {}): AsyncIterableIterator<SupervisorEvent> {
    const source = this.#hasClosed
      ? undefined
      : (on(this as never, "EVENT", { ...options, close: [CLOSED] }) as AsyncIterableIterator<
          [SupervisorEvent]
        >);
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

  /** Lets the host exit although children live, or are to be started again. They are killed when it does. */
  unref(): this {
    return this.#setRef(false);
  }

  /** Takes back `unref()`. */
  ref(): this {
    return this.#setRef(true);
  }

  /** @internal */
  protected override listenersChanged(): void {
    const wanted = TICKS.some((name) => this.listenerCount(name) > 0);
    this.#ticks.set(wanted && this.#hasBegun && !this.#hasClosed);
  }

  #setRef(ref: boolean): this {
    this.#isRef = ref;
    for (const process of this.#processes.values()) process.setRef(ref);
    return this;
  }

  #find(name: string): Subprocess[] {
    const everyone = [...this.#processes.values()];
    if (name === "all") return everyone;
    const [group = "", process] = name.split(":", 2);
    if (process === undefined) {
      const program = this.#programs.get(name);
      if (program) return [...program.processes];
    }
    const isWhole = process === undefined || process === "*" || process === "";
    if (isWhole && this.#resolved.groups.has(group))
      return everyone.filter((one) => one.group === group);
    const one = everyone.find((each) => !isWhole && each.group === group && each.name === process);
    if (one) return [one];
    const known = [
      ...this.#programs.keys(),
      ...this.#resolved.groups.keys(),
      ...this.#processes.keys(),
    ];
    const meant = nearest(name, known);
    const hint = meant === undefined ? "" : `; did you mean ${show(meant)}?`;
    throw new SupervisorError("BAD_NAME", `There is no ${show(name)}${hint}`);
  }

  #autostarted(): Subprocess[] {
    const inOrder = this.#resolved.processes.flatMap(
      ({ group, name }) => this.#at(group, name) ?? [],
    );
    const wanted = inOrder.filter(({ config }) => config.autostart);
    return autostartOrder(wanted.map((process) => ({ process, rank: process.config.rank }))).map(
      ({ process }) => process,
    );
  }

  #at(group: string, name: string): Subprocess | undefined {
    return this.#processes.get(group === name ? name : `${group}:${name}`);
  }

  /** The first start is when somebody can be listening: only now the beginning is announced. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const groups = [...this.#resolved.groups].toSorted(([a, x], [b, y]) => x - y || byText(a, b));
    for (const [groupname] of groups)
      this.#host.announce({ type: "PROCESS_GROUP_ADDED", groupname });
    this.#host.announce({ type: "SUPERVISOR_STATE_CHANGE_RUNNING" });
    this.listenersChanged();
  }

  async #close(): Promise<readonly Leftover[]> {
    this.#host.announce({ type: "SUPERVISOR_STATE_CHANGE_STOPPING" });
    const leftovers: Leftover[] = [];
    await stopAll([...this.#processes.values()], async (process) => {
      try {
        await process.quit();
      } catch (error) {
        if (!(error instanceof SupervisorError)) throw error;
        leftovers.push({ process: process.namespec, error });
      }
    });
    this.#hasClosed = true;
    this.listenersChanged();
    (this as unknown as EventEmitter<typeof CLOSED>).emit(CLOSED);
    return leftovers;
  }

  /** Updates and removals come one after another. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#updates;
    const mine = before.then(work);
    this.#updates = mine.catch(() => {});
    return mine;
  }

  #differenceTo(next: Resolved): Difference {
    const ofPrograms = diff(this.#resolved.programs, next.programs, isDeepStrictEqual);
    const ofProcesses = diff(byName(this.#resolved), byName(next), isSame);
    const programs = new Set(ofPrograms.changed);
    for (const list of [ofProcesses.added, ofProcesses.changed, ofProcesses.removed]) {
      for (const name of list) {
        for (const side of [this.#resolved, next]) {
          const program = byName(side).get(name)?.program;
          if (
            program !== undefined &&
            this.#resolved.programs.has(program) &&
            next.programs.has(program)
          )
            programs.add(program);
        }
      }
    }
    const changed = [...next.programs.keys()].filter((name) => programs.has(name));
    return { ...ofPrograms, changed };
  }

  /** From the settings that hold to these: stop, exchange, start. Before the exchange, nothing has changed. */
  async #become(next: Resolved, options: WaitOptions): Promise<Difference> {
    const { changed, removed } = diff(byName(this.#resolved), byName(next), isSame);
    const going = [...changed, ...removed].flatMap((name) => this.#processes.get(name) ?? []);
    const wanted = new Map<Subprocess, number>();
    do {
      for (const process of going) if (process.isWanted) wanted.set(process, process.stops + 1);
      try {
        await stopAll(going, (process) => process.stop(options));
      } catch (error) {
        this.#launch(
          going.filter((process) => process.isGone && process.stops === wanted.get(process)),
        );
        throw error;
      }
    } while (!this.#closing && going.some((process) => !process.isGone)); // somebody has started one meanwhile
    if (this.#closing)
      throw new SupervisorError("SHUTDOWN_STATE", "Cannot update: the supervisor is shutting down");
    const difference = this.#differenceTo(next);
    const again = new Set(
      going
        .filter((process) =>
          wanted.has(process)
            ? process.stops === wanted.get(process)
            : this.#wouldAutostart(process),
        )
        .map(({ namespec }) => namespec),
    );
    const before = new Set(this.#processes.keys());
    const old = new Set(this.#processes.values());
    this.#adopt(next, difference);
    const fresh = [...this.#processes.values()].filter((process) => !old.has(process));
    this.#launch(
      fresh.filter(({ namespec, config }) =>
        before.has(namespec) ? again.has(namespec) : this.#hasBegun && config.autostart,
      ),
    );
    return difference;
  }

  /** A changed process that is not up: one that was stopped by somebody stays so. */
  #wouldAutostart(process: Subprocess): boolean {
    const wasStopped = process.state === "STOPPED" && process.wasStarted;
    return this.#hasBegun && process.config.autostart && !wasStopped;
  }

  /** Starts what nobody waits for: how it goes is told by events. */
  #launch(processes: readonly Subprocess[]): void {
    startAll(processes, {}).catch(() => {});
  }

  /** Exchanges the settings, and tells of the groups that have come and gone. */
  #adopt(next: Resolved, difference: Difference): void {
    const before = this.#resolved;
    const membersBefore = this.#membersByGroup();
    this.#resolved = next;
    this.#hold(next, difference);
    const members = this.#membersByGroup();
    // a group of which nobody is left is another one, though it may have the same name
    const isOther = (group: string) => {
      const old = membersBefore.get(group) ?? [];
      const now = members.get(group) ?? [];
      return old.length > 0 && !old.some((process) => now.includes(process));
    };
    for (const groupname of before.groups.keys()) {
      if (!next.groups.has(groupname) || isOther(groupname)) {
        this.#host.announce({ type: "PROCESS_GROUP_REMOVED", groupname });
      }
    }
    for (const groupname of next.groups.keys()) {
      if (!before.groups.has(groupname) || isOther(groupname)) {
        this.#host.announce({ type: "PROCESS_GROUP_ADDED", groupname });
      }
    }
  }

  #membersByGroup(): Map<string, Subprocess[]> {
    const members = new Map<string, Subprocess[]>();
    for (const process of this.#processes.values()) {
      members.set(process.group, [...(members.get(process.group) ?? []), process]);
    }
    return members;
  }

  /** Makes the objects match the settings; those whose settings are the same are kept. */
  #hold(next: Resolved, { removed }: Difference): void {
    const byProgram = new Map<string, Subprocess[]>();
    const kept = new Map<string, Subprocess>();
    for (const [name, config] of byName(next)) {
      const old = this.#processes.get(name);
      let process: Subprocess;
      if (old && isSame(old.config, config)) {
        process = old;
        process.config = config; // its group may have another priority
      } else {
        old?.retire();
        process = new Subprocess(config, this.#host);
      }
      kept.set(name, process);
      byProgram.set(config.program, [...(byProgram.get(config.program) ?? []), process]);
    }
    for (const [name, process] of this.#processes) if (!kept.has(name)) process.retire();
    this.#processes.clear();
    for (const [name, process] of kept) this.#processes.set(name, process);
    for (const name of removed) {
      this.#programs
        .get(name)
        ?.become(next.programs.get(name) ?? this.#programs.get(name)!.settings, []);
      this.#programs.delete(name);
    }
    for (const [name, settings] of next.programs) {
      const processes = byProgram.get(name) ?? [];
      const program = this.#programs.get(name);
      if (program) program.become(settings, processes);
      else this.#programs.set(name, new Program(name, settings, processes));
    }
  }
}

function byName({ processes }: Resolved): Map<string, ProcessConfig> {
  return new Map(processes.map((config) => [config.command.name, config]));
}

/** Equal but for the priority of the group, which is no matter of the process. */
function isSame(a: ProcessConfig, b: ProcessConfig): boolean {
  const comparable = (config: ProcessConfig) => ({
    ...config,
    rank: { ...config.rank, groupPriority: 0 },
  });
  return isDeepStrictEqual(comparable(a), comparable(b));
}

async function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let aborted: (() => void) | undefined;
  const abort = new Promise<never>((_resolve, reject) => {
    aborted = () => reject(signal.reason as Error);
    signal.addEventListener("abort", aborted, { once: true });
  });
  try {
    return await Promise.race([promise, abort]);
  } finally {
    if (aborted) signal.removeEventListener("abort", aborted);
  }
}
