export { FakeProber, type FakeAttempt } from "./fake-prober.ts";
import type {
  Child,
  ChildEvents,
  Clock,
  Command,
  ExitStatus,
  Outputs,
  OutputStream,
  Signal,
  Spawner,
  StartFailure,
  Survivor,
} from "../index.ts";

/** A clock whose time only advances when the test advances it. */
export class FakeClock implements Clock {
  #now = 0;
  #ids = 0;
  readonly #epoch: number;
  readonly #timers = new Map<number, { readonly at: number; readonly fn: () => void }>();

  /** `epoch` is the time of the wall clock at the beginning, in ms since 1970. */
  constructor(epoch: number = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  /** The number of timers that are set. If it is 0, nothing is going to happen by itself. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds since the beginning. */
  now(): number {
    return this.#now;
  }

  /** The time of the wall clock. */
  date(): number {
    return this.#epoch + this.#now;
  }

  /** Sets a timer that runs when `advance` has reached its time. */
  setTimeout(fn: () => void, ms: number): number {
    this.#timers.set(++this.#ids, { at: this.#now + Math.max(0, ms), fn });
    return this.#ids;
  }

  /** Cancels a timer. */
  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /**
   * Advances the time by `ms`, running the timers that are due, in order, including timers that
   * they set.
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let due; (due = this.#next(end));) {
      this.#timers.delete(due.id);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
    }
    this.#now = end;
  }

  /** Advances the time without running timers, as when the host's event loop is blocked. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #next(
    end: number,
  ): { readonly id: number; readonly at: number; readonly fn: () => void } | undefined {
    let first: { readonly id: number; readonly at: number; readonly fn: () => void } | undefined;
    for (const [id, { at, fn }] of this.#timers) {
      if (at <= end && (!first || at < first.at)) first = { id, at, fn };
    }
    return first;
  }
}

/** A child that the test controls. */
export class FakeChild implements Child {
  /** The command that it was asked to run. */
  readonly command: Command;
  /** The process id, unless the child could not be started. */
  readonly pid: number | undefined;
  /** The signals that were sent to end the child: `SIGTERM`, or `SIGTERM group`. */
  readonly kills: string[] = [];
  /** The signals that were sent by `signal`. */
  readonly signals: Signal[] = [];
  /** The text that was written to the child's standard input. */
  readonly written: string[] = [];
  /** The messages that were sent to the child, as they arrive: copies by way of JSON. */
  readonly messages: unknown[] = [];
  /** Whether the start was cancelled before it happened. */
  isCancelled = false;
  /**
   * The pids that are left in the child's process group when the child ends; they disappear when
   * `vanish()` is called.
   */
  leaves: readonly number[] = [];
  /**
   * How long the processes that the child left behind may take to stop when they are asked, in ms,
   * once the child has ended: 0 is SIGKILL at once.
   */
  grace: number | undefined;
  /** While set, signals fail with this message, as when the system refuses them. */
  refuses: string | undefined;
  /** Whether the child keeps the host alive. */
  ref = true;
  readonly #events: ChildEvents;
  readonly #outputs: Outputs;
  #swept: ((survivors: readonly Survivor[]) => void) | undefined;

  /** Called by {@link FakeSpawner}. */
  constructor(command: Command, pid: number | undefined, events: ChildEvents, outputs: Outputs) {
    this.command = command;
    this.pid = pid;
    this.#events = events;
    this.#outputs = outputs;
  }

  /** Records the signal. */
  kill(signal: Signal, group: boolean): void {
    if (this.refuses !== undefined) throw new Error(this.refuses);
    this.kills.push(group ? `${signal} group` : String(signal));
  }

  /** Records the signal. */
  signal(signal: Signal): void {
    if (this.refuses !== undefined) throw new Error(this.refuses);
    this.signals.push(signal);
  }

  /** Records that the start was cancelled. */
  cancel(): void {
    this.isCancelled = true;
  }

  /** Done at once, unless the child `leaves` something. */
  sweep(graceMs: number, done: (survivors: readonly Survivor[]) => void): void {
    this.grace = graceMs;
    if (this.leaves.length === 0) done([]);
    else this.#swept = done;
  }

  /** Tells that what the child left is gone, but for the `survivors`. */
  vanish(survivors: readonly number[] = []): void {
    this.#swept?.(survivors.map((pid) => ({ pid, name: "fake" })));
  }

  /** Records the text. */
  write(chunk: Uint8Array, done: (error?: Error) => void): void {
    this.written.push(new TextDecoder().decode(chunk));
    done();
  }

  /** Records the message. */
  sendMessage(json: string, done: (error?: Error) => void): void {
    this.messages.push(JSON.parse(json));
    done();
  }

  /** Records the setting. */
  setRef(ref: boolean): void {
    this.ref = ref;
  }

  /** Ends the child, with an exit code or by a signal. */
  exit(code: number | null, signal: ExitStatus["signal"] = null): void {
    this.#events.exited({ code, signal });
  }

  /** Reports that the child runs, if the spawner is `slow`. */
  begin(): void {
    if (this.pid !== undefined) this.#events.spawned(this.pid);
  }

  /**
   * Reports that the child could not be started: for a temporary reason, unless a code says
   * otherwise.
   */
  fail(failure: StartFailure | string): void {
    this.#events.failed(failure);
  }

  /**
   * Makes the child send a message to the host, by way of JSON.
   * @throws if its program has no `ipc: true`
   */
  message(value: unknown): void {
    if (!this.command.ipc) throw new Error(`${this.command.name} has no channel; set "ipc: true"`);
    this.#events.message?.(JSON.parse(JSON.stringify(value)));
  }

  /** Makes the child write: text as UTF-8, bytes as they are. */
  print(said: string | Uint8Array, stream: OutputStream = "stdout"): void {
    const bytes = typeof said === "string" ? new TextEncoder().encode(said) : said;
    void this.#outputs.push(stream, bytes);
  }
}

/** A spawner that starts nothing, and records the requested children. */
export class FakeSpawner implements Spawner {
  /** Every child so far, in order. */
  readonly children: FakeChild[] = [];
  /**
   * While set, every start fails with this, at once. A reason alone is temporary, and `start()`
   * waits for the next attempts.
   */
  broken: StartFailure | string | undefined;
  /** While true, a child runs only after its `begin()` is called. */
  slow = false;

  /** The child that was started last. */
  get last(): FakeChild {
    const child = this.children.at(-1);
    if (!child) throw new Error("Nothing was started");
    return child;
  }

  /** The child that was started last for the process of that full name. */
  of(name: string): FakeChild {
    const child = this.children.findLast(({ command }) => command.name === name);
    if (!child) throw new Error(`Nothing was started for ${name}`);
    return child;
  }

  /** Creates a child, with a pid from 101 on. */
  spawn(command: Command, events: ChildEvents, outputs: Outputs): FakeChild {
    outputs.stdout();
    outputs.stderr();
    outputs.started();
    const pid = this.broken === undefined ? 101 + this.children.length : undefined;
    const child = new FakeChild(command, pid, events, outputs);
    this.children.push(child);
    if (this.broken !== undefined) events.failed(this.broken);
    else if (!this.slow) events.spawned(101 + this.children.length - 1);
    return child;
  }

  /** Does nothing: no resources are kept. */
  release(): void {}
}
