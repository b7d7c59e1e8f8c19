import type { EventName } from "../events/event-table.ts";
import { listenerEventNames } from "../events/hierarchy.ts";
import { byText } from "../schema/by-text.ts";
import { option, type ValuesOf } from "../schema/option.ts";
import type { Planning } from "../schema/planning.ts";
import { show } from "../schema/show.ts";
import { didYouMean } from "../schema/suggest.ts";

/** supervisord's own `result_handler`. */
const DEFAULT_HANDLER = "supervisor.dispatchers:default_handler";

/** The options for the events of an event listener, and for the handling of its results. */
export const listenerOptions = {
  events: option(
    {
      syntax: "names",
      section: "eventlistener",
      expected: "an array of names of event types",
      preset: "none",
      summary:
        "Makes the program an event listener, a `[eventlistener:x]`: its processes receive these events on standard input, and answer on standard output. The name of a parent type includes all its subtypes.",
    },
    (names, messages) => names.unwrap().min(1, messages).readonly().optional(),
  ),
  buffer_size: option(
    {
      syntax: "integer",
      section: "eventlistener",
      expected: "a whole number, 1 or more",
      summary:
        "The number of events that may wait for its event listeners before the oldest is dropped.",
    },
    (integer, messages) => integer.min(1, messages).default(10),
  ),
  result_handler: option(
    {
      syntax: "text",
      section: "eventlistener",
      expected: "the name of a function in Python",
      summary:
        "The function that decides about the results of its event listeners: by the default, `OK` accepts the event, and any other result rejects it.",
      differs:
        "Any other function cannot be called here: then every well-formed result accepts the event.",
    },
    (handler) => handler.default(DEFAULT_HANDLER),
  ),
};

/**
 * The events that the event listeners of a program subscribe to, and how many events may wait for
 * them.
 */
export interface ListenerPlan {
  /** The event types in supervisord's spelling, each of them once. */
  readonly events: readonly EventName[];
  readonly bufferSize: number;
  /** Whether every well-formed result accepts an event: the handler cannot be called here. */
  readonly acceptsAll: boolean;
}

/** Plans the event listeners of a program, if its processes are event listeners. */
export function listenerOf(
  { events, buffer_size: bufferSize, result_handler: handler }: ValuesOf<typeof listenerOptions>,
  { refuse }: Pick<Planning, "refuse">,
): ListenerPlan | undefined {
  if (!events) return undefined;
  const known = events.flatMap((name, i) => {
    const meant = listenerEventNames.find((one) => one === name.toUpperCase());
    if (meant) return [meant];
    const hint = didYouMean(name, listenerEventNames);
    refuse("events", `there is no event type ${show(name)}${hint}`, i);
    return [];
  });
  const acceptsAll = handler !== DEFAULT_HANDLER;
  return { events: [...new Set(known)].toSorted(byText), bufferSize, acceptsAll };
}
