import { copyOf } from "./schema/copy.ts";
import { Selection, type MembersBook } from "./selection.ts";
import type { ResolvedProgramSettings } from "./settings/program.ts";
import type { Subprocess } from "./subprocess.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";

/**
 * One `[program:x]`: its settings and its processes. Created by `Supervisor`, and kept over
 * updates.
 */
export class Program extends Selection {
  /** The name of the program. */
  readonly name: string;
  readonly #book: MembersBook;
  #settings: ResolvedProgramSettings;
  #members: readonly ManagedProcess[] = [];
  #processes: readonly Subprocess[] = [];
  #hasLeft = false;
  #isRef: boolean | undefined; // undefined: the same as the supervisor's

  /** @internal */
  constructor(
    name: string,
    settings: ResolvedProgramSettings,
    members: readonly ManagedProcess[],
    book: MembersBook,
  ) {
    const isOver = () => book.isClosed || this.#hasLeft;
    super({ name, find: () => this.#members, isOver, book });
    this.name = name;
    this.#book = book;
    this.#settings = settings;
    this.become(settings, members);
  }

  /**
   * The settings of the program: checked, with defaults filled in, not yet expanded. They are a
   * copy: a change to it has no effect.
   */
  get settings(): ResolvedProgramSettings {
    return copyOf(this.#settings);
  }

  /**
   * The processes of the program: `numprocs` of them for each group that contains the program. An
   * update may replace them.
   */
  override get processes(): readonly Subprocess[] {
    return this.#processes;
  }

  /**
   * Lets the host exit although processes of the program are alive, including processes of later
   * updates; see {@link Subprocess.unref}.
   */
  override unref(): this {
    this.#isRef = false;
    return super.unref();
  }

  /** Undoes `unref()`, also the `unref()` of the supervisor. */
  override ref(): this {
    this.#isRef = true;
    return super.ref();
  }

  /** Replaces the settings and the processes. @internal */
  become(settings: ResolvedProgramSettings, members: readonly ManagedProcess[]): void {
    const former = new Set(this.#members);
    this.#settings = settings;
    this.#members = members;
    this.#processes = Object.freeze(members.map((process) => this.#book.handle(process)));
    const isRef = this.#isRef;
    if (isRef === undefined) return;
    for (const process of members) if (!former.has(process)) process.setRef(isRef);
  }

  /** Removes all processes from this object. @internal */
  leave(): void {
    this.#hasLeft = true;
    this.#members = [];
    this.#processes = [];
  }
}
