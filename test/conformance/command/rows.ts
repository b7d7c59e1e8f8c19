/** Which deviations a command has: not those that are between a program and the library it imports. */
import type { Deviation } from "../deviations.ts";

const WITHIN = new Set([
  "boolean",
  "log-files",
  "wire",
  "already-so",
  "server-url",
  "names",
  "not-found",
  "start-waits",
  "redirect-alone",
  "refused",
  "memory",
  "cut-characters",
]);

/** The rows that hold for a command. */
export function rowsFor(table: readonly Deviation[]): Deviation[] {
  return table.filter(({ id }) => !WITHIN.has(id));
}
