import z from "#zod";
import { guardianOptions } from "../cleanup/options.ts";
import { autoLogOptions, logOptions } from "../output/options.ts";
import { expected } from "../schema/messages.ts";
import { option } from "../schema/option.ts";
import { name } from "../schema/types.ts";
import { environment, supervisorServerOptions } from "../spawn/options.ts";
import { groupSettings } from "./group.ts";
import { programSettings } from "./program.ts";

/** Settings of the supervisor as a whole: all programs and groups, and the `[supervisord]` section. */
export const supervisorSettings = z.strictObject(
  {
    programs: option(
      {
        syntax: "sections",
        only: "code",
        expected: "an object of programs by name",
        preset: "{}",
        summary: "The programs, by name.",
      },
      (_, messages) => z.record(name(), programSettings, messages).default({}),
    ),
    groups: option(
      {
        syntax: "sections",
        only: "code",
        expected: "an object of groups by name",
        preset: "{}",
        summary: "The groups, by name.",
      },
      (_, messages) => z.record(name(), groupSettings, messages).default({}),
    ),
    identifier: option(
      {
        syntax: "text",
        summary: "A name for this supervisor, as `supervisor.identifier`.",
      },
      (text) => text.default("supervisor"),
    ),
    environment,
    ...logOptions,
    ...guardianOptions,
    ...supervisorServerOptions,
    ...autoLogOptions,
  },
  expected("an object with the settings of a supervisor"),
);

export type { SupervisorSettings } from "./supervisor-settings.ts";

/** The settings of a supervisor with their defaults filled in. */
export type ResolvedSupervisorSettings = z.output<typeof supervisorSettings>;
