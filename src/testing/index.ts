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

/** A clock that stands still until told otherwise. */
export class FakeClock implements Clock {
  #now = 0;
  #ids = 0;
  readonly #epoch: number;
  readonly #timers = new Map<number, { readonly at: number; readonly fn: () => void }>();

  /** `epoch` is what the wall clock shows when time begins, in ms since 1970. */
  constructor(epoch: number = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  /** How many timers are set. 0 when nothing is going to happen by itself. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds since time began. */
  now(): number {
    return this.#now;
  }

  /** What the wall clock shows. */
  date(): number {
    return this.#epoch + this.#now;
  }

  /** Sets a timer that runs when `advance` has come that far. */
  setTimeout(fn: () => void, ms: number): number {
    this.#timers.set(++this.#ids, { at: this.#now + Math.max(0, ms), fn });
    return this.#ids;
  }

  /** Forgets a timer. */
  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Moves time on by `ms`, running the timers that are due, in order, those they set included. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let due; (due = this.#next(end));) {
      this.#timers.delete(due.id);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
    }
    this.#now = end;
  }

  /** Time passes but no timer runs, as when the host's event loop is blocked. */
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

/** A child that does what the test says. */
export class FakeChild implements Child {
  /** What it was asked to run. */
  readonly command: Command;
  /** Its process id, unless it could not be started. */
  readonly pid: number | undefined;
  /** The signals that were to end it: `SIGTERM`, or `SIGTERM group`. */
  readonly kills: string[] = [];
  /** The signals of the verb `signal`. */
  readonly signals: Signal[] = [];
  /** What was written to its standard input. */
  readonly written: string[] = [];
  /** Whether the start was taken back before it happened. */
  isCancelled = false;
  /** The pids that its process group holds when it ends; they go when `vanish()` is called. */
  leaves: readonly number[] = [];
  /** How long what it left may take to stop when it is asked, in ms, once it has ended: 0 is SIGKILL at once. */
  grace: number | undefined;
  /** While set, signals fail with this message, as when the system refuses. */
  refuses: string | undefined;
  /** Whether it keeps the host alive. */
  ref = true;
  readonly #events: ChildEvents;
  readonly #outputs: Outputs;
  #swept: ((survivors: readonly Survivor[]) => void) | undefined;

  /** Made by {@link FakeSpawner}. */
  constructor(command: Command, pid: number | undefined, events: ChildEvents, outputs: Outputs) {
    this.command = command;
    this.pid = pid;
    this.#events = events;
    this.#outputs = outputs;
  }

  /** Notes the signal. */
  kill(signal: Signal, group: boolean): void {
    if (this.refuses !== undefined) throw new Error(this.refuses);
    this.kills.push(group ? `${signal} group` : String(signal));
  }

  /** Notes the signal. */
  signal(signal: Signal): void {
    if (this.refuses !== undefined) throw new Error(this.refuses);
    this.signals.push(signal);
  }

  /** Notes it. */
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

  /** Notes the text. */
  write(chunk: Uint8Array, done: (error?: Error) => void): void {
    this.written.push(new TextDecoder().decode(chunk));
    done();
  }

  /** Notes it. */
  setRef(ref: boolean): void {
    this.ref = ref;
  }

  /** Ends it, with an exit code or by a signal. */
  exit(code: number | null, signal: ExitStatus["signal"] = null): void {
    this.#events.exited({ code, signal });
  }

  /** Reports that it runs, where the spawner is `slow`. */
  begin(): void {
    if (this.pid !== undefined) this.#events.spawned(this.pid);
  }

  /** Reports that it could not be started: for a reason that may pass, unless a code tells otherwise. */
  fail(failure: StartFailure | string): void {
    this.#events.failed(failure);
  }

  /** Has it write: text as UTF-8, bytes as they are. */
  print(said: string | Uint8Array, stream: OutputStream = "stdout"): void {
    const bytes = typeof said === "string" ? new TextEncoder().encode(said) : said;
    void this.#outputs.push(stream, bytes);
  }
}

/** Starts nothing, and remembers what it was asked for. */
export class FakeSpawner implements Spawner {
  /** Every child so far, in order. */
  readonly children: FakeChild[] = [];
  /**
   * While set, every start fails with this, at once: a reason alone is one that may pass, and
   * `start()` waits for the next attempts.
   */
  broken: StartFailure | string | undefined;
  /** While true, a child runs only when its `begin()` is called. */
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

  /** Makes a child, numbered from 101. */
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

  /** Nothing is kept. */
  release(): void {}
}
