import { hostname } from "node:os";
import type * as z from "zod";
import { readable, type Vocabulary } from "../schema/check.ts";
import { expand, hasVariables, type Names } from "../schema/expand.ts";
import type { Policy } from "../lifecycle/state.ts";
import { didYouMean, meaning } from "../schema/suggest.ts";
import { memoize } from "./memoize.ts";
import type { Rank } from "./priority.ts";
import { byText } from "../schema/by-text.ts";
import { splitWords } from "../spawn/split-command.ts";
import type { EventName } from "../events/event-table.ts";
import { listenerEventNames } from "../events/hierarchy.ts";
import { hasAutoLog, planOutputs, type OutputPlans } from "../output/plan.ts";
import { SettingsError, type SettingsIssue } from "../schema/settings-error.ts";
import { isDirectory, workingDirectory } from "../system/directories.ts";
import type { Command } from "../ports/command.ts";
import { findUser } from "../system/users.ts";
import { planSocket, refuseTakenSockets } from "../sockets/options.ts";
import {
  DEFAULT_HANDLER,
  policyOf,
  programSettings,
  type ResolvedProgramSettings,
} from "./program.ts";
import { supervisorSettings } from "./supervisor.ts";
import { groupSettings, type ResolvedGroupSettings } from "./group.ts";
import { NAME } from "../schema/types.ts";
import { show } from "../schema/show.ts";

/** All that one process is made of. Two that are deeply equal are the same. */
export interface ProcessConfig {
  readonly program: string;
  readonly group: string;
  readonly name: string;
  readonly autostart: boolean;
  readonly rank: Rank;
  readonly policy: Policy;
  readonly command: Command;
  readonly outputs: OutputPlans;
  /** What it listens to, as one of its group, if it is an event listener. */
  readonly listener?: ListenerPlan;
}

/** What the event listeners of a program listen to, and how many events may wait for them. */
export interface ListenerPlan {
  readonly events: readonly EventName[];
  readonly bufferSize: number;
  /** Whether every well-formed result accepts an event: nobody here can judge it. */
  readonly acceptsAll: boolean;
}

/** All settings as they hold: nothing raw enters the house. */
export interface Resolved {
  readonly identifier: string;
  readonly childlogdir: string;
  readonly nocleanup: boolean;
  readonly strip_ansi: boolean;
  readonly guardian: boolean;
  readonly guardian_waitsecs: number;
  readonly serverurl?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly programs: ReadonlyMap<string, ResolvedProgramSettings>;
  /** In the order in which autostart goes. */
  readonly processes: readonly ProcessConfig[];
  /** Every group with its priority, the empty ones too. */
  readonly groups: ReadonlyMap<string, number>;
  /** The settings of those groups that have any. */
  readonly groupSettings: ReadonlyMap<string, ResolvedGroupSettings>;
}

/**
 * Checks and resolves everything, touching nothing.
 * @throws {SettingsError} with all that is wrong
 */
export function resolveSettings(raw: unknown): Resolved {
  const parsed = supervisorSettings.safeParse(raw);
  if (parsed.success) return resolveParsed(parsed.data, []);
  // what is right in form may still be wrong in content: tell all at once
  const issues = parsed.error.issues.flatMap((issue) => readable(issue, VOCABULARY));
  const sound = supervisorSettings.safeParse(withoutFaulty(raw, issues));
  if (sound.success) resolveParsed(sound.data, issues);
  throw new SettingsError(issues);
}

const PRIORITY = 999;

/** Event listeners start first and stop last, so that they hear of all the others. */
function ownGroupPriority({ priority, events }: ResolvedProgramSettings): number {
  return priority ?? (events ? -1 : PRIORITY);
}

/** What is undefined is not set: both are the same to an update. */
function withoutUnset(settings: ResolvedProgramSettings): ResolvedProgramSettings {
  if (!Object.values(settings).includes(undefined)) return settings;
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) if (value !== undefined) set[key] = value;
  return set as ResolvedProgramSettings;
}

/** The settings without the keys that have issues, so that their defaults stand in for them. */
function withoutFaulty(raw: unknown, issues: readonly SettingsIssue[]): unknown {
  return issues.reduce<unknown>((rest, { path }) => without(rest, faultyPart(path)), raw);
}

/** A program without its command is none; of an environment, one variable can be left out. */
function faultyPart(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const isInside = path[0] === "programs" || path[0] === "groups";
  const [key] = isInside ? path.slice(2) : path;
  const depth = (isInside ? 3 : 1) + (key === "environment" ? 1 : 0) - (key === "command" ? 1 : 0);
  return path.slice(0, depth);
}

function without(value: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (typeof value !== "object" || value === null || key === undefined) return {};
  const entries = Object.entries(value).filter(([name]) => name !== key || rest.length > 0);
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, name === key ? without(inner, rest) : inner]),
  );
}

function resolveParsed(
  whole: z.output<typeof supervisorSettings>,
  issues: SettingsIssue[],
): Resolved {
  const { environment, programs, groups, childlogdir } = whole;
  const faulty = new Set(
    issues.filter(({ path }) => path[0] === "programs").map(({ path }) => path[1]),
  );
  const base = {
    ...baseNames(environment, issues),
    whole,
    // the same few for all programs, and each answer costs a look at the system
    findUser: memoize(findUser),
    isDirectory: memoize(isDirectory),
  };
  const places = new Map<string, { readonly group: string; readonly priority: number }[]>();
  for (const [group, settings] of Object.entries(groups)) {
    for (const [i, program] of settings.programs.entries()) {
      const where = ["groups", group, "programs", i];
      if (faulty.has(program) || faulty.has(undefined)) continue; // undefined: all of them
      if (!Object.hasOwn(programs, program)) issues.push(unknownProgram(where, program, programs));
      else if (settings.programs.indexOf(program) !== i) {
        issues.push({ path: where, message: `the program ${show(program)} is named twice` });
        continue;
      }
      if (programs[program]?.events) {
        const message = `the event listener ${show(program)} is a group of its own`;
        issues.push({ path: where, message });
        continue;
      }
      const known = places.get(program) ?? [];
      places.set(program, [...known, { group, priority: settings.priority }]);
    }
  }
  const processes: ProcessConfig[] = [];
  for (const [name, settings] of Object.entries(programs)) {
    const own = [{ group: name, priority: ownGroupPriority(settings) }];
    if (!places.has(name) && Object.hasOwn(groups, name)) {
      const message = `there is a group of that name, and the program is not in it`;
      issues.push({ path: ["programs", name], message });
    }
    for (const place of places.get(name) ?? own) {
      processes.push(...processesOf(name, settings, place, base, issues));
    }
  }
  const needsDirectory = processes.some(({ outputs }) => hasAutoLog(outputs));
  if (needsDirectory && !base.isDirectory(childlogdir)) {
    issues.push({
      path: ["childlogdir"],
      message: `expected a directory that exists, got ${show(childlogdir)}`,
    });
  }
  refuseTwins(processes, programs, issues);
  refuseTakenSockets(processes, programs, issues);
  if (issues.length > 0) throw new SettingsError(issues);
  const all = new Map(processes.map(({ group, rank }) => [group, rank.groupPriority]));
  for (const [group, settings] of Object.entries(groups)) all.set(group, settings.priority);
  for (const [name, settings] of Object.entries(programs)) {
    if (!places.has(name)) all.set(name, ownGroupPriority(settings)); // numprocs: 0 is a group, too
  }
  return {
    ...whole,
    environment: base.environment,
    programs: new Map(Object.entries(programs).map(([name, one]) => [name, withoutUnset(one)])),
    processes: inOrder(processes, groups),
    groups: all,
    groupSettings: new Map(Object.entries(groups)),
  };
}

/** What Node calls differently. */
const HABITS = new Map([
  ["cwd", "directory"],
  ["env", "environment"],
  ["args", "command"],
  ["uid", "user"],
]);

const VOCABULARY: Vocabulary = {
  known([kind]) {
    if (kind === undefined) return Object.keys(supervisorSettings.shape);
    return Object.keys((kind === "groups" ? groupSettings : programSettings).shape);
  },
  hint: (key) => (HABITS.has(key) ? meaning(HABITS.get(key)) : undefined),
};

function unknownProgram(path: PropertyKey[], program: string, programs: object): SettingsIssue {
  const hint = didYouMean(program, Object.keys(programs));
  return { path, message: `there is no program ${show(program)}${hint}` };
}

interface Base {
  readonly whole: z.output<typeof supervisorSettings>;
  readonly names: Names;
  readonly environment: Readonly<Record<string, string>>;
  readonly findUser: typeof findUser;
  readonly isDirectory: typeof isDirectory;
}

/** What means the same in all programs, and the supervisor's own environment. */
function baseNames(
  raw: Readonly<Record<string, string>>,
  issues: SettingsIssue[],
): Pick<Base, "names" | "environment"> {
  const global = memoize((name) => {
    if (name === "host_node_name") return hostname();
    return name === "here" ? workingDirectory() : undefined;
  });
  const outer: Names = (name) => global(name) ?? variable(process.env, name);
  const environment = expandAll(raw, outer, ["environment"], issues);
  const names: Names = (name) =>
    global(name) ?? variable(environment, name) ?? variable(process.env, name);
  return { names, environment };
}

function variable(env: Readonly<Record<string, string | undefined>>, name: string) {
  if (!name.startsWith("ENV_")) return undefined;
  const key = name.slice(4);
  return Object.hasOwn(env, key) ? env[key] : undefined;
}

function processesOf(
  program: string,
  settings: ResolvedProgramSettings,
  { group, priority }: { readonly group: string; readonly priority: number },
  base: Base,
  issues: SettingsIssue[],
): ProcessConfig[] {
  const at = (...rest: PropertyKey[]) => ["programs", program, ...rest];
  const found: SettingsIssue[] = [];
  const complain = (path: PropertyKey[], message: string) => found.push({ path, message });
  const { numprocs, numprocs_start: first, process_name: pattern, user } = settings;
  if (numprocs > 1 && !pattern.includes("%(process_num)")) {
    complain(
      at("process_name"),
      `expected %(process_num)d in it because numprocs is ${numprocs}, got ${show(pattern)}`,
    );
  }
  if (user !== undefined && process.platform === "win32")
    complain(at("user"), "there is no changing of users on Windows");
  else if (user !== undefined && !base.findUser(user))
    complain(at("user"), `expected the name or uid of a user, got ${show(user)}`);
  if (settings.umask !== undefined && process.platform === "win32")
    complain(at("umask"), "there is no umask on Windows");
  const listener = listenerOf(settings, (i, message) => complain(at("events", i), message));
  const shared: Names = (name) => (name === "program_name" ? program : base.names(name));
  const socket = planSocket(settings, {
    expand: (key, value) => expandOne(value, shared, at(key), found), // the same for all processes
    complain: (key, message) => complain(at(key), message),
  });
  const processes: ProcessConfig[] = [];
  const isAuto = settings.serverurl === undefined || /^\s*auto\s*$/i.test(settings.serverurl);
  const serverurl = isAuto ? base.whole.serverurl : settings.serverurl;
  for (let num = first; num < first + numprocs; num++) {
    const own = new Map<string, string | number>([
      ["program_name", program],
      ["group_name", group],
      ["process_num", num],
      ["numprocs", numprocs],
    ]);
    const names: Names = (name) => own.get(name) ?? base.names(name);
    const environment = expandAll(settings.environment, names, at("environment"), found);
    const inner: Names = (name) => own.get(name) ?? variable(environment, name) ?? base.names(name);
    const text = (key: string, value: string, ...rest: PropertyKey[]) =>
      expandOne(value, inner, at(key, ...rest), found);
    const name = text("process_name", pattern);
    if (!NAME.test(name))
      complain(
        at("process_name"),
        `expected a name without blanks, colons and slashes, got ${show(pattern)}`,
      );
    const argv = commandWords(settings.command, text, (message) =>
      complain(at("command"), message),
    );
    const directory =
      settings.directory === undefined ? undefined : text("directory", settings.directory);
    processes.push({
      program,
      group,
      name,
      autostart: settings.autostart,
      rank: { group, groupPriority: priority, priority: settings.priority ?? PRIORITY },
      policy: policyOf(settings),
      command: {
        name: fullName(group, name),
        argv,
        environment: {
          SUPERVISOR_ENABLED: "1",
          ...(serverurl !== undefined && { SUPERVISOR_SERVER_URL: serverurl }),
          SUPERVISOR_PROCESS_NAME: name,
          SUPERVISOR_GROUP_NAME: group,
          ...base.environment,
          ...environment,
        },
        ...(directory !== undefined && { directory }),
        ...(settings.umask !== undefined && { umask: settings.umask }),
        ...(user !== undefined && { user }),
        sweep: settings.sweep,
        cgroup: settings.cgroup,
        stopstdin: settings.stopstdin,
        stopsignal: settings.stopsignal,
        ...(socket && { socket }),
        ...(listener && { fifo: true }), // scripts have `while read line … done < /dev/stdin`
      },
      outputs: planOutputs(name, settings, base.whole, {
        expand: text,
        complain: (key, message) => complain(at(key), message),
        isDirectory: base.isDirectory,
      }),
      ...(listener && { listener }),
    });
    if (found.length > 0) break; // the next ones have the same to messages
  }
  issues.push(...found);
  return processes;
}

/** The events in supervisord's spelling, each of them once. */
export function listenerOf(
  { events, buffer_size: bufferSize, result_handler: handler }: ResolvedProgramSettings,
  complain: (i: number, message: string) => void = () => {},
): ListenerPlan | undefined {
  if (!events) return undefined;
  const known = events.flatMap((name, i) => {
    const meant = listenerEventNames.find((one) => one === name.toUpperCase());
    if (meant) return [meant];
    const hint = didYouMean(name, listenerEventNames);
    complain(i, `there is no event type ${show(name)}${hint}`);
    return [];
  });
  const acceptsAll = handler !== DEFAULT_HANDLER;
  return { events: [...new Set(known)].toSorted(byText), bufferSize, acceptsAll };
}

function commandWords(
  command: string | readonly string[],
  text: (key: string, value: string, ...rest: PropertyKey[]) => string,
  complain: (message: string) => void,
): readonly [string, ...string[]] {
  let words: readonly string[];
  if (typeof command === "string") {
    const split = splitWords(text("command", command));
    if ("problem" in split)
      complain(`cannot be split into words: ${split.problem} in ${show(command)}`);
    words = "problem" in split ? ["?"] : split.words;
  } else words = command.map((word, i) => text("command", word, i));
  const [file, ...args] = words;
  if (file === undefined || file === "")
    complain(`expected the name of a program first, got ${show(command)}`);
  if (words.some((word) => word.includes("\0")))
    complain(`expected words without NUL, got ${show(command)}`);
  return [file ?? "", ...args];
}

function expandAll(
  texts: Readonly<Record<string, string>>,
  names: Names,
  path: readonly PropertyKey[],
  issues: SettingsIssue[],
): Record<string, string> {
  const entries = Object.entries(texts);
  return Object.fromEntries(
    entries.map(([key, text]) => [key, expandOne(text, names, [...path, key], issues)]),
  );
}

function expandOne(
  text: string,
  names: Names,
  path: readonly PropertyKey[],
  issues: SettingsIssue[],
): string {
  const expanded = expand(text, names);
  if ("text" in expanded) return expanded.text;
  issues.push({ path, message: `cannot be expanded: ${expanded.problem}` });
  return text;
}

/** The names must tell the processes of a group apart. */
function refuseTwins(
  processes: readonly ProcessConfig[],
  programs: Readonly<Record<string, ResolvedProgramSettings>>,
  issues: SettingsIssue[],
): void {
  const seen = new Map<string, ProcessConfig>();
  for (const process of processes) {
    const { group, name, program } = process;
    const twin = seen.get(`${group}:${name}`);
    if (twin) {
      const whose = twin.program === program ? "itself" : `the program ${show(twin.program)}`;
      const pattern = programs[program]?.process_name ?? name;
      const shown = hasVariables(pattern) ? pattern : name;
      const message = `the group ${show(group)} has a process ${show(shown)} already, of ${whose}`;
      issues.push({ path: ["programs", program, "process_name"], message });
    } else seen.set(`${group}:${name}`, process);
  }
}

/** A group's processes in the order of its `programs`, those of a program by name, as text. */
function inOrder(
  processes: readonly ProcessConfig[],
  groups: Readonly<Record<string, { readonly programs: readonly string[] }>>,
): ProcessConfig[] {
  const known = new Map(Object.entries(groups)); // a name may be one that every object has
  const place = ({ group, program }: ProcessConfig) =>
    known.get(group)?.programs.indexOf(program) ?? 0;
  return processes.toSorted(
    (a, b) => place(a) - place(b) || byText(a.program, b.program) || byText(a.name, b.name),
  );
}

/** supervisord's name for a process among all. */
function fullName(group: string, name: string): string {
  return group === name ? name : `${group}:${name}`;
}
