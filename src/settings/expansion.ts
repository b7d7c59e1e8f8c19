import { hostname } from "node:os";
import { expand, type Names } from "../schema/expand.ts";
import type { SettingsIssue } from "../schema/settings-error.ts";
import type { Variables } from "../spawn/environment.ts";
import { workingDirectory } from "../system/directories.ts";
import { isWindows } from "../system/platform.ts";
import { memoize } from "./memoize.ts";

/** The names that mean the same in all programs, and the supervisor's own environment, expanded. */
export function expandSupervisor(
  raw: Variables,
  issues: SettingsIssue[],
): { readonly names: Names; readonly environment: Variables } {
  const global = memoize((name) => {
    if (name === "host_node_name") return hostname();
    return name === "here" ? workingDirectory() : undefined;
  });
  const outer = withVariables(process.env, global);
  const environment = expandAll(raw, outer, ["environment"], issues);
  return { names: withVariables(environment, outer), environment };
}

/**
 * The names with the variables of an environment, as `ENV_x`. A variable that the environment takes
 * away has no value.
 */
export function withVariables(env: Variables, outer: Names): Names {
  return (name) => {
    const key = name.startsWith("ENV_") ? ownName(env, name.slice(4)) : undefined;
    return key === undefined ? outer(name) : env[key];
  };
}

/** The name of a variable as the environment has it; undefined if it does not have the variable. */
function ownName(env: Variables, name: string): string | undefined {
  if (Object.hasOwn(env, name)) return name;
  if (!isWindows) return undefined;
  return Object.keys(env).find((own) => own.toUpperCase() === name.toUpperCase());
}

/** Expands the values of an environment. */
export function expandAll(
  texts: Variables,
  names: Names,
  path: readonly PropertyKey[],
  issues: SettingsIssue[],
): Variables {
  const expanded = ([key, text]: [string, string | undefined]) =>
    [key, text && expandOne(text, names, [...path, key], issues)] as const;
  return Object.fromEntries(Object.entries(texts).map(expanded));
}

/** Expands a text. A text that cannot be expanded is reported, and stays unchanged. */
export function expandOne(
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
