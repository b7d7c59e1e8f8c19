import type { ProgramSettings } from "./settings/program.ts";

/**
 * What a method of a supervisor takes as a name: a program, a group, `group:process`, `group:*` or
 * `all`. Editors complete the names of the programs, and `all`. Any other text is accepted, too.
 */
// The template keeps supervisors with different names assignable to each other.
export type Namespec<Name extends string = string> = `${Name}` | "all" | (string & {});

/** The part of the settings from which a supervisor has the names of its programs. */
export interface NamedPrograms<Name extends string> {
  /** The programs, by name. */
  readonly programs?: { readonly [K in Name]?: ProgramSettings } | undefined;
}
