import type { EventName, eventTable, EventType, TypesUnder } from "./event-table.ts";
import type { ProcessEvent } from "./process-events.ts";
import type { OwnEvent } from "./supervisor-events.ts";

type AnyEvent = ProcessEvent | OwnEvent;

/** The events whose type may be one of these types. */
type EventOf<Type extends EventType, Each = AnyEvent> = Each extends AnyEvent
  ? [Extract<Each["type"], Type>] extends [never]
    ? never
    : Each
  : never;

/**
 * The names to listen to, and the event of each name: supervisord's event types. An event is
 * emitted under its own type and then under each of its parents, up to `EVENT`.
 * @interface
 */
export type EventMap = { -readonly [Name in keyof typeof eventTable]: EventOf<TypesUnder<Name>> };

/** Any event; its `type` says which one. */
export type SupervisorEvent = EventMap["EVENT"];

/** The listener functions of each name, in the form that eventemitter3 expects. */
export type SupervisorEvents = { [Name in EventName]: (event: EventMap[Name]) => void };

/** An event before it has its time. */
export type NewEvent = AnyEvent extends infer Each
  ? Each extends AnyEvent
    ? Omit<Each, "at">
    : never
  : never;
