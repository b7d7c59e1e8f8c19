import type { Program, Subprocess, Supervisor, SupervisorSettings } from "../../index.ts";
import { Fault } from "./faults.ts";

/** A process, and where it stands among the others. */
export interface Member {
  readonly process: Subprocess;
  readonly program: Program;
  readonly groupPriority: number;
  readonly priority: number;
}

const PRIORITY = 999;
const LISTENERS = -1;

/** All processes, in the order in which supervisord goes through them: by priority, then by name. */
export function membersOf(supervisor: Supervisor): Member[] {
  const { settings } = supervisor;
  const members = [...supervisor.programs.values()].flatMap((program) => {
    const { priority = PRIORITY } = program.settings;
    return program.processes.map((process): Member => {
      return {
        process,
        program,
        groupPriority: groupPriority(settings, process.group),
        priority,
      };
    });
  });
  return members.toSorted(
    (a, b) =>
      a.groupPriority - b.groupPriority ||
      byText(a.process.group, b.process.group) ||
      a.priority - b.priority,
  );
}

/** The priority of a group, which may be that of its only program. */
export function groupPriority(
  { groups = {}, programs = {} }: SupervisorSettings,
  name: string,
): number {
  if (Object.hasOwn(groups, name)) return groups[name]?.priority ?? PRIORITY;
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  return program?.priority ?? (program?.events ? LISTENERS : PRIORITY);
}

/** The names of all groups, also of those that nobody is in: a program in no group is one by itself. */
export function groupNames(supervisor: Supervisor): Set<string> {
  const { groups = {} } = supervisor.settings;
  const isGrouped = new Set(Object.values(groups).flatMap(({ programs = [] }) => programs));
  const alone = [...supervisor.programs.keys()].filter((name) => !isGrouped.has(name));
  return new Set([...Object.keys(groups), ...alone]);
}

/** The members of a group. @throws {Fault} `BAD_NAME` */
export function groupNamed(supervisor: Supervisor, name: string, asked = name): Member[] {
  const members = membersOf(supervisor).filter(({ process }) => process.group === name);
  if (members.length === 0 && !groupNames(supervisor).has(name)) throw new Fault("BAD_NAME", asked);
  return members;
}

/**
 * The one process that a name means, or the name of the group that it means as a whole.
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

/** The one process that a name means. @throws {Fault} `BAD_NAME` */
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

function processesOf(supervisor: Supervisor): Subprocess[] {
  return [...supervisor.programs.values()].flatMap(({ processes }) => processes);
}
