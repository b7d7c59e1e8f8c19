import z from "#zod";
import { expected } from "../schema/messages.ts";
import { described } from "../schema/option.ts";
import { priority } from "../schema/types.ts";

/** Settings of one group: a `[group:x]` section. */
export const groupSettings = z.strictObject(
  {
    programs: described(
      {
        expected: "an array of program names",
        preset: "[]",
        summary: "The programs of the group. Their processes are then called `group:process`.",
      },
      (messages) => z.array(z.string(messages), messages).readonly().default([]),
    ),
    priority: priority("Orders the groups, as that of a program orders the processes of a group."),
  },
  expected("an object with the settings of a group"),
);

/** The settings of a group as they hold. */
export type ResolvedGroupSettings = z.output<typeof groupSettings>;

/** What one writes for a group. @useDeclaredType */
export type GroupSettings = z.input<typeof groupSettings>;
