import { hostname } from "node:os";
import { expand, type Names } from "../schema/expand.ts";
import type { SettingsIssue } from "../schema/settings-error.ts";
import { workingDirectory } from "../system/directories.ts";
import { memoize } from "./memoize.ts";

/** The names that mean the same in all programs, and the supervisor's own environment, expanded. */
export function expandSupervisor(
  raw: Readonly<Record<string, string>>,
  issues: SettingsIssue[],
): { readonly names: Names; readonly environment: Readonly<Record<string, string>> } {
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

/** Returns the value of a name `ENV_x` in an environment. */
export function variable(env: Readonly<Record<string, string | undefined>>, name: string) {
  if (!name.startsWith("ENV_")) return undefined;
  const key = name.slice(4);
  return Object.hasOwn(env, key) ? env[key] : undefined;
}

/** Expands the values of an environment. */
export function expandAll(
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
