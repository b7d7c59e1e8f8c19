import { copyOf } from "./schema/copy.ts";
import { SupervisorError } from "./errors.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import { all, restartAll, signalAll, startAll, stopAll } from "./supervision/commands.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { ResolvedProgramSettings } from "./settings/program.ts";
import type { SignalSetting } from "./schema/signal.ts";
import { show } from "./schema/show.ts";
import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Follow } from "./output/follow.ts";
import type { Subprocess } from "./subprocess.ts";

/** One `[program:x]`: its settings, and its processes. Made by `Supervisor`, and kept over updates. */
export class Program {
  /** Its name. */
  readonly name: string;
  #settings: ResolvedProgramSettings;
  #processes: readonly Subprocess[];
  #isRef: boolean | undefined; // as the supervisor has it

  /** @internal */
  constructor(name: string, settings: ResolvedProgramSettings, processes: readonly Subprocess[]) {
    this.name = name;
    this.#settings = settings;
    this.#processes = Object.freeze(processes);
  }

  /** Its settings: checked, defaults filled in, not yet expanded. A copy, which changes nothing. */
  get settings(): ResolvedProgramSettings {
    return copyOf(this.#settings);
  }

  /** Its processes: `numprocs` of them, for each group that holds it. An update may replace them. */
  get processes(): readonly Subprocess[] {
    return this.#processes;
  }

  /** Replaces what it is made of. @internal */
  become(settings: ResolvedProgramSettings, processes: readonly Subprocess[]): void {
    const former = new Set(this.#processes);
    this.#settings = settings;
    this.#processes = Object.freeze(processes);
    const fresh = processes.filter((process) => !former.has(process));
    if (this.#isRef !== undefined) applyRef(fresh, this.#isRef);
  }

  /** Has it stand for no process any more. @internal */
  leave(): void {
    this.#processes = [];
  }

  /** The reports of its processes. */
  info(): ProcessInfo[] {
    return this.#processes.map((process) => process.info());
  }

  /** Starts all of its processes; see {@link Subprocess.start}. */
  async start(options: WaitOptions = {}): Promise<void> {
    await startAll(this.#processes, options);
  }

  /** Stops all of its processes; see {@link Subprocess.stop}. */
  async stop(options: WaitOptions = {}): Promise<void> {
    await stopAll(this.#processes, (process) => process.stop(options));
  }

  /** Restarts all of its processes; see {@link Subprocess.restart}. */
  async restart(options: WaitOptions = {}): Promise<void> {
    await restartAll(this.#processes, options);
  }

  /** Signals its processes, of several those that are running; see {@link Subprocess.signal}. */
  async signal(signal: SignalSetting): Promise<void> {
    await signalAll(this.#processes, signal);
  }

  /** Writes to the standard input of all of its processes; see {@link Subprocess.send}. */
  async send(chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await all(
      "send to",
      this.#processes.map((process) => process.send(chars, options)),
    );
  }

  /** Lets the host exit although its processes live, those of later updates too; see {@link Subprocess.unref}. */
  unref(): this {
    return this.#setRef(false);
  }

  /** Takes back `unref()`, also that of its supervisor. */
  ref(): this {
    return this.#setRef(true);
  }

  #setRef(ref: boolean): this {
    this.#isRef = ref;
    applyRef(this.#processes, ref);
    return this;
  }

  /**
   * The last bytes of its process; see {@link Subprocess.tail}.
   * @throws {SupervisorError} `BAD_NAME` if it has more than one, or none.
   */
  async tail(stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return theOnly(this.name, this.#processes).tail(stream, bytes);
  }

  /**
   * A part of the log of its process; see {@link Subprocess.read}.
   * @throws {SupervisorError} `BAD_NAME` if it has more than one, or none.
   */
  async read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return theOnly(this.name, this.#processes).read(stream, offset, length);
  }

  /**
   * What its process writes, as it comes; see {@link Subprocess.follow}.
   * @throws {SupervisorError} `BAD_NAME` if it has more than one, or none.
   */
  follow(stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    return theOnly(this.name, this.#processes).follow(stream, options);
  }

  /** Empties the logs of all of its processes; see {@link Subprocess.clear}. */
  async clear(): Promise<void> {
    await all(
      "clear",
      this.#processes.map((process) => process.clear()),
    );
  }

  /** Opens the log files of all of its processes anew; see {@link Subprocess.reopen}. */
  reopen(): void {
    for (const process of this.#processes) process.reopen();
  }
}

/** The process a name means, where it can only be one. */
export function theOnly(name: string, processes: readonly Subprocess[]): Subprocess {
  const [first] = processes;
  if (first && processes.length === 1) return first;
  const names = processes.map(({ namespec }) => namespec).join(", ");
  const message = `${show(name)} is not one process but ${processes.length}${names && `: ${names}`}`;
  throw new SupervisorError("BAD_NAME", message);
}

function applyRef(processes: readonly Subprocess[], ref: boolean): void {
  for (const process of processes) {
    if (ref) process.ref();
    else process.unref();
  }
}
