import { diff, type Difference } from "./diff.ts";
import { isEqual } from "./deep-equal.ts";
import { didYouMean } from "../schema/suggest.ts";
import { autostartOrder } from "./start-order.ts";
import { byText } from "../schema/by-text.ts";
import { SupervisorError } from "../errors.ts";
import { Program } from "../program.ts";
import type { ProcessConfig } from "../settings/process-config.ts";
import type { Resolved } from "../settings/resolve.ts";
import { show } from "../schema/show.ts";
import { Subprocess, type Host } from "../subprocess.ts";

/** The programs as everybody may hold them: only the registry changes which there are. */
class Programs extends Map<string, Program> {
  hold(program: Program): void {
    super.set(program.name, program);
  }

  forget(name: string): void {
    super.delete(name);
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

/** The settings that hold, and the programs and processes that stand for them. */
export class Registry {
  readonly programs = new Programs();
  readonly processes = new Map<string, Subprocess>();
  readonly #host: Host;
  #resolved: Resolved;

  constructor(resolved: Resolved, host: Host) {
    this.#host = host;
    this.#resolved = resolved;
    this.#hold(resolved);
  }

  get resolved(): Resolved {
    return this.#resolved;
  }

  /**
   * The processes that a name means.
   * @throws {SupervisorError} `BAD_NAME`
   */
  find(name: string): Subprocess[] {
    if (typeof name !== "string") {
      throw new SupervisorError("BAD_NAME", `Expected a name, got ${show(name)}`);
    }
    const everyone = [...this.processes.values()];
    if (name === "all") return everyone;
    const program = this.programs.get(name);
    if (program) return [...program.processes];
    const [group = "", process = "*", ...rest] = name.split(":");
    const isWhole = rest.length === 0 && (process === "*" || process === "");
    const found = everyone.filter(
      (one) => one.group === group && rest.length === 0 && (isWhole || one.name === process),
    );
    if (found.length > 0 || (isWhole && this.#resolved.groups.has(group))) return found;
    const known = [
      ...this.programs.keys(),
      ...this.#resolved.groups.keys(),
      ...this.processes.keys(),
    ];
    const hint = didYouMean(name, known);
    throw new SupervisorError("BAD_NAME", `There is no ${show(name)}${hint}`);
  }

  /** The processes that start with the supervisor, in their order. */
  autostarted(): Subprocess[] {
    const inOrder = [...this.processes.values()].filter(({ config }) => config.autostart);
    const ranked = inOrder.map((process) => ({ process, rank: process.config.rank }));
    return autostartOrder(ranked).map(({ process }) => process);
  }

  /** The groups by priority, then by name. */
  groups(): string[] {
    const groups = [...this.#resolved.groups].toSorted(([a, x], [b, y]) => x - y || byText(a, b));
    return groups.map(([group]) => group);
  }

  /** The processes that these settings no longer know, or know as others. */
  affectedBy(next: Resolved): Subprocess[] {
    const { changed, removed } = diff(byName(this.#resolved), byName(next), isSame);
    return [...changed, ...removed].flatMap((name) => this.processes.get(name) ?? []);
  }

  /** The programs that these settings would add, change and remove. */
  differenceTo(next: Resolved): Difference {
    const current = this.#resolved;
    const [before, after] = [byName(current), byName(next)];
    const { added, changed, removed } = diff(before, after, isSame);
    const programs = diff(current.programs, next.programs, isEqual);
    const affected = new Set(programs.changed);
    for (const name of [...added, ...changed, ...removed]) {
      for (const config of [before.get(name), after.get(name)]) {
        if (config && current.programs.has(config.program)) affected.add(config.program);
      }
    }
    return { ...programs, changed: [...next.programs.keys()].filter((name) => affected.has(name)) };
  }

  /** The groups that these settings would add, change and remove. */
  groupDifferenceTo(next: Resolved): Difference {
    const [before, after] = [membersOf(this.#resolved), membersOf(next)];
    return diff(before, after, (a, b) => {
      return (
        a.priority === b.priority &&
        a.members.length === b.members.length &&
        a.members.every((config, i) => isSame(config, b.members[i] as ProcessConfig))
      );
    });
  }

  /**
   * Makes these the settings. Processes whose settings are the same are kept; returns the others,
   * which are new. If it throws, nothing has changed.
   */
  exchange(next: Resolved): Subprocess[] {
    const before = { groups: this.#resolved.groups, members: this.#membersByGroup() };
    const old = new Set(this.processes.values());
    this.#hold(next);
    this.#resolved = next;
    const members = this.#membersByGroup();
    // a group of which nobody is left is another one, though it may have the same name
    const isOther = (group: string) => {
      const former = before.members.get(group) ?? [];
      const now = members.get(group) ?? [];
      return former.length > 0 && !former.some((process) => now.includes(process));
    };
    const fresh = [...this.processes.values()].filter((process) => !old.has(process));
    if (!this.#host.hasBegun()) return fresh; // the beginning tells of all groups
    for (const groupname of before.groups.keys()) {
      const isGone = !next.groups.has(groupname) || isOther(groupname);
      if (isGone) this.#host.announce({ type: "PROCESS_GROUP_REMOVED", groupname });
    }
    for (const groupname of next.groups.keys()) {
      const isNew = !before.groups.has(groupname) || isOther(groupname);
      if (isNew) this.#host.announce({ type: "PROCESS_GROUP_ADDED", groupname });
    }
    return fresh;
  }

  /** Makes the objects match the settings: first all that is new, which may fail, then the exchange. */
  #hold(next: Resolved): void {
    const former = new Map(this.processes);
    const processes = this.#draft(next);
    const byProgram = new Map<string, Subprocess[]>();
    this.processes.clear();
    for (const [config, process] of processes) {
      process.config = config; // its group may have got another priority
      this.processes.set(process.namespec, process);
      push(byProgram, config.program, process);
    }
    for (const [name, program] of this.programs) {
      if (next.programs.has(name)) continue;
      program.leave();
      this.programs.forget(name);
    }
    for (const [name, settings] of next.programs) {
      const members = byProgram.get(name) ?? [];
      const program = this.programs.get(name);
      if (program) program.become(settings, members);
      else this.programs.hold(new Program(name, settings, members));
    }
    for (const [name, process] of former) {
      if (this.processes.get(name) !== process) process.retire();
    }
  }

  /** A process for each of the configurations: the one that there is, or a new one. */
  #draft(next: Resolved): Map<ProcessConfig, Subprocess> {
    const draft = new Map<ProcessConfig, Subprocess>();
    const fresh: Subprocess[] = [];
    try {
      for (const [name, config] of byName(next)) {
        let process = this.processes.get(name);
        if (!process || !isSame(process.config, config)) {
          process = new Subprocess(config, this.#host);
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

  #membersByGroup(): Map<string, Subprocess[]> {
    const members = new Map<string, Subprocess[]>();
    for (const process of this.processes.values()) push(members, process.group, process);
    return members;
  }
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function membersOf({ groups, processes }: Resolved) {
  const members = new Map<string, ProcessConfig[]>();
  for (const config of processes) push(members, config.group, config);
  return new Map(
    [...groups].map(([group, priority]) => [
      group,
      { priority, members: members.get(group) ?? [] },
    ]),
  );
}

function byName({ processes }: Resolved): Map<string, ProcessConfig> {
  return new Map(processes.map((config) => [config.command.name, config]));
}

/** Equal but for the priority of the group, which is no matter of the process. */
function isSame(a: ProcessConfig, b: ProcessConfig): boolean {
  if (a === b) return true;
  const { groupPriority } = a.rank;
  return isEqual(a, { ...b, rank: { ...b.rank, groupPriority } });
}
