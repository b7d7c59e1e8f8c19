import type { ListenerPlan } from "../listeners/options.ts";
import { hasAutoLog } from "../output/plan.ts";
import { readable } from "../schema/check.ts";
import { SettingsError, type SettingsIssue } from "../schema/settings-error.ts";
import { show } from "../schema/show.ts";
import { isDirectory } from "../system/directories.ts";
import { findUser } from "../system/users.ts";
import { refuseDuplicates, refuseTakenSockets } from "./conflicts.ts";
import { expandSupervisor } from "./expansion.ts";
import type { ResolvedGroupSettings } from "./group.ts";
import { findPlaces, inOrder, ownGroup, prioritiesOf, type Place } from "./groups.ts";
import { memoize } from "./memoize.ts";
import { planProgram, type Base, type ProcessConfig } from "./process-config.ts";
import type { ResolvedProgramSettings } from "./program.ts";
import { withoutFaulty } from "./salvage.ts";
import { supervisorSettings, type ResolvedSupervisorSettings } from "./supervisor.ts";
import { vocabulary } from "./vocabulary.ts";

/** All settings in resolved form: raw settings are not used beyond this module. */
export interface Resolved extends Omit<ResolvedSupervisorSettings, "programs" | "groups"> {
  readonly programs: ReadonlyMap<string, ResolvedProgramSettings>;
  /** The plan of each program that is an event listener. */
  readonly listeners: ReadonlyMap<string, ListenerPlan>;
  /** The processes in the order of autostart. */
  readonly processes: readonly ProcessConfig[];
  /** Every group with its priority, including empty groups. */
  readonly groups: ReadonlyMap<string, number>;
  /** The settings of the groups that have settings. */
  readonly groupSettings: ReadonlyMap<string, ResolvedGroupSettings>;
}

/**
 * Checks and resolves all settings, without side effects.
 * @throws {SettingsError} with all errors
 */
export function resolveSettings(raw: unknown): Resolved {
  const parsed = supervisorSettings.safeParse(raw);
  if (parsed.success) return join(parsed.data, []);
  // settings that are valid in form may still be wrong in content: all issues are reported at once
  const issues = parsed.error.issues.flatMap((issue) => readable(issue, vocabulary, raw));
  const sound = supervisorSettings.safeParse(withoutFaulty(raw, issues));
  if (sound.success) join(sound.data, issues);
  throw new SettingsError(issues);
}

/** Combines the plans of all programs. */
function join(supervisor: ResolvedSupervisorSettings, issues: SettingsIssue[]): Resolved {
  const { programs, groups } = supervisor;
  const base: Base = {
    supervisor,
    ...expandSupervisor(supervisor.environment, issues),
    // the same few values for all programs, and each answer costs a system call
    isUser: memoize((user) => findUser(user) !== undefined),
    isDirectory: memoize(isDirectory),
  };
  const places = findPlaces(programs, groups, issues);
  const { processes, listeners } = planAll(base, places, issues);
  refuseMissingDirectory(processes, base, issues);
  refuseDuplicates(processes, programs, issues);
  refuseTakenSockets(processes, programs, issues);
  if (issues.length > 0) throw new SettingsError(issues);
  return {
    ...supervisor,
    environment: base.environment,
    programs: new Map(Object.entries(programs).map(([name, one]) => [name, withoutUnset(one)])),
    listeners,
    processes: inOrder(processes, groups),
    groups: prioritiesOf(programs, groups, processes, places),
    groupSettings: new Map(Object.entries(groups)),
  };
}

function planAll(
  base: Base,
  places: ReadonlyMap<string, readonly Place[]>,
  issues: SettingsIssue[],
): Pick<Resolved, "processes" | "listeners"> {
  const { programs, groups } = base.supervisor;
  const processes: ProcessConfig[] = [];
  const listeners = new Map<string, ListenerPlan>();
  for (const [name, settings] of Object.entries(programs)) {
    if (!places.has(name) && Object.hasOwn(groups, name)) {
      const message = `there is a group of that name, and the program is not in it`;
      issues.push({ path: ["programs", name], message });
    }
    for (const place of places.get(name) ?? [ownGroup(name, settings)]) {
      const plan = planProgram(name, settings, place, base, issues);
      processes.push(...plan.processes);
      if (plan.listener) listeners.set(name, plan.listener);
    }
  }
  return { processes, listeners };
}

function refuseMissingDirectory(
  processes: readonly ProcessConfig[],
  { supervisor: { childlogdir }, isDirectory: exists }: Base,
  issues: SettingsIssue[],
): void {
  if (!processes.some(({ outputs }) => hasAutoLog(outputs)) || exists(childlogdir)) return;
  const message = `expected a directory that exists, got ${show(childlogdir)}`;
  issues.push({ path: ["childlogdir"], message });
}

/** Leaves out undefined properties: unset and undefined are the same to an update. */
function withoutUnset(settings: ResolvedProgramSettings): ResolvedProgramSettings {
  if (!Object.values(settings).includes(undefined)) return settings;
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) if (value !== undefined) set[key] = value;
  return set as unknown as ResolvedProgramSettings;
}
