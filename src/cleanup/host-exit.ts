import type { Clock } from "../ports/clock.ts";
import type { Command } from "../ports/command.ts";
import type { Signal } from "../ports/signal.ts";
import type { Cgroup } from "../system/cgroup.ts";
import { isWindows } from "../system/platform.ts";
import { reserve } from "../system/reserve.ts";
import { sendSignal } from "../system/signals.ts";
import { Cgroups } from "./cgroups.ts";
import { onHostExit } from "./exit-hook.ts";
import { Guardian, type GuardianEnd } from "./guardian.ts";
import { GuardianKeeper } from "./guardian-keeper.ts";
import type { OwnedFile } from "./owned-file.ts";
import { numberOf, RunMarker, type RunMarks } from "./run-mark.ts";

/** The options for ending the children when the host ends. */
export interface HostExitOptions {
  /** Whether to run a guardian, for the cases in which the host cannot act before it ends. */
  readonly guardian: boolean;
  /** How long the stop signals may take, before SIGKILL. */
  readonly waitSecs: number;
}

/** The callbacks for failures of the cleanup. */
export interface HostExitEvents {
  /** The guardian was ended, and another guardian was started. */
  lost(reason: string): void;
  /**
   * There is no guardian: for now, if a resource is lacking or no guardian stays; else for ever.
   */
  failed(reason: string): void;
  /** No cgroup can be made. */
  cgroupFailed(reason: string): void;
}

/**
 * How long the guardian stays when there is nothing to guard: for programs that are started again
 * at once.
 */
const LINGER_MS = 1000;

/** The marks of a run before its process exists. */
export type Run = Omit<RunMarks, "pid"> & { readonly cgroup?: Cgroup };

/**
 * Keeps the list of all processes and files of one supervisor, and ends or removes them when the
 * host ends.
 */
export class HostExit {
  readonly #options: HostExitOptions;
  readonly #clock: Clock;
  readonly #keeper: GuardianKeeper<Guardian>;
  readonly #signals = new Map<number, number>(); // by pgid: the stop signal
  readonly #files = new Map<number, OwnedFile>(); // by number
  readonly #marker: RunMarker;
  readonly #cgroups: Cgroups;
  #filesSoFar = 0;
  #removeHook: (() => void) | undefined;
  #releaseReserve: (() => void) | undefined;
  #linger: unknown;

  constructor(options: HostExitOptions, events: HostExitEvents, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#marker = new RunMarker(this.#signals, clock);
    this.#cgroups = new Cgroups((reason) => events.cgroupFailed(reason));
    const isDisabled = !options.guardian || isWindows; // the job object of the host ends the children there
    const hooks = {
      startGuardian: (lost: (end: GuardianEnd) => void) => this.#startGuardian(lost),
      isNeeded: () => !this.#isIdle,
      lost: (reason: string) => events.lost(reason),
      failed: (reason: string) => events.failed(reason),
    };
    this.#keeper = new GuardianKeeper(isDisabled, hooks, clock);
  }

  /**
   * Prepares for a process that is about to be started: the guardian has to run first.
   * @throws if a resource for a guardian or a cgroup is lacking
   */
  prepare({ cgroup: hasCgroup, stopsignal }: Pick<Command, "cgroup" | "stopsignal">): Run {
    this.#clock.clearTimeout(this.#linger);
    this.#keeper.startGuardian();
    const { run, marks } = this.#marker.mark(stopsignal);
    const cgroup = hasCgroup ? this.#makeCgroup(run) : undefined;
    return { ...marks, ...(cgroup && { cgroup }) };
  }

  #makeCgroup(run: number): Cgroup | undefined {
    try {
      const cgroup = this.#cgroups.make(run);
      if (cgroup) this.#keeper.guardian?.addCgroup(run);
      return cgroup;
    } catch (error) {
      this.#rest();
      throw error;
    }
  }

  /** Undoes the preparation: no process was started. */
  abandon({ cgroup }: Run): void {
    if (cgroup) this.removeCgroup(cgroup);
    this.#rest();
  }

  /** Removes an empty cgroup. */
  removeCgroup(cgroup: Cgroup): void {
    this.#cgroups.remove(cgroup);
    this.#keeper.guardian?.removeCgroup(cgroup.run);
  }

  /** Makes a process group end with the host from now on. */
  add(pgid: number, stopsignal: Signal): void {
    const signal = numberOf(stopsignal);
    this.#signals.set(pgid, signal);
    this.#addHook();
    this.#releaseReserve ??= reserve.hold();
    this.#keeper.guardian?.add(pgid, signal);
  }

  /** Forgets a process group, which is empty. */
  remove(pgid: number): void {
    if (!this.#signals.delete(pgid)) return;
    this.#keeper.guardian?.remove(pgid);
    this.#rest();
  }

  /**
   * Removes the file when the host ends, however it ends, if the file is still the same. Calling
   * the returned function cancels this, and leaves the file there.
   */
  ownFile(file: OwnedFile): () => void {
    const number = ++this.#filesSoFar;
    this.#clock.clearTimeout(this.#linger);
    this.#keeper.guardian?.addFile(number, file);
    this.#files.set(number, file);
    this.#addHook();
    this.#keeper.startGuardianSoon(); // a new guardian is told of all files
    return () => {
      if (!this.#files.delete(number)) return;
      this.#keeper.guardian?.removeFile(number);
      this.#rest();
    };
  }

  /** Stops the guardian, if there is nothing to guard. */
  close(): void {
    this.#clock.clearTimeout(this.#linger);
    if (this.#isIdle) this.#keeper.stopGuardian();
  }

  /**
   * Settles when the guardian that was stopped last has exited; undefined if no guardian was
   * stopped.
   */
  get guardianStopped(): Promise<void> | undefined {
    return this.#keeper.stopped;
  }

  get #isIdle(): boolean {
    return this.#signals.size === 0 && this.#files.size === 0;
  }

  #rest(): void {
    if (!this.#isIdle) return;
    this.#removeHook?.();
    this.#removeHook = undefined;
    this.#releaseReserve?.();
    this.#releaseReserve = undefined;
    this.#clock.clearTimeout(this.#linger);
    this.#linger = this.#clock.setTimeout(() => this.close(), LINGER_MS, false);
  }

  #startGuardian(lost: (end: GuardianEnd) => void): Guardian {
    const guardian = new Guardian({
      tag: this.#marker.name,
      waitSecs: this.#options.waitSecs,
      cgroups: this.#cgroups.prefix(),
      clock: this.#clock,
      lost,
    });
    for (const [pgid, signal] of this.#signals) guardian.add(pgid, signal);
    for (const run of this.#cgroups.runs) guardian.addCgroup(run);
    for (const [number, file] of this.#files) guardian.addFile(number, file);
    return guardian;
  }

  #addHook(): void {
    this.#removeHook ??= onHostExit(() => this.#end());
  }

  /**
   * Kills the living processes as the host exits, unless the guardian is to ask them to stop first.
   */
  #end(): void {
    for (const file of this.#files.values()) file.remove();
    if (this.#keeper.guardian && this.#options.waitSecs > 0) return;
    for (const pgid of this.#signals.keys()) {
      try {
        sendSignal(pgid, "SIGKILL", true);
      } catch {
        // the host is exiting: no caller is left to receive an error
      }
    }
  }
}
