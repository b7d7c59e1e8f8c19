import z from "#zod";
import { expected } from "../schema/messages.ts";
import { option } from "../schema/option.ts";

/** Settings of one group: a `[group:x]` section. */
export const groupSettings = z.strictObject(
  {
    programs: option(
      {
        syntax: "names",
        expected: "an array of program names",
        preset: "[]",
        summary: "The programs of the group. Their processes are then called `group:process`.",
      },
      (names) => names.default([]),
    ),
    priority: option(
      {
        syntax: "integer",
        summary:
          "The order of the groups, as the priority of a program is the order inside a group.",
      },
      (integer) => integer.default(999),
    ),
  },
  expected("an object with the settings of a group"),
);

/** The settings of a group with their defaults filled in. */
export type ResolvedGroupSettings = z.output<typeof groupSettings>;

export type { GroupSettings } from "./group-settings.ts";
