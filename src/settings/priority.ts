import { fallback, option, type ValuesOf } from "../schema/option.ts";

/** The options for the order of a program among the others. */
export const priorityOptions = {
  priority: option(
    {
      syntax: "integer",
      fallback: 999,
      summary:
        "The order of starts and stops: lower numbers start first and stop last. It is also the priority of the program's own group, if the program is in no other group. The group of a program with `events` has -1 unless this is given.",
    },
    (integer) => integer.optional(),
  ),
};

/** The rank of a process among the others. Lower numbers start first and stop last. */
export interface Rank {
  readonly group: string;
  readonly groupPriority: number;
  readonly priority: number;
}

type PrioritySettings = ValuesOf<typeof priorityOptions>;

/** Plans the rank of a process in a group. */
export function rankOf(
  { priority = fallback(priorityOptions.priority) }: PrioritySettings,
  { group, priority: groupPriority }: { readonly group: string; readonly priority: number },
): Rank {
  return { group, groupPriority, priority };
}

/**
 * supervisord's default for event listeners: they start first and stop last, to receive the events
 * of all others.
 */
const LISTENERS = -1;

/** The priority of the group of a program that is in no other group. */
export function ownGroupPriority({
  priority,
  events,
}: PrioritySettings & { readonly events?: unknown }): number {
  return priority ?? (events ? LISTENERS : fallback(priorityOptions.priority));
}
