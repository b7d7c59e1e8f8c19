import { Program } from "./program.ts";
import { Subprocess } from "./subprocess.ts";
import type { ManagedProcess } from "./supervision/managed-process.ts";
import type { ProgramBook } from "./supervision/registry.ts";
import type { ResolvedProgramSettings } from "./settings/program.ts";

/** The programs as callers see them, by name. Only the registry may change this map. */
export class Programs extends Map<string, Program> implements ProgramBook {
  readonly #handles = new WeakMap<ManagedProcess, Subprocess>();
  readonly #watchers = new Set<() => void>();
  /** Whether no process will be started any more. */
  isClosed = false;

  /** Returns the one `Subprocess` object that callers get for a process. */
  handle(process: ManagedProcess): Subprocess {
    let handle = this.#handles.get(process);
    if (!handle) {
      handle = new Subprocess(process);
      this.#handles.set(process, handle);
    }
    return handle;
  }

  hold(
    name: string,
    settings: ResolvedProgramSettings,
    processes: readonly ManagedProcess[],
  ): void {
    const known = this.get(name);
    if (known) known.become(settings, processes);
    else super.set(name, new Program(name, settings, processes, this));
  }

  drop(name: string): void {
    this.get(name)?.leave();
    super.delete(name);
  }

  setRef(ref: boolean): void {
    for (const program of this.values()) {
      if (ref) program.ref();
      else program.unref();
    }
  }

  /** Calls `listener` after each change. Calling the returned function stops this. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  changed(): void {
    for (const listener of this.#watchers) listener();
  }

  close(): void {
    this.isClosed = true;
    this.changed();
  }

  override set(): never {
    throw new TypeError("Cannot set a program here; add() and update() do it");
  }

  override delete(): never {
    throw new TypeError("Cannot delete a program here; remove() and update() do it");
  }

  override clear(): never {
    throw new TypeError("Cannot clear the programs; update() does it");
  }
}
