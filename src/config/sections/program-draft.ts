import type { ProgramSettings } from "../../settings/program.ts";
import type { Facts } from "../facts.ts";
import type { Names } from "../percent.ts";
import type { Options } from "../section-reader.ts";

/** The settings of one program, while they are collected. */
export type Draft = { -readonly [K in keyof ProgramSettings]?: ProgramSettings[K] | undefined };

/** What the readers of options that are evaluated for each process use. */
export interface Each {
  readonly options: Options;
  /** The names of a process, and the variables of its environment. */
  readonly names: Names;
  readonly settings: Draft;
  readonly facts: Facts;
}
