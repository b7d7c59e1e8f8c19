import type { ProgramSettings } from "../../settings/program.ts";

/** The settings of one program, while they are gathered. */
export type Draft = { -readonly [K in keyof ProgramSettings]?: ProgramSettings[K] | undefined };
