import type { Resolved } from "../settings/resolve.ts";
import type { SupervisorSettings } from "../settings/supervisor.ts";
import { copyOf } from "../schema/copy.ts";
import type { Variables } from "../spawn/environment.ts";

/** Returns the settings with the settings of an added program. */
export function withProgram(
  current: Resolved,
  added: Pick<Resolved, "programs" | "listeners" | "processes" | "groups">,
): Resolved {
  return {
    ...current,
    programs: new Map([...current.programs, ...added.programs]),
    listeners: new Map([...current.listeners, ...added.listeners]),
    processes: [...current.processes, ...added.processes],
    groups: new Map([...current.groups, ...added.groups]),
  };
}

/**
 * Returns the settings without these programs, and without the group if no process of it is left.
 */
export function withoutPrograms(
  current: Resolved,
  gone: ReadonlySet<string>,
  group: string,
): Resolved {
  const isKept = (program: string) => !gone.has(program);
  const processes = current.processes.filter(({ program }) => isKept(program));
  const programs = new Map([...current.programs].filter(([program]) => isKept(program)));
  const listeners = new Map([...current.listeners].filter(([program]) => isKept(program)));
  const groups = new Map(current.groups);
  if (!processes.some((process) => process.group === group)) groups.delete(group);
  const groupSettings = new Map(
    [...current.groupSettings].flatMap(([name, { priority, programs: members }]) =>
      groups.has(name) ? [[name, { priority, programs: members.filter(isKept) }]] : [],
    ),
  );
  return { ...current, programs, listeners, processes, groups, groupSettings };
}

/** Returns the current settings, in a form that can be given again. */
export function settingsOf(resolved: Resolved, environment: Variables): SupervisorSettings {
  return {
    ...wholeSettingsOf(resolved, environment),
    programs: copyOf(Object.fromEntries(resolved.programs)),
    groups: copyOf(Object.fromEntries(resolved.groupSettings)),
  };
}

/** The settings that belong to no program and no group. */
export function wholeSettingsOf(resolved: Resolved, environment: Variables): SupervisorSettings {
  const {
    programs: _programs,
    groups: _groups,
    groupSettings: _groupSettings,
    listeners: _listeners,
    processes: _processes,
    serverurl,
    ...whole
  } = resolved;
  return {
    ...whole,
    environment: { ...environment },
    ...(serverurl !== undefined && { serverurl }),
  };
}
