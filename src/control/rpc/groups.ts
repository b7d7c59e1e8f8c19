import {
  resolveSettings,
  type ProgramSettings,
  type Supervisor,
  type SupervisorSettings,
} from "../../index.ts";
import { Fault, faultOf } from "./faults.ts";
import { serverStateOf, type Group } from "./server-state.ts";
import { byText, groupNamed, isGroup, processesOf, programOf } from "./names.ts";
import type { ServeOptions } from "../options.ts";

/**
 * Reads the settings, keeps them, and tells what an update would change, as `reloadConfig` does.
 * @throws {Fault} `CANT_REREAD`
 */
export async function reread(
  supervisor: Supervisor,
  { config }: ServeOptions,
): Promise<[[string[], string[], string[]]]> {
  if (!config) throw new Fault("CANT_REREAD", "this host has no configuration file to read");
  try {
    const settings = await config();
    const { added, changed, removed } = await supervisor.reread(settings);
    const state = serverStateOf(supervisor);
    state.read = settings;
    const { groups } = resolveSettings(settings);
    const priorityOf = (name: string) => groups.get(name) ?? 0;
    const gone = removedInOrder(removed, supervisor, state.added);
    return [[inOrder(added, priorityOf), inOrder(changed, priorityOf), gone]];
  } catch (error) {
    throw new Fault("CANT_REREAD", oneLine(error));
  }
}

/**
 * Adds a group and its programs from the settings that were read last. Other groups stay as they are.
 * @throws {Fault} `ALREADY_ADDED`, `BAD_NAME`, `SHUTDOWN_STATE`
 */
export async function addGroup(supervisor: Supervisor, name: string): Promise<void> {
  await change(supervisor, name, (settings) => {
    if (isGroup(supervisor, name)) throw new Fault("ALREADY_ADDED", name);
    const picked = pick(lastRead(supervisor), name);
    if (!picked) throw new Fault("BAD_NAME", name);
    return {
      ...settings,
      programs: { ...settings.programs, ...picked.programs },
      groups: { ...settings.groups, ...picked.groups },
    };
  });
  const state = serverStateOf(supervisor);
  state.added = [...state.added, name];
}

/**
 * Removes a group and its programs.
 * @throws {Fault} `BAD_NAME`, `STILL_RUNNING`, `SHUTDOWN_STATE`
 */
export async function removeGroup(supervisor: Supervisor, name: string): Promise<void> {
  const ended = new Set(["STOPPED", "EXITED", "FATAL", "UNKNOWN"]);
  let known: Group | undefined;
  await change(supervisor, name, (settings) => {
    const members = groupNamed(supervisor, name);
    if (members.some(({ state }) => !ended.has(state))) throw new Fault("STILL_RUNNING", name);
    known = pick(settings, name);
    const groups = without(settings.groups ?? {}, (group) => group === name);
    const isKept = new Set(Object.values(groups).flatMap(({ programs = [] }) => programs));
    const leaving = new Set([
      ...members.flatMap((process) => programOf(supervisor, process)?.name ?? []),
      ...programsIn(settings, name),
    ]);
    const isGone = (one: string) => leaving.has(one) && !isKept.has(one);
    return { ...settings, programs: without(settings.programs ?? {}, isGone), groups };
  });
  const state = serverStateOf(supervisor);
  state.added = state.added.filter((one) => one !== name);
  if (known) state.removed.set(name, known);
}

/** Updates wait for each other: `goal` is called when it is the turn of this one. */
async function change(
  supervisor: Supervisor,
  name: string,
  goal: (settings: SupervisorSettings) => SupervisorSettings,
): Promise<void> {
  try {
    await supervisor.update(goal);
  } catch (error) {
    throw faultOf(error, name);
  }
}

/** supervisord's order: groups that were added later come last, as they were added. */
function removedInOrder(
  names: readonly string[],
  supervisor: Supervisor,
  added: readonly string[],
): string[] {
  // not from resolved settings: what was right once, as a user, may be wrong by now
  const groups = [...new Set(processesOf(supervisor).map(({ group }) => group))];
  const place = (name: string) => (groups.includes(name) ? groups.indexOf(name) : groups.length);
  return inOrder(names, place).toSorted((a, b) => added.indexOf(a) - added.indexOf(b));
}

/** By this number, then by name. */
function inOrder(names: readonly string[], numberOf: (name: string) => number): string[] {
  return names.toSorted((a, b) => numberOf(a) - numberOf(b) || byText(a, b));
}

/**
 * The settings that were read last. Before the first read they are the settings that hold, and the
 * groups that `removeGroup` has removed, which can be added again.
 */
export function lastRead(supervisor: Supervisor): SupervisorSettings {
  const { read, removed } = serverStateOf(supervisor);
  if (read) return read;
  const { settings } = supervisor;
  const [programs, groups] = [{ ...settings.programs }, { ...settings.groups }];
  for (const [name, group] of removed) {
    const names = [name, ...Object.keys(group.programs)];
    if (names.some((one) => Object.hasOwn(programs, one) || Object.hasOwn(groups, one))) continue;
    Object.assign(programs, group.programs);
    Object.assign(groups, group.groups);
  }
  return { ...settings, programs, groups };
}

/** A group of these settings; its programs have what they take from the supervisor, too. */
function pick(settings: SupervisorSettings, name: string): Group | undefined {
  const { environment = {}, serverurl } = settings;
  const programs: Record<string, ProgramSettings> = {};
  for (const program of programsIn(settings, name)) {
    const found = settings.programs?.[program];
    if (!found) return undefined;
    programs[program] = {
      ...(serverurl !== undefined && { serverurl }),
      ...found,
      environment: { ...environment, ...found.environment },
    };
  }
  const group = own(settings.groups, name);
  if (group) return { programs, groups: { [name]: group } };
  return Object.hasOwn(programs, name) ? { programs, groups: {} } : undefined;
}

/** The names of the programs of a group; a program that is in no group is a group by itself. */
function programsIn({ groups = {}, programs = {} }: SupervisorSettings, name: string): string[] {
  const group = own(groups, name);
  if (group) return [...(group.programs ?? [])];
  const isGrouped = Object.values(groups).some((one) => one.programs?.includes(name));
  return Object.hasOwn(programs, name) && !isGrouped ? [name] : [];
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}

function without<T>(
  record: Readonly<Record<string, T>>,
  isGone: (name: string) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !isGone(name)));
}

/** supervisord's own text if the error has it, else the message in one line. */
function oneLine(error: unknown): string {
  const { issues } = error as { readonly issues?: readonly { readonly supervisord?: unknown }[] };
  const words = issues?.find(({ supervisord }) => typeof supervisord === "string")?.supervisord;
  if (typeof words === "string") return words;
  const { message = String(error) } = error as { readonly message?: string };
  return message.replaceAll(/\s*\n\s*/g, " ");
}
