import { SupervisorError } from "../errors.ts";
import type { NewEvent } from "../events/event-map.ts";
import type { WaitOptions } from "../lifecycle/wait.ts";
import { show } from "../schema/show.ts";
import { meaning } from "../schema/suggest.ts";
import type { ProgramSettings } from "../settings/program.ts";
import type { ProcessConfig } from "../settings/process-config.ts";
import { resolveSettings, type Resolved } from "../settings/resolve.ts";
import type { SupervisorSettings } from "../settings/supervisor.ts";
import type { Variables } from "../spawn/environment.ts";
import { nextTurn } from "../system/clock.ts";
import { untraced } from "./call-site.ts";
import { affectedBy, differenceOf, groupDifferenceOf } from "./changes.ts";
import { launchAll, stopAll } from "./commands.ts";
import type { Difference } from "./diff.ts";
import { settingsOf, wholeSettingsOf, withoutPrograms, withProgram } from "./goals.ts";
import type { Lifetime } from "./lifetime.ts";
import type { ManagedProcess } from "./managed-process.ts";
import { findOne } from "./names.ts";
import type { Registry } from "./registry.ts";
import type { StopTicket } from "./stop-ticket.ts";

/** The options of an update. */
export interface UpdateOptions extends WaitOptions {
  /** Whether to only return what would change: supervisorctl's `reread`. */
  readonly dryRun?: boolean;
}

/** The names of the programs that an update has changed, or would change. */
export type UpdateResult = Difference;

/** The parts that an update uses. */
export interface UpdateParts {
  readonly registry: Registry;
  /** Creates a process. */
  readonly make: (config: ProcessConfig) => ManagedProcess;
  readonly announce: (event: NewEvent) => void;
  readonly lifetime: Lifetime;
}

/** Runs all changes to the current settings: changes to one program, or to all programs. */
export class Updates {
  readonly #parts: UpdateParts;
  #environment: Variables; // as the caller gave it
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: UpdateParts, environment: Variables = {}) {
    this.#parts = parts;
    this.#environment = { ...environment };
  }

  /** The current settings, in a form that can be given again. */
  get settings(): SupervisorSettings {
    return settingsOf(this.#parts.registry.resolved, this.#environment);
  }

  /** Adds a program, which starts if it has to. @throws as `Supervisor.add` */
  add(name: string, settings: ProgramSettings): void {
    const { registry, lifetime } = this.#parts;
    const { resolved } = registry;
    lifetime.expectOpen(`add ${show(name)}`);
    if (resolved.programs.has(name) || resolved.groups.has(name)) {
      throw new SupervisorError("ALREADY_ADDED", `Cannot add ${show(name)}: there is one already`);
    }
    const whole = wholeSettingsOf(resolved, this.#environment);
    const added = resolveSettings({ ...whole, programs: { [name]: settings } });
    const fresh = exchange(this.#parts, withProgram(resolved, added));
    if (lifetime.hasBegun) launchAll(fresh.filter(({ config }) => config.autostart));
  }

  /** Removes a program, or all programs of a group, when its turn has come. */
  async remove(name: string, options: WaitOptions): Promise<void> {
    const { registry } = this.#parts;
    await this.#inTurn(async () => {
      const found = registry.find(name);
      const isProgram = registry.members.has(name);
      if (!isProgram && !registry.groups.has(name)) {
        const program = findOne(name, registry.processes)?.config.program;
        const what = `${show(name)} is neither a program nor a group`;
        throw new SupervisorError("BAD_NAME", what + meaning(program));
      }
      const gone = new Set(found.map(({ config }) => config.program));
      if (isProgram) gone.add(name);
      await update(this.#parts, (current) => withoutPrograms(current, gone, name), options);
    });
  }

  /** Replaces all settings, when its turn has come. */
  async update(
    settings: SupervisorSettings | ((current: SupervisorSettings) => SupervisorSettings),
    options: UpdateOptions,
  ): Promise<UpdateResult> {
    let environment: Variables = {};
    const resolve = () => {
      const raw =
        typeof settings === "function" ? untraced(() => settings(this.settings)) : settings;
      const resolved = resolveSettings(raw);
      environment = { ...raw.environment };
      return resolved;
    };
    const given = typeof settings === "function" && !options.dryRun ? undefined : resolve();
    if (given && options.dryRun) return differenceOf(this.#parts.registry.resolved, given);
    return this.#inTurn(async () => {
      const difference = await update(this.#parts, () => given ?? resolve(), options);
      this.#environment = environment;
      return difference;
    });
  }

  /** Returns what an update would change, by groups. */
  reread(settings: SupervisorSettings): UpdateResult {
    return groupDifferenceOf(this.#parts.registry.resolved, resolveSettings(settings));
  }

  /**
   * Runs updates and removals one after another, and no two in one turn of the event loop: a
   * listener that adds what another listener removes would otherwise block the event loop.
   */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = before.then(work);
    this.#last = mine.catch(() => {}).then(() => nextTurn());
    return mine;
  }
}

/** Replaces the settings, announces the groups that have changed, and returns the new processes. */
function exchange(
  { registry, make, announce, lifetime }: UpdateParts,
  next: Resolved,
): readonly ManagedProcess[] {
  const { processes, removed, added } = registry.exchange(next, make);
  if (!lifetime.hasBegun) return processes; // the beginning announces all groups
  for (const groupname of removed) announce({ type: "PROCESS_GROUP_REMOVED", groupname });
  for (const groupname of added) announce({ type: "PROCESS_GROUP_ADDED", groupname });
  return processes;
}

/**
 * Changes the current settings to these: stops, exchanges, starts. Until the exchange nothing has
 * changed: when a process does not stop, or the settings can no longer be computed, the stopped
 * processes are started again.
 */
async function update(
  parts: UpdateParts,
  goal: (current: Resolved) => Resolved,
  options: WaitOptions,
): Promise<UpdateResult> {
  const { registry, lifetime } = parts;
  const affected = (next: Resolved) =>
    affectedBy(registry.resolved, next).flatMap((name) => registry.processes.get(name) ?? []);
  let next = goal(registry.resolved);
  let going = affected(next);
  const tickets = new Map<ManagedProcess, StopTicket>(); // of the processes that were up
  const relaunch = () => {
    const kept = [...tickets].filter(
      ([process, { holds }]) => holds && registry.processes.get(process.namespec) === process,
    );
    const isDown = (process: ManagedProcess) => process.isGone || process.state === "STOPPING";
    launchAll(kept.map(([process]) => process).filter(isDown));
  };
  let difference: Difference;
  let fresh: readonly ManagedProcess[];
  try {
    let left = going;
    do {
      const up = left.filter(({ isWanted }) => isWanted);
      const taken = new Map(up.map((process) => [process, process.takeTicket()]));
      for (const [process, ticket] of taken) tickets.set(process, ticket);
      await stopAll(left, (process) => process.stop(options, taken.get(process)));
      next = goal(registry.resolved); // another caller may have added a program meanwhile
      going = affected(next);
      left = going.filter((process) => !process.isGone); // a process may have been started meanwhile
    } while (left.length > 0 && !lifetime.isStopping);
    lifetime.expectOpen("update");
    difference = differenceOf(registry.resolved, next);
    fresh = exchange(parts, next);
  } catch (error) {
    relaunch();
    throw error;
  }
  relaunch(); // the stopped processes that are not to be replaced after all
  const replaced = new Map(going.map((process) => [process.namespec, process]));
  launchAll(
    fresh.filter(({ namespec, config }) => {
      const old = replaced.get(namespec);
      const ticket = old && tickets.get(old);
      if (ticket) return ticket.holds;
      // a process that a caller has stopped stays stopped
      const wasStopped = old?.state === "STOPPED" && old.wasStarted;
      return lifetime.hasBegun && config.autostart && !wasStopped;
    }),
  );
  return difference;
}
