import type { Command } from "../ports/command.ts";

/** Variables as settings have them; undefined for a variable that is taken away. */
export type Variables = Readonly<Record<string, string | undefined>>;

type Inherited = Pick<Command, "environment" | "unset" | "inherit">;

/** Variables that a process of Windows cannot do without. */
const NEEDED = ["SYSTEMROOT"];

/** Variables that a shell adds to its environment, besides `_` of some shells. */
const SHELLS_OWN = ["PWD", "OLDPWD", "SHLVL"];

/**
 * Combines variables; the last value of a name counts. On Windows, `Path` and `PATH` are one name.
 */
export function combine(
  layers: readonly Variables[],
  isWindows: boolean,
): Pick<Command, "environment" | "unset"> {
  const all = new Map<string, readonly [name: string, value: string | undefined]>();
  for (const [name, value] of layers.flatMap((layer) => Object.entries(layer)))
    all.set(isWindows ? name.toUpperCase() : name, [name, value]);
  const entries = [...all.values()];
  const unset = entries.flatMap(([name, value]) => (value === undefined ? [name] : []));
  const set = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { environment: Object.fromEntries(set), ...(unset.length > 0 && { unset }) };
}

/** Returns a function that tells whether the process may inherit a variable of the host. */
export function inheritance(
  { unset = [], inherit }: Inherited,
  isWindows: boolean,
): (name: string) => boolean {
  const fold = (name: string) => (isWindows ? name.toUpperCase() : name);
  const taken = new Set(unset.map(fold));
  if (inherit === undefined) return (name) => !taken.has(fold(name));
  const kept = new Set((inherit || []).map(fold));
  if (isWindows) for (const name of NEEDED) kept.add(name);
  return (name) => kept.has(fold(name)) && !taken.has(fold(name));
}

/**
 * The environment of a process: the variables that it inherits of the host, and the variables of the
 * command.
 */
export function childEnvironment(
  command: Inherited,
  host: Variables,
  isWindows: boolean,
): Record<string, string | undefined> {
  const { environment, unset, inherit } = command;
  const env = { ...host }; // in one piece: each access to process.env costs a getenv of the system
  if (unset || inherit !== undefined) {
    const isInherited = inheritance(command, isWindows);
    for (const name of Object.keys(env)) if (!isInherited(name)) delete env[name];
    // Node adds this variable of the host to an environment that does not mention it
    if (host["NODE_V8_COVERAGE"] !== undefined) env["NODE_V8_COVERAGE"] ??= undefined;
  }
  if (isWindows) {
    const replaced = new Set(Object.keys(environment).map((name) => name.toUpperCase()));
    for (const name of Object.keys(env)) if (replaced.has(name.toUpperCase())) delete env[name];
  }
  return Object.assign(env, environment);
}

/**
 * The variables that a shell in front of the process would add to an environment which is to have
 * only certain variables.
 */
export function addedByShell({ unset, inherit }: Inherited, env: Variables): string[] {
  if (!unset && inherit === undefined) return [];
  return SHELLS_OWN.filter((name) => !Object.hasOwn(env, name));
}
