import { copyOf } from "./schema/copy.ts";
import { Selection } from "./selection.ts";
import type { ResolvedProgramSettings } from "./settings/program.ts";
import type { Subprocess } from "./subprocess.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";

/** One `[program:x]`: its settings, and its processes. Made by `Supervisor`, and kept over updates. */
export class Program extends Selection {
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
    super({ name, find: () => this.#members, handle });
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
  override get processes(): readonly Subprocess[] {
    return this.#processes;
  }

  /** Lets the host exit although its processes live, those of later updates too; see {@link Subprocess.unref}. */
  override unref(): this {
    this.#isRef = false;
    return super.unref();
  }

  /** Takes back `unref()`, also that of its supervisor. */
  override ref(): this {
    this.#isRef = true;
    return super.ref();
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
}
