import type { SettingsIssue } from "../schema/settings-error.ts";

/** The settings without the keys that have issues, so that their defaults stand in for them. */
export function withoutFaulty(raw: unknown, issues: readonly SettingsIssue[]): unknown {
  return issues.reduce<unknown>((rest, { path }) => without(rest, faultyPart(path)), raw);
}

/**
 * The path to leave out. A program without its command is left out as a whole; of an environment,
 * only one variable is left out.
 */
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
