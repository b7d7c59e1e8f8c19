import { SupervisorError } from "../errors.ts";
import type { NewEvent } from "../events/event-map.ts";
import { abortable, type WaitOptions } from "../lifecycle/wait.ts";
import { hasAutoLog } from "../output/plan.ts";
import { removeAutoLogs } from "../output/auto-log.ts";
import type { Clock } from "../ports/clock.ts";
import { stopAll } from "./commands.ts";
import type { HostEvents } from "./host-events.ts";
import type { Registry } from "./registry.ts";

/** A process that a shutdown could not end. */
export interface Leftover {
  /** The process's full name. */
  readonly process: string;
  /** The reason why the process is still alive, with its pid. */
  readonly error: SupervisorError;
}

/** The parts that a lifetime uses. */
export interface LifetimeParts {
  readonly registry: Registry;
  readonly host: HostEvents;
  readonly announce: (event: NewEvent) => void;
  readonly clock: Clock;
  readonly ticks: { begin(): void; close(): void };
  readonly logs: { close(): void };
  readonly hostExit: { readonly guardianStopped: Promise<void> | undefined };
  readonly pools: { close(): void };
  readonly iterators: { close(): void };
}

type Phase =
  | { readonly name: "idle" }
  | { readonly name: "running" }
  | {
      readonly name: "stopping" | "closed";
      readonly hasBegun: boolean;
      readonly leftovers: Promise<readonly Leftover[]>;
    };

const REPORT_MS = 3000;

/** The life of a supervisor: idle until the first start, running until the shutdown, then closed. */
export class Lifetime {
  readonly #parts: LifetimeParts;
  #phase: Phase = { name: "idle" };
  #report: unknown;

  constructor(parts: LifetimeParts) {
    this.#parts = parts;
  }

  /** Whether any start was ever requested. */
  get hasBegun(): boolean {
    return this.#phase.name === "running" || ("hasBegun" in this.#phase && this.#phase.hasBegun);
  }

  /** Whether a shutdown was requested; it may be over. */
  get isStopping(): boolean {
    return this.#phase.name === "stopping" || this.#phase.name === "closed";
  }

  /** @throws {SupervisorError} `SHUTDOWN_STATE` */
  expectOpen(what: string): void {
    if (!this.isStopping) return;
    throw new SupervisorError("SHUTDOWN_STATE", `Cannot ${what}: the supervisor is shutting down`);
  }

  /**
   * Announces the beginning with the first start: before it, the caller may not have added
   * listeners.
   */
  begin(): void {
    if (this.#phase.name !== "idle") return;
    this.#phase = { name: "running" };
    const { registry, announce, ticks } = this.#parts;
    const { childlogdir, identifier, nocleanup, processes } = registry.resolved;
    if (!nocleanup && processes.some(({ outputs }) => hasAutoLog(outputs)))
      removeAutoLogs(childlogdir, identifier);
    for (const groupname of registry.groupNames())
      announce({ type: "PROCESS_GROUP_ADDED", groupname });
    announce({ type: "SUPERVISOR_STATE_CHANGE_RUNNING" });
    ticks.begin();
  }

  /** Does the same as `close()`. An abort of the signal ends the wait alone. */
  async shutdown({ signal }: WaitOptions): Promise<readonly Leftover[]> {
    signal?.throwIfAborted();
    const closing = this.close();
    return abortable(signal, (resolve, reject) => {
      closing.then(resolve, reject);
    });
  }

  /** Stops everything, for good. All callers share the outcome. */
  close(): Promise<readonly Leftover[]> {
    if ("leftovers" in this.#phase) return this.#phase.leftovers;
    let settle: (work: Promise<readonly Leftover[]>) => void = () => {};
    const leftovers = new Promise<readonly Leftover[]>((resolve) => {
      settle = resolve;
    });
    this.#phase = { name: "stopping", hasBegun: this.hasBegun, leftovers };
    settle(this.#stop()); // only now: the listeners see the state SHUTDOWN already
    return leftovers;
  }

  async #stop(): Promise<readonly Leftover[]> {
    const { registry, announce, clock, logs, hostExit, pools, ticks, iterators } = this.#parts;
    announce({ type: "SUPERVISOR_STATE_CHANGE_STOPPING" });
    const leftovers: Leftover[] = [];
    this.#reportWaiting();
    await stopAll(registry.find("all"), async (process) => {
      try {
        await process.quit();
      } catch (error) {
        if (!(error instanceof SupervisorError)) throw error;
        leftovers.push({ process: process.namespec, error });
      }
    });
    clock.clearTimeout(this.#report);
    registry.close();
    logs.close();
    if (hostExit.guardianStopped) await hostExit.guardianStopped;
    if ("leftovers" in this.#phase) this.#phase = { ...this.#phase, name: "closed" };
    pools.close();
    ticks.close();
    iterators.close();
    return Object.freeze(leftovers); // one answer for all callers
  }

  /** Logs which processes a shutdown waits for: at once, and every few seconds. */
  #reportWaiting(): void {
    const { registry, host, clock } = this.#parts;
    const unstopped = [...registry.processes.values()].filter(({ isGone }) => !isGone);
    if (unstopped.length === 0) return;
    const names = unstopped.map(({ name }) => name).join(", ");
    host.activity("INFO", `waiting for ${names} to die`);
    this.#report = clock.setTimeout(() => this.#reportWaiting(), REPORT_MS, false);
  }
}
