import { SupervisorError } from "../errors.ts";
import { show } from "../schema/show.ts";
import { didYouMean, meaning, nearest } from "../schema/suggest.ts";

/** The registry in which names are looked up. */
export interface Names<P> {
  /** The processes by full name. */
  readonly processes: ReadonlyMap<string, P>;
  /** The processes of each program. */
  readonly members: ReadonlyMap<string, readonly P[]>;
  /** The groups, including empty ones. */
  readonly groups: ReadonlyMap<string, unknown>;
}

interface Named {
  readonly name: string;
  readonly group: string;
  readonly namespec: string;
}

/**
 * Finds the processes that a name means: a program, a group, `group:process`, `group:*` or `all`.
 * @throws {SupervisorError} `BAD_NAME`
 */
export function find<P extends Named>(
  name: string,
  { processes, members, groups }: Names<P>,
): readonly P[] {
  if (typeof name !== "string") {
    throw new SupervisorError("BAD_NAME", `Expected a name, got ${show(name)}`);
  }
  const all = [...processes.values()];
  if (name === "all") return all;
  const ofProgram = members.get(name);
  if (ofProgram) return ofProgram;
  const [group = "", process = "*", ...rest] = name.split(":");
  const isWhole = rest.length === 0 && (process === "*" || process === "");
  const found = all.filter(
    (one) => one.group === group && rest.length === 0 && (isWhole || one.name === process),
  );
  if (found.length > 0 || (isWhole && groups.has(group))) return found;
  const hint = meaning(intended(name, { processes, members, groups }));
  throw new SupervisorError("BAD_NAME", `There is no ${show(name)}${hint}`);
}

/**
 * Throws the error for a program that does not exist.
 * @throws {SupervisorError} `BAD_NAME`
 */
export function refuseProgram<P extends Named>(name: string, names: Names<P>): never {
  if (typeof name !== "string") find(name, names);
  throw new SupervisorError(
    "BAD_NAME",
    `There is no program ${show(name)}${whatItIs(name, names)}`,
  );
}

/** The end of the message about a program that does not exist. */
function whatItIs<P extends Named>(name: string, names: Names<P>): string {
  const process = findOne(name, names.processes) ?? ofThatName(name, names);
  if (process) return `; for the process, call process(${show(process.namespec)})`;
  if (names.groups.has(name)) return `; for the group, call select(${show(name)})`;
  return didYouMean(name, [...names.members.keys()]);
}

/** Finds the first process whose own name, without its group, is this. */
function ofThatName<P extends Named>(own: string, { processes }: Names<P>): P | undefined {
  return [...processes.values()].find(({ name }) => name === own);
}

/**
 * Finds the name that was probably intended: the full name of a process whose own name was given,
 * or else the nearest name.
 */
function intended<P extends Named>(name: string, names: Names<P>): string | undefined {
  const { processes, members, groups } = names;
  const inOtherGroup = ofThatName(name.slice(name.indexOf(":") + 1), names);
  if (inOtherGroup) return inOtherGroup.namespec;
  const owns = [...processes.values()].map((process) => process.name);
  const meant = nearest(name, [...members.keys(), ...groups.keys(), ...processes.keys(), ...owns]);
  const isOwn = meant !== undefined && ![members, groups, processes].some((map) => map.has(meant));
  return isOwn ? ofThatName(meant, names)?.namespec : meant;
}

/** Whether a name means something. */
export function means<P extends Named>(name: string, names: Names<P>): boolean {
  try {
    find(name, names);
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds the process of that full name; `group:name` is a full name, too, where both are the same.
 */
export function findOne<P>(namespec: string, processes: ReadonlyMap<string, P>): P | undefined {
  const [group = "", name] = namespec.split(":", 2);
  return processes.get(group === name ? group : namespec);
}

/**
 * Returns the only process that a name means.
 * @throws {SupervisorError} `BAD_NAME` if there is no process, or more than one
 */
export function theOnly<P extends Named>(name: string, processes: readonly P[]): P {
  const [first] = processes;
  if (first && processes.length === 1) return first;
  const names = processes.map(({ namespec }) => namespec).join(", ");
  const message = `${show(name)} is not one process but ${processes.length}${names && `: ${names}`}`;
  throw new SupervisorError("BAD_NAME", message);
}
