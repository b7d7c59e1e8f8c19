import type { Program, Subprocess, Supervisor, SupervisorSettings } from "../../index.ts";
import { Fault } from "./faults.ts";

const PRIORITY = 999;
const LISTENERS = -1;

/** All processes in supervisord's order: by priority of the group, its name, and their own priority. */
export function processesOf({ programs, settings }: Supervisor): Subprocess[] {
  const ranked = [...programs.values()].flatMap(
    ({ processes, settings: { priority = PRIORITY } }) =>
      processes.map((process) => {
        return { process, priority, groupPriority: groupPriority(settings, process.group) };
      }),
  );
  const sorted = ranked.toSorted(
    (a, b) =>
      a.groupPriority - b.groupPriority ||
      byText(a.process.group, b.process.group) ||
      a.priority - b.priority,
  );
  return sorted.map(({ process }) => process);
}

/** The program of a process. */
export function programOf({ programs }: Supervisor, process: Subprocess): Program | undefined {
  return [...programs.values()].find(({ processes }) => processes.includes(process));
}

/** The priority of a group, which may be that of its only program. */
function groupPriority({ groups = {}, programs = {} }: SupervisorSettings, name: string): number {
  if (Object.hasOwn(groups, name)) return groups[name]?.priority ?? PRIORITY;
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  return program?.priority ?? (program?.events ? LISTENERS : PRIORITY);
}

/** Whether there is a group of that name, also one without processes. */
export function isGroup(supervisor: Supervisor, name: string): boolean {
  try {
    supervisor.status(`${name}:*`);
    return true;
  } catch {
    return false;
  }
}

/** The processes of a group. @throws {Fault} `BAD_NAME` */
export function groupNamed(supervisor: Supervisor, name: string, asked = name): Subprocess[] {
  if (!isGroup(supervisor, name)) throw new Fault("BAD_NAME", asked);
  return processesOf(supervisor).filter(({ group }) => group === name);
}

/**
 * The process that a name means, or the name of the group if it means a whole group.
 * @throws {Fault} `BAD_NAME`
 */
export function find(supervisor: Supervisor, name: string): Subprocess | string {
  const colon = name.indexOf(":");
  const group = colon < 0 ? name : name.slice(0, colon);
  const process = colon < 0 ? name : name.slice(colon + 1);
  if (colon >= 0 && (process === "" || process === "*")) {
    groupNamed(supervisor, group, name);
    return group;
  }
  const found = processesOf(supervisor).find((one) => one.group === group && one.name === process);
  if (!found) throw new Fault("BAD_NAME", name);
  return found;
}

/** The process that a name means. @throws {Fault} `BAD_NAME` */
export function processNamed(supervisor: Supervisor, name: string): Subprocess {
  const found = find(supervisor, name);
  if (typeof found === "string") throw new Fault("BAD_NAME", name);
  return found;
}

/** By code units, as Python sorts. */
export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
