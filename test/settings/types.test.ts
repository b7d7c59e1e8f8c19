/** The compiler does the work of this file: a type that is not as it should be is an error of `tsc`. */
import { it } from "node:test";
import type {
  ActivityLogSettings,
  GroupSettings,
  ProgramSettings,
  ResolvedProgramSettings,
  SupervisorSettings,
} from "../../src/index.ts";
import type { SchemaTypes } from "../support/schema-types.ts";

/** Whether two types are the same in every property, its optionality and its `readonly`. */
type IsEqual<A, B> =
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- TypeScript compares identities only so
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

interface Interfaces {
  readonly ProgramSettings: ProgramSettings;
  readonly ResolvedProgramSettings: ResolvedProgramSettings;
  readonly GroupSettings: GroupSettings;
  readonly SupervisorSettings: SupervisorSettings;
  readonly ActivityLogSettings: ActivityLogSettings;
}

/** False for an interface that is not what zod makes of the schema: the compiler rejects it. */
type Equality = {
  readonly [Name in keyof SchemaTypes]: IsEqual<Interfaces[Name], SchemaTypes[Name]>;
};

const equality: Equality = {
  ProgramSettings: true,
  ResolvedProgramSettings: true,
  GroupSettings: true,
  SupervisorSettings: true,
  ActivityLogSettings: true,
};

// that these fail is the proof that a missing, another and a read-only property are seen
type Without = Omit<ProgramSettings, "stopstdin">;
const isMissingSeen: IsEqual<Without, SchemaTypes["ProgramSettings"]> = false;
const isUndefinedSeen: IsEqual<{ a?: boolean }, { a?: boolean | undefined }> = false;
const isReadonlySeen: IsEqual<{ a: string }, { readonly a: string }> = false;

it("the interfaces of the settings are what zod makes of the schemas", () => {
  void [equality, isMissingSeen, isUndefinedSeen, isReadonlySeen];
});
