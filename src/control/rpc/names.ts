import type { Program, Subprocess, Supervisor } from "../../index.ts";
import { Fault } from "./faults.ts";

/** All processes in supervisord's order: that in which they start. */
export function processesOf(supervisor: Supervisor): readonly Subprocess[] {
  const [first = "all", ...others] = supervisor.programs.keys();
  return supervisor.select(first, ...others).inStartOrder();
}

/** The program of a process. */
export function programOf({ programs }: Supervisor, process: Subprocess): Program | undefined {
  return [...programs.values()].find(({ processes }) => processes.includes(process));
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
