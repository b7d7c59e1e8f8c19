import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import type { Signal } from "../ports/signal.ts";
import { Cgroup, cgroupBase } from "../system/cgroup.ts";
import { atExit } from "./exit-hook.ts";
import { Guardian, type GuardianEnd } from "./guardian.ts";
import { GuardianKeeper } from "./guardian-keeper.ts";
import { exists, sendSignal } from "./sweep.ts";
import { OwnedFile } from "./owned-file.ts";
import type { Command } from "../ports/command.ts";
import type { Clock } from "../ports/clock.ts";
import { reserve } from "../system/reserve.ts";
import { isShortage } from "../system/shortage.ts";
import { forksSoFar, pidLimit, Strangers, type Family, type Kinship } from "./relatives.ts";

/** Who ends the children when the host does. */
export interface CustodyOptions {
  /** Whether there is a guardian, for the ends that the host does not live to see. */
  readonly guardian: boolean;
  /** What the stop signals are given, before SIGKILL. */
  readonly waitSecs: number;
}

/** Whom custody tells. */
export interface CustodyEvents {
  /** Somebody has ended the guardian; there is another one. */
  lost(reason: string): void;
  /** There is no guardian: for now, if something is lacking, or none that stays; else for ever. */
  failed(reason: string): void;
  /** There is no making of cgroups. */
  boundless(reason: string): void;
}

/** An empty house needs no guardian; but programs that come back at once find it still there. */
const LINGER_MS = 1000;
/** How old a count of processes may be. */
const COUNT_MS = 100;

/** What tells the processes of one run from all others. */
export type Run = Omit<Kinship, "pid"> & { readonly cgroup?: Cgroup };

/** Keeps the list of all that lives, for whoever has to end it when the host cannot. */
export class Custody {
  /** The variable that marks the environment of all our processes, and of nobody else's. */
  readonly tag = `LIBSUPERVISOR_${randomBytes(8).toString("hex")}`;
  readonly #options: CustodyOptions;
  readonly #events: CustodyEvents;
  readonly #clock: Clock;
  readonly #keeper: GuardianKeeper<Guardian>;
  readonly #living = new Map<number, number>(); // group -> signal
  readonly #limit = pidLimit();
  readonly #family: Family = {
    name: this.tag,
    groups: this.#living,
    strangers: new Strangers(),
  };
  readonly #cgroups = new Set<Cgroup>();
  readonly #files = new Map<number, OwnedFile>(); // by number
  #base: string | undefined;
  #isBoundless = false;
  #runs = 0;
  #filesSoFar = 0;
  #forks = 0;
  #counted = -Infinity;
  #leave: (() => void) | undefined;
  #release: (() => void) | undefined;
  #linger: unknown;

  constructor(options: CustodyOptions, events: CustodyEvents, clock: Clock) {
    this.#options = options;
    this.#events = events;
    this.#clock = clock;
    const isDisabled = !options.guardian || process.platform === "win32"; // the job object of the host does it there
    const hooks = {
      hire: (lost: (end: GuardianEnd) => void) => this.#hire(lost),
      isNeeded: () => !this.#isIdle,
      lost: (reason: string) => events.lost(reason),
      failed: (reason: string) => events.failed(reason),
    };
    this.#keeper = new GuardianKeeper(isDisabled, hooks, clock);
  }

  /**
   * To be called before a process is started: the guardian has to be there first. Returns the mark for
   * the environment of this run (`NAME=7-15`: its number, and that of its stop signal), and how many processes the system has started so far.
   * @throws what is lacking for a guardian or a cgroup
   */
  prepare({ cgroup: hasCgroup, stopsignal }: Pick<Command, "cgroup" | "stopsignal">): Run {
    this.#clock.clearTimeout(this.#linger);
    this.#keeper.awaken();
    const now = this.#clock.now();
    if (now - this.#counted > COUNT_MS) {
      this.#counted = now;
      this.#forks = forksSoFar();
    }
    const run = ++this.#runs;
    const cgroup = hasCgroup ? this.#makeCgroup(run) : undefined;
    return {
      ...(cgroup && { cgroup }),
      tag: `${this.tag}=${run}-${numberOf(stopsignal)}`,
      forks: this.#forks,
      limit: this.#limit,
      family: this.#family,
    };
  }

  /** What was prepared has come to nothing. */
  abandon({ cgroup }: Run): void {
    if (cgroup) this.removeCgroup(cgroup);
    this.#rest();
  }

  /** It is empty: nobody has to look after it. */
  removeCgroup(cgroup: Cgroup): void {
    cgroup.remove();
    this.#cgroups.delete(cgroup);
    this.#keeper.guardian?.removeCgroup(cgroup.run);
  }

  add(group: number, signal: Signal): void {
    const number = numberOf(signal);
    this.#living.set(group, number);
    this.#leave ??= atExit(() => this.#farewell());
    this.#release ??= reserve.hold();
    this.#keeper.guardian?.add(group, number);
  }

  /** To be called when nobody is left in the group. */
  remove(group: number): void {
    if (!this.#living.delete(group)) return;
    this.#keeper.guardian?.remove(group);
    this.#rest();
  }

  /**
   * From now on, the file is removed when the host ends, however it does, if it is still the same.
   * The function returned lets go of it, and leaves it there.
   */
  ownFile(file: OwnedFile): () => void {
    const number = ++this.#filesSoFar;
    this.#clock.clearTimeout(this.#linger);
    this.#keeper.guardian?.addFile(number, file);
    this.#files.set(number, file);
    this.#leave ??= atExit(() => this.#farewell());
    this.#keeper.awakenSoon(); // a new one is told of all files
    return () => {
      if (!this.#files.delete(number)) return;
      this.#keeper.guardian?.removeFile(number);
      this.#rest();
    };
  }

  get #isIdle(): boolean {
    return this.#living.size === 0 && this.#files.size === 0;
  }

  #rest(): void {
    if (!this.#isIdle) return;
    this.#leave?.();
    this.#leave = undefined;
    this.#release?.();
    this.#release = undefined;
    this.#clock.clearTimeout(this.#linger);
    this.#linger = this.#clock.setTimeout(() => this.close(), LINGER_MS, false);
  }

  /** Dismisses the guardian, if there is nothing to guard. */
  close(): void {
    this.#clock.clearTimeout(this.#linger);
    if (this.#isIdle) this.#keeper.close();
  }

  /** Settles when the guardian that was dismissed last has gone; nothing, if there was none. */
  get dismissed(): Promise<void> | undefined {
    return this.#keeper.dismissed;
  }

  #makeCgroup(run: number): Cgroup | undefined {
    if (this.#isBoundless) return undefined;
    try {
      this.#base ??= cgroupBase(exists);
      const cgroup = Cgroup.make(this.#base, run);
      this.#cgroups.add(cgroup);
      this.#keeper.guardian?.addCgroup(run);
      return cgroup;
    } catch (error) {
      // EAGAIN: as many as the system allows
      if (isShortage(error) && (error as NodeJS.ErrnoException).code !== "EAGAIN") {
        this.#rest();
        throw error;
      }
      this.#isBoundless = true;
      this.#events.boundless((error as Error).message);
      return undefined;
    }
  }

  #hire(lost: (end: GuardianEnd) => void): Guardian {
    const { waitSecs } = this.#options;
    const guardian = new Guardian(this.tag, waitSecs, this.#cgroupPrefix(), lost, this.#clock);
    for (const [group, signal] of this.#living) guardian.add(group, signal);
    for (const { run } of this.#cgroups) guardian.addCgroup(run);
    for (const [number, file] of this.#files) guardian.addFile(number, file);
    return guardian;
  }

  #cgroupPrefix(): string {
    try {
      this.#base ??= cgroupBase(exists);
      return Cgroup.prefix(this.#base);
    } catch (error) {
      if (isShortage(error)) throw error;
      return ""; // and none will be made
    }
  }

  /** The host exits: whoever lives is killed here, unless the guardian has to be gentle. */
  #farewell(): void {
    for (const file of this.#files.values()) file.remove();
    if (this.#keeper.guardian && this.#options.waitSecs > 0) return;
    for (const group of this.#living.keys()) {
      try {
        sendSignal(group, "SIGKILL", true);
      } catch {
        // the host is leaving: nobody is left to be told
      }
    }
  }
}

function numberOf(signal: Signal): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}
