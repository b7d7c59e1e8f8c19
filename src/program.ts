import { copyOf } from "./schema/copy.ts";
import type { ProcessInfo } from "./supervision/info.ts";
import { all, restartAll, signalAll, startAll, stopAll } from "./supervision/commands.ts";
import type { OutputStream } from "./ports/streams.ts";
import type { ResolvedProgramSettings } from "./settings/program.ts";
import type { SignalSetting } from "./schema/signal.ts";
import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Follow } from "./output/follow.ts";
import type { Subprocess } from "./subprocess.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";
import { theOnly } from "./supervision/names.ts";
import { sendToProcess } from "./supervision/process-input.ts";
import { clearOutput, followOutput, readOutput, tailOutput } from "./supervision/process-output.ts";

/** One `[program:x]`: its settings, and its processes. Made by `Supervisor`, and kept over updates. */
export class Program {
  /** Its name. */
  readonly name: string;
  readonly #handle: (process: ManagedProcess) => Subprocess;
  #settings: ResolvedProgramSettings;
  #members: readonly ManagedProcess[] = [];
  #processes: readonly Subprocess[] = [];
  #isRef: boolean | undefined; // as the supervisor has it

  /** @internal */
  constructor(
    name: string,
    settings: ResolvedProgramSettings,
    members: readonly ManagedProcess[],
    handle: (process: ManagedProcess) => Subprocess,
  ) {
    this.name = name;
    this.#handle = handle;
    this.#settings = settings;
    this.become(settings, members);
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
  become(settings: ResolvedProgramSettings, members: readonly ManagedProcess[]): void {
    const former = new Set(this.#members);
    this.#settings = settings;
    this.#members = members;
    this.#processes = Object.freeze(members.map((process) => this.#handle(process)));
    const isRef = this.#isRef;
    if (isRef === undefined) return;
    for (const process of members) if (!former.has(process)) process.setRef(isRef);
  }

  /** Has it stand for no process any more. @internal */
  leave(): void {
    this.#members = [];
    this.#processes = [];
  }

  /** The reports of its processes. */
  info(): ProcessInfo[] {
    return this.#members.map((process) => process.info());
  }

  /** Starts all of its processes; see {@link Subprocess.start}. */
  async start(options: WaitOptions = {}): Promise<void> {
    await startAll(this.#members, options);
  }

  /** Stops all of its processes; see {@link Subprocess.stop}. */
  async stop(options: WaitOptions = {}): Promise<void> {
    await stopAll(this.#members, (process) => process.stop(options));
  }

  /** Restarts all of its processes; see {@link Subprocess.restart}. */
  async restart(options: WaitOptions = {}): Promise<void> {
    await restartAll(this.#members, options);
  }

  /** Signals its processes, of several those that are running; see {@link Subprocess.signal}. */
  async signal(signal: SignalSetting): Promise<void> {
    await signalAll(this.#members, signal);
  }

  /** Writes to the standard input of all of its processes; see {@link Subprocess.send}. */
  async send(chars: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await all(
      "send to",
      this.#members.map((process) => sendToProcess(process, chars, options)),
    );
  }

  /** Lets the host exit although its processes live, those of later updates too; see {@link Subprocess.unref}. */
  unref(): this {
    return this.setRef(false);
  }

  /** Takes back `unref()`, also that of its supervisor. */
  ref(): this {
    return this.setRef(true);
  }

  /** Whether its processes keep the host alive. @internal */
  setRef(ref: boolean): this {
    this.#isRef = ref;
    for (const process of this.#members) process.setRef(ref);
    return this;
  }

  /**
   * The last bytes of its process; see {@link Subprocess.tail}.
   * @throws {SupervisorError} `BAD_NAME` if it has more than one, or none.
   */
  async tail(stream: OutputStream = "stdout", bytes = 1600): Promise<Buffer> {
    return tailOutput(theOnly(this.name, this.#members), stream, bytes);
  }

  /**
   * A part of the log of its process; see {@link Subprocess.read}.
   * @throws {SupervisorError} `BAD_NAME` if it has more than one, or none.
   */
  async read(stream: OutputStream, offset: number, length: number): Promise<Buffer> {
    return readOutput(theOnly(this.name, this.#members), stream, offset, length);
  }

  /**
   * What its process writes, as it comes; see {@link Subprocess.follow}.
   * @throws {SupervisorError} `BAD_NAME` if it has more than one, or none.
   */
  follow(stream: OutputStream = "stdout", options: WaitOptions = {}): Follow {
    return followOutput(theOnly(this.name, this.#members), stream, options);
  }

  /** Empties the logs of all of its processes; see {@link Subprocess.clear}. */
  async clear(): Promise<void> {
    await all(
      "clear",
      this.#members.map((process) => clearOutput(process)),
    );
  }

  /** Opens the log files of all of its processes anew; see {@link Subprocess.reopen}. */
  reopen(): void {
    for (const process of this.#members) process.streams.reopen();
  }
}
