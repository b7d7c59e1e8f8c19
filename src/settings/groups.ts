import { byText } from "../schema/by-text.ts";
import type { SettingsIssue } from "../schema/settings-error.ts";
import { show } from "../schema/show.ts";
import { didYouMean } from "../schema/suggest.ts";
import type { ResolvedGroupSettings } from "./group.ts";
import { ownGroupPriority } from "./priority.ts";
import type { ResolvedProgramSettings } from "./program.ts";

type Programs = Readonly<Record<string, ResolvedProgramSettings>>;
type Groups = Readonly<Record<string, ResolvedGroupSettings>>;

/** A group that contains a program, and its priority. */
export interface Place {
  readonly group: string;
  readonly priority: number;
}

/** Finds the groups of each program that is in one; reports invalid members. */
export function findPlaces(
  programs: Programs,
  groups: Groups,
  issues: SettingsIssue[],
): ReadonlyMap<string, readonly Place[]> {
  const faulty = new Set(
    issues.filter(({ path }) => path[0] === "programs").map(({ path }) => path[1]),
  );
  const places = new Map<string, Place[]>();
  for (const [group, settings] of Object.entries(groups)) {
    for (const [i, program] of settings.programs.entries()) {
      if (faulty.has(program) || faulty.has(undefined)) continue; // undefined: all programs
      const path = ["groups", group, "programs", i];
      const refuse = (message: string) => issues.push({ path, message });
      if (!Object.hasOwn(programs, program)) {
        const hint = didYouMean(program, Object.keys(programs));
        refuse(`there is no program ${show(program)}${hint}`);
      } else if (settings.programs.indexOf(program) !== i) {
        refuse(`the program ${show(program)} is named twice`);
        continue;
      }
      if (programs[program]?.events) {
        refuse(`the event listener ${show(program)} is a group of its own`);
        continue;
      }
      const known = places.get(program) ?? [];
      places.set(program, [...known, { group, priority: settings.priority }]);
    }
  }
  return places;
}

/** The group of a program that is in no other group. */
export function ownGroup(name: string, settings: ResolvedProgramSettings): Place {
  return { group: name, priority: ownGroupPriority(settings) };
}

/** The priority of each group, including empty groups. */
export function prioritiesOf(
  programs: Programs,
  groups: Groups,
  processes: readonly {
    readonly group: string;
    readonly rank: { readonly groupPriority: number };
  }[],
  places: ReadonlyMap<string, unknown>,
): Map<string, number> {
  const all = new Map(processes.map(({ group, rank }) => [group, rank.groupPriority]));
  for (const [group, settings] of Object.entries(groups)) all.set(group, settings.priority);
  for (const [name, settings] of Object.entries(programs)) {
    if (!places.has(name)) all.set(name, ownGroupPriority(settings)); // numprocs: 0 is a group, too
  }
  return all;
}

/**
 * Sorts a group's processes in the order of its `programs`, and the processes of a program by name,
 * as text.
 */
export function inOrder<
  P extends { readonly group: string; readonly program: string; readonly name: string },
>(processes: readonly P[], groups: Groups): P[] {
  const known = new Map(Object.entries(groups)); // a name may be a property that every object has
  const place = ({ group, program }: P) => known.get(group)?.programs.indexOf(program) ?? 0;
  return processes.toSorted(
    (a, b) => place(a) - place(b) || byText(a.program, b.program) || byText(a.name, b.name),
  );
}
