import type { ActivityLevel } from "../events/levels.ts";
import { isWanted, pidOf, startOutcome, stopOutcome } from "../lifecycle/outcome.ts";
import { Runner, type RunnerIo } from "../lifecycle/runner.ts";
import type { State, StateName } from "../lifecycle/state.ts";
import type { Observer, ProcessName } from "../lifecycle/transition.ts";
import type { WaitOptions } from "../lifecycle/wait.ts";
import { Waiters } from "../lifecycle/waiters.ts";
import type { Logs } from "../output/logs.ts";
import { Streams, type StreamEvents } from "../output/streams.ts";
import type { Child } from "../ports/child.ts";
import type { Prober } from "../ports/prober.ts";
import { PlannedWatcher } from "../readiness/watcher.ts";
import type { ProcessConfig } from "../settings/process-config.ts";
import { show } from "../schema/show.ts";
import { errorOf, failureOf } from "./failure.ts";
import { HostHold } from "./host-hold.ts";
import { describe, type ProcessInfo } from "./info.ts";
import { lastOutput } from "./process-output.ts";
import { RunRecord } from "./run-record.ts";
import { StopTicket } from "./stop-ticket.ts";

/** The parts that a process uses. */
export interface ProcessIo extends RunnerIo {
  readonly prober: Prober;
  readonly logs: Logs;
}

/** Receives the events of a process. */
export interface ProcessReports {
  /** Called for each step, in this order. */
  readonly observers: readonly Observer<ManagedProcess>[];
  /** Receives the output of a process. */
  readonly written: (process: ManagedProcess) => StreamEvents;
  /** Receives a message of a process. */
  readonly received: (process: ManagedProcess, message: unknown) => void;
  /** Writes a line to supervisord's activity log. */
  readonly activity: (level: ActivityLevel, message: string) => void;
}

/** The supervisor of a process. `begin` is called before a start by order. */
type Host = { readonly isStopping: boolean; begin(): void };

type Order = "start" | "stop" | "restart";

/** One process of a program, over all its runs: its runner, streams, and waiting callers. */
export class ManagedProcess implements ProcessName {
  readonly name: string;
  readonly group: string;
  readonly namespec: string;
  /** The configuration of the process; only the priority of its group may change. */
  config: ProcessConfig;
  readonly streams: Streams;
  readonly runs = new RunRecord();
  readonly waiters = new Waiters();
  readonly reports: ProcessReports;
  readonly #io: ProcessIo;
  readonly #supervisor: Host;
  readonly #runner: Runner;
  #ticket: StopTicket | undefined;
  readonly #hold = new HostHold((ref) => this.#runner.setRef(ref));
  #isRemoved = false;

  constructor(config: ProcessConfig, io: ProcessIo, reports: ProcessReports, supervisor: Host) {
    this.config = config;
    this.name = config.name;
    this.group = config.group;
    this.namespec = config.command.name;
    this.reports = reports;
    this.#io = io;
    this.#supervisor = supervisor;
    this.streams = new Streams(config.outputs, io.logs, reports.written(this));
    const events = {
      changed: (from: State, to: State) => this.#changed(from, to),
      message: (value: unknown) => reports.received(this, value),
    };
    const { command, policy, readiness } = config;
    const watcher = readiness && new PlannedWatcher(readiness, { ...io, streams: this.streams });
    this.#runner = new Runner(command, policy, this.streams, io, events, watcher);
  }

  /** The name of the process's state. */
  get state(): StateName {
    return this.current.name;
  }

  /** The process's state, with all its data. */
  get current(): State {
    return this.#runner.state;
  }

  /** The process id; undefined while there is no living process. */
  get pid(): number | undefined {
    return pidOf(this.current);
  }

  /** The child of the last start; it may have exited. */
  get child(): Child | undefined {
    return this.#runner.child;
  }

  /** Whether the process is up, or going to be: by the last order, if an order waits. */
  get isWanted(): boolean {
    const { lastOrder } = this.#runner;
    if (lastOrder === undefined) return isWanted(this.current);
    return lastOrder === "start" || lastOrder === "restart";
  }

  /** Whether the process, and all processes that it left behind, are gone. */
  get isGone(): boolean {
    const isStopped = this.#runner.lastOrder === undefined && stopOutcome(this.current) === "done";
    return isStopped && !this.isWanted;
  }

  /** Whether the process has ever been started. */
  get wasStarted(): boolean {
    return this.runs.start > 0;
  }

  /** Returns the time, in milliseconds since 1970. */
  readonly date = (): number => this.#io.clock.date();

  info(): ProcessInfo {
    const seconds = (ms: number) => Math.floor(ms / 1000);
    return describe(this.current, {
      stdout_logfile: this.streams.file("stdout"),
      stderr_logfile: this.streams.file("stderr"),
      name: this.name,
      group: this.group,
      namespec: this.namespec,
      restarts: this.runs.restarts,
      start: seconds(this.runs.start),
      stop: seconds(this.runs.stop),
      now: seconds(this.date()),
    });
  }

  /** Starts the process, and settles once it is RUNNING, or once it has given up. */
  async start({ signal }: WaitOptions = {}): Promise<void> {
    this.#admit();
    await this.#order("start", signal);
  }

  /** Stops the process, and settles once it, and all processes that it left behind, are gone. */
  async stop({ signal }: WaitOptions = {}, ticket?: StopTicket): Promise<void> {
    signal?.throwIfAborted();
    if (!this.isGone) this.reports.activity("INFO", `waiting for ${this.name} to stop`);
    (ticket ?? this.takeTicket()).use();
    await this.#order("stop", signal);
  }

  /** Restarts the process, and settles once it is RUNNING again. */
  async restart({ signal }: WaitOptions = {}): Promise<void> {
    this.#admit();
    signal?.throwIfAborted();
    this.takeTicket();
    await this.#order("restart", signal);
  }

  /** Starts the process, if it may be started; events report the outcome. */
  launch(): void {
    if (!this.#isRemoved && !this.#supervisor.isStopping) this.#runner.send({ type: "start" });
  }

  /** Ends a wait for the next attempt (BACKOFF becomes FATAL), then stops the process. */
  async quit(): Promise<void> {
    this.#runner.send({ type: "giveup" });
    this.takeTicket();
    await this.#order("stop", undefined);
  }

  /** Takes a ticket for an order to stop. Tickets that were taken before are no longer valid. */
  takeTicket(): StopTicket {
    this.#ticket?.cancel();
    this.#ticket = new StopTicket();
    return this.#ticket;
  }

  /** Writes to the standard input of the process. Calls `failed` if that is not possible. */
  hand(chunk: Uint8Array, failed: () => void): void {
    const { child } = this;
    if (!child) return failed();
    child.write(chunk, (error) => {
      if (error) failed();
    });
  }

  /** Sets whether the process keeps the host alive. */
  setRef(ref: boolean): void {
    this.#hold.set(ref);
  }

  /** Keeps the host alive while the promise is pending, also after `unref()`. */
  held<T>(begin: () => Promise<T>): Promise<T> {
    return this.#hold.during(begin);
  }

  /** Refuses further orders to start. */
  retire(): void {
    this.#isRemoved = true;
    this.close();
  }

  /** Ends the use of the process: no run follows, and it no longer keeps the host alive. */
  close(): void {
    this.#hold.end();
    this.streams.endReaders();
    this.#runner.close();
    this.streams.close();
  }

  #admit(): void {
    const what = `Cannot start ${show(this.namespec)}`;
    if (this.#isRemoved) throw errorOf(this, "BAD_NAME", `${what}: it was removed`);
    if (this.#supervisor.isStopping)
      throw errorOf(this, "SHUTDOWN_STATE", `${what}: the supervisor is shutting down`);
    this.#supervisor.begin();
  }

  async #order(type: Order, signal: AbortSignal | undefined): Promise<void> {
    let first = this.current;
    const send = (heard: () => void) =>
      this.#runner.send({ type }, () => {
        first = this.current;
        heard();
      });
    await this.held(() => this.waiters.until(signal, send, () => this.#outcome(type, first)));
  }

  #outcome(type: Order, first: State): "pending" | "done" | Error {
    const { current, config } = this;
    const outcome = type === "stop" ? stopOutcome(current) : startOutcome(current, first);
    if (outcome !== "failed") return outcome;
    return failureOf(type, config.command, current, lastOutput(this));
  }

  #changed(from: State, to: State): void {
    const step = { process: this, from, to, at: this.date() };
    this.runs.note(step);
    for (const observer of this.reports.observers) observer.transitioned(step);
  }
}
