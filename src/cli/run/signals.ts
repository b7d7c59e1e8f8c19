import type { ActivityLevel, ActivityLog, Supervisor } from "../../index.ts";
import type { LogLine } from "./log-file.ts";

/** The next step of the command, in supervisord's words. */
export type Goal = "RUNNING" | "RESTARTING" | "SHUTDOWN";

const EXITS = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;
const FOREVER_MS = 2 ** 31 - 1;

/** Listens to supervisord's signals, and keeps the goal that they set. Keeps the host alive. */
export class HostSignals {
  /** Settles when the run under way is to end. */
  changed: Promise<void> = Promise.resolve();
  #goal: Goal = "RUNNING";
  #settle: () => void = () => {};
  #log: ActivityLog | undefined;
  /** Lines that came between two runs. */
  readonly #pending: LogLine[] = [];
  #supervisor: Supervisor | undefined;
  readonly #alive = setInterval(() => {}, FOREVER_MS);
  readonly #handlers: ReadonlyMap<NodeJS.Signals, (signal: NodeJS.Signals) => void>;

  constructor() {
    this.#handlers = new Map([
      ...EXITS.map((signal) => [signal, (name: string) => this.#exit(name)] as const),
      ["SIGHUP", (name) => this.#restart(name)],
      ["SIGUSR2", (name) => this.#reopen(name)],
      // Node would open its debugger; supervisord dies and leaves its programs
      ["SIGUSR1", (name) => this.#write("WARN", `ignored ${name}`)],
    ]);
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
    this.beginRun();
  }

  get goal(): Goal {
    return this.#goal;
  }

  /** Begins the next run, unless the goal is SHUTDOWN. */
  beginRun(): void {
    if (this.#goal === "RESTARTING") this.#goal = "RUNNING";
    this.changed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (this.#goal !== "RUNNING") this.#settle();
  }

  /** Lets the signals act on this supervisor and this log. */
  attach(supervisor: Supervisor, log: ActivityLog): void {
    this.#supervisor = supervisor;
    this.#log = log;
    for (const line of this.#pending.splice(0)) log.write(...line);
  }

  /** Detaches the supervisor and the log of a run that has ended. */
  detach(): void {
    this.#supervisor = undefined;
    this.#log = undefined;
  }

  /** Ends the run under way. After SHUTDOWN the goal does not change any more. */
  setGoal(goal: "RESTARTING" | "SHUTDOWN"): void {
    if (this.#goal !== "SHUTDOWN") this.#goal = goal;
    this.#settle();
  }

  /** Stops listening. */
  close(): void {
    clearInterval(this.#alive);
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #exit(signal: string): void {
    this.#write("WARN", `received ${signal} indicating exit request`);
    this.setGoal("SHUTDOWN");
  }

  #restart(signal: string): void {
    if (this.#goal === "SHUTDOWN") {
      const message = `ignored ${signal} indicating restart request (shutdown in progress)`;
      this.#write("WARN", message);
      return;
    }
    this.#write("WARN", `received ${signal} indicating restart request`);
    this.setGoal("RESTARTING");
  }

  #reopen(signal: string): void {
    this.#write("INFO", `received ${signal} indicating log reopen request`);
    this.#log?.reopen();
    this.#write("INFO", "supervisord logreopen");
    this.#supervisor?.reopen();
  }

  #write(level: ActivityLevel, message: string): void {
    if (this.#log) this.#log.write(level, message);
    else this.#pending.push([level, message]);
  }
}
