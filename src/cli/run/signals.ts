import type { ActivityLevel, ActivityLog, Supervisor } from "../../index.ts";

/** What the command is about to do, in supervisord's words. */
type MoodName = "RUNNING" | "RESTARTING" | "SHUTDOWN";

const EXITS = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;
const FOREVER_MS = 2 ** 31 - 1;

/** The signals that supervisord listens to, and what they make of its mood. Keeps the host alive. */
export class Mood {
  /** Settles when the present life is to end. */
  changed: Promise<void> = Promise.resolve();
  #current: MoodName = "RUNNING";
  #wake: () => void = () => {};
  #log: ActivityLog | undefined;
  readonly #unsaid: (readonly [ActivityLevel, string])[] = []; // between two lives
  #supervisor: Supervisor | undefined;
  readonly #alive = setInterval(() => {}, FOREVER_MS);
  readonly #handlers: ReadonlyMap<NodeJS.Signals, (signal: NodeJS.Signals) => void>;

  constructor() {
    this.#handlers = new Map([
      ...EXITS.map((signal) => [signal, (name: string) => this.#exit(name)] as const),
      ["SIGHUP", (name) => this.#restart(name)],
      ["SIGUSR2", (name) => this.#reopen(name)],
      // Node would open its debugger, supervisord dies and leaves its programs
      ["SIGUSR1", (name) => this.#say("WARN", `ignored ${name}`)],
    ]);
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
    this.begin();
  }

  get current(): MoodName {
    return this.#current;
  }

  /** A new life begins, unless all is to end. */
  begin(): void {
    if (this.#current === "RESTARTING") this.#current = "RUNNING";
    this.changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
    if (this.#current !== "RUNNING") this.#wake();
  }

  /** Whom signals concern. */
  hear(supervisor: Supervisor, log: ActivityLog): void {
    this.#supervisor = supervisor;
    this.#log = log;
    for (const line of this.#unsaid.splice(0)) log.write(...line);
  }

  /** The present life has ended. */
  forget(): void {
    this.#supervisor = undefined;
    this.#log = undefined;
  }

  /** Once it is to shut down, nothing changes that. */
  set(mood: "RESTARTING" | "SHUTDOWN"): void {
    if (this.#current !== "SHUTDOWN") this.#current = mood;
    this.#wake();
  }

  /** Gives everything back. */
  end(): void {
    clearInterval(this.#alive);
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #exit(signal: string): void {
    this.#say("WARN", `received ${signal} indicating exit request`);
    this.set("SHUTDOWN");
  }

  #restart(signal: string): void {
    if (this.#current === "SHUTDOWN") {
      const message = `ignored ${signal} indicating restart request (shutdown in progress)`;
      this.#say("WARN", message);
      return;
    }
    this.#say("WARN", `received ${signal} indicating restart request`);
    this.set("RESTARTING");
  }

  #reopen(signal: string): void {
    this.#say("INFO", `received ${signal} indicating log reopen request`);
    this.#log?.reopen();
    this.#say("INFO", "supervisord logreopen");
    this.#supervisor?.reopen();
  }

  #say(...line: readonly [ActivityLevel, string]): void {
    if (this.#log) this.#log.write(...line);
    else this.#unsaid.push(line);
  }
}
