import { byText } from "../schema/by-text.ts";
import type { ResolvedProgramSettings } from "../settings/program.ts";
import type { ProcessConfig } from "../settings/process-config.ts";
import type { Resolved } from "../settings/resolve.ts";
import { byName, isSame, push } from "./changes.ts";
import type { ManagedProcess } from "./managed-process.ts";
import { find, means, type Names } from "./names.ts";
import { autostartOrder } from "./start-order.ts";

/** The objects that callers have of the programs. The registry updates them with the settings. */
export interface ProgramBook {
  /** Sets the settings and processes of a program. */
  hold(name: string, settings: ResolvedProgramSettings, processes: readonly ManagedProcess[]): void;
  /** Removes a program. */
  drop(name: string): void;
  /** Sets whether the processes of all programs keep the host alive. */
  setRef(ref: boolean): void;
  /** Called after processes were added, removed or replaced. */
  changed(): void;
  /** Called when no process will be started any more. */
  close(): void;
}

/** The changes by an exchange of the settings. */
export interface Exchange {
  /** The processes that are new. */
  readonly processes: readonly ManagedProcess[];
  /** The groups that were removed, or replaced as a whole. */
  readonly removed: readonly string[];
  /** The groups that are new, or have replaced a group as a whole. */
  readonly added: readonly string[];
}

/** The current settings, and the processes for them. */
export class Registry implements Names<ManagedProcess> {
  readonly processes = new Map<string, ManagedProcess>();
  readonly #book: ProgramBook;
  #members = new Map<string, ManagedProcess[]>();
  #resolved: Resolved;
  #isRef = true;

  /** Stores the first settings; `exchange()` creates the processes. */
  constructor(resolved: Resolved, book: ProgramBook) {
    this.#resolved = resolved;
    this.#book = book;
  }

  get resolved(): Resolved {
    return this.#resolved;
  }

  /** The processes of each program. */
  get members(): ReadonlyMap<string, readonly ManagedProcess[]> {
    return this.#members;
  }

  get groups(): ReadonlyMap<string, number> {
    return this.#resolved.groups;
  }

  /**
   * Finds the processes that a name means.
   * @throws {SupervisorError} `BAD_NAME`
   */
  find(name: string): readonly ManagedProcess[] {
    return find(name, this);
  }

  /** Finds the processes that several names mean, each process once. */
  findAll(names: readonly string[]): readonly ManagedProcess[] {
    const [name] = names;
    if (names.length === 1 && name !== undefined) return this.find(name);
    return [...new Set(names.flatMap((one) => this.find(one)))];
  }

  /**
   * Finds the processes that the names mean that are left.
   * @throws {SupervisorError} `BAD_NAME` if none of them means anything any more
   */
  findLeft(names: readonly string[]): readonly ManagedProcess[] {
    const left = names.filter((name) => means(name, this));
    return this.findAll(left.length > 0 ? left : names);
  }

  /** The processes with autostart, in their order. */
  autostarted(): ManagedProcess[] {
    const inOrder = [...this.processes.values()].filter(({ config }) => config.autostart);
    const ranked = inOrder.map((process) => ({ process, rank: process.config.rank }));
    return autostartOrder(ranked).map(({ process }) => process);
  }

  /** The names of the groups by priority, then by name. */
  groupNames(): string[] {
    const groups = [...this.groups].toSorted(([a, x], [b, y]) => x - y || byText(a, b));
    return groups.map(([group]) => group);
  }

  /**
   * Replaces the settings. Processes whose settings are the same are kept; `make` creates the
   * others. If this throws, nothing has changed.
   */
  exchange(next: Resolved, make: (config: ProcessConfig) => ManagedProcess): Exchange {
    const former = new Map(this.processes);
    const before = { groups: this.groups, members: this.#byGroup() };
    this.#hold(next, this.#draft(next, make));
    this.#resolved = next;
    this.#book.changed();
    const members = this.#byGroup();
    // a group none of whose processes is left is a new group, even if it has the same name
    const isOther = (group: string) => {
      const old = before.members.get(group) ?? [];
      const now = members.get(group) ?? [];
      return old.length > 0 && !old.some((process) => now.includes(process));
    };
    const old = new Set(former.values());
    return {
      processes: [...this.processes.values()].filter((process) => !old.has(process)),
      removed: [...before.groups.keys()].filter((name) => !next.groups.has(name) || isOther(name)),
      added: [...next.groups.keys()].filter((name) => !before.groups.has(name) || isOther(name)),
    };
  }

  /** Sets whether all processes, including future ones, keep the host alive. */
  setRef(ref: boolean): void {
    this.#isRef = ref;
    this.#book.setRef(ref);
  }

  /** Ends the use of all processes. */
  close(): void {
    for (const process of this.processes.values()) process.close();
    this.#book.close();
  }

  /** Returns a process for each of the configurations: the existing process, or a new one. */
  #draft(
    next: Resolved,
    make: (config: ProcessConfig) => ManagedProcess,
  ): Map<ProcessConfig, ManagedProcess> {
    const draft = new Map<ProcessConfig, ManagedProcess>();
    const fresh: ManagedProcess[] = [];
    try {
      for (const [name, config] of byName(next)) {
        let process = this.processes.get(name);
        if (!process || !isSame(process.config, config)) {
          process = make(config);
          process.setRef(this.#isRef);
          fresh.push(process);
        }
        draft.set(config, process);
      }
      return draft;
    } catch (error) {
      for (const process of fresh) process.retire();
      throw error;
    }
  }

  #hold(next: Resolved, processes: ReadonlyMap<ProcessConfig, ManagedProcess>): void {
    const former = new Map(this.processes);
    const members = new Map<string, ManagedProcess[]>();
    for (const name of next.programs.keys()) members.set(name, []);
    this.processes.clear();
    for (const [config, process] of processes) {
      process.config = config; // the priority of its group may have changed
      this.processes.set(process.namespec, process);
      push(members, config.program, process);
    }
    const gone = [...this.#members.keys()].filter((name) => !next.programs.has(name));
    this.#members = members;
    for (const name of gone) this.#book.drop(name);
    for (const [name, settings] of next.programs)
      this.#book.hold(name, settings, members.get(name) ?? []);
    for (const [name, process] of former) {
      if (this.processes.get(name) !== process) process.retire();
    }
  }

  #byGroup(): Map<string, ManagedProcess[]> {
    const members = new Map<string, ManagedProcess[]>();
    for (const process of this.processes.values()) push(members, process.group, process);
    return members;
  }
}
