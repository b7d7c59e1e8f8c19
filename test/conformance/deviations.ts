/**
 * Each deviation of docs/deviations.md as an amendment: it turns what supervisord does in a recording
 * into what is expected of the library. What is then seen must be exactly that, so a deviation that
 * is not listed fails, and so does one that is listed and no longer occurs.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { amendments } from "./amendments.ts";
import type { Scenario } from "./scenario.ts";

export interface Deviation {
  readonly id: string;
  /** The recordings it shows in; `all`: in every one that it concerns; `none`: no recording shows it. */
  readonly recordings: readonly string[] | "all" | "none";
}

const file = path.resolve(import.meta.dirname, "../../../docs/deviations.md");

export type Amendments = Readonly<Record<string, (scenario: Scenario) => void>>;

/** The rows of the table. */
export function readTable(): Deviation[] {
  const [library = ""] = parts();
  return rowsIn(library);
}

/** The rows that hold for the command: those of the table but for some, and some of its own. */
export function readCommandTable(): Deviation[] {
  const [, command = ""] = parts();
  const [, list = ""] = /rows that are not the command's: ([^.]*)\./.exec(command) ?? [];
  const others = new Set([...list.matchAll(/`([\w-]+)`/g)].map(([, id]) => id));
  const table = readTable();
  const unknown = [...others].find((id) => table.every((row) => row.id !== id));
  if (unknown !== undefined) throw new Error(`There is no deviation "${unknown}"`);
  return [...table.filter(({ id }) => !others.has(id)), ...rowsIn(command)];
}

function parts(): string[] {
  return readFileSync(file, "utf8").split("\n## The command");
}

function rowsIn(text: string): Deviation[] {
  const rows = text.matchAll(/^\| `([\w-]+)` *\|([^|]*)\|/gm);
  return [...rows].map(([, id = "", names = ""]) => {
    const words = names
      .trim()
      .split(/,\s*/)
      .map((word) => word.replaceAll("`", ""));
    const [first] = words;
    return { id, recordings: first === "all" || first === "none" ? first : words };
  });
}

/** What is expected of the library: the recording, amended by all that is listed for it. */
export function amended(
  recording: Scenario,
  table: readonly Deviation[],
  by: Amendments = amendments,
): Scenario {
  const scenario = structuredClone(recording);
  for (const { id, recordings } of table) {
    if (recordings === "none") continue;
    if (recordings !== "all" && !recordings.includes(scenario.name)) continue;
    const before = JSON.stringify(scenario);
    amendmentOf(id, by)(scenario);
    if (recordings !== "all" && JSON.stringify(scenario) === before)
      throw new Error(`${scenario.name} has nothing to which the deviation "${id}" applies`);
  }
  return scenario;
}

/** Whether an amendment finds anything to amend. */
export function concerns(id: string, recording: Scenario, by: Amendments = amendments): boolean {
  const scenario = structuredClone(recording);
  amendmentOf(id, by)(scenario);
  return JSON.stringify(scenario) !== JSON.stringify(recording);
}

function amendmentOf(id: string, by: Amendments): (scenario: Scenario) => void {
  const amend = by[id];
  if (!amend) throw new Error(`The deviation "${id}" is listed, but the test does not know it`);
  return amend;
}
