import type { EventName, eventTable, EventType, TypesUnder } from "./event-table.ts";
import type { ProcessEvent } from "./process-events.ts";
import type { OwnEvent } from "./supervisor-events.ts";

type AnyEvent = ProcessEvent | OwnEvent;

/** The events whose type may be one of those. */
type EventOf<Type extends EventType, Each = AnyEvent> = Each extends AnyEvent
  ? [Extract<Each["type"], Type>] extends [never]
    ? never
    : Each
  : never;

/**
 * The names one can listen to, and the event that comes: supervisord's event types. An event is emitted
 * under its own type and then under each of its parents, up to `EVENT`.
 * @interface
 */
export type EventMap = { -readonly [Name in keyof typeof eventTable]: EventOf<TypesUnder<Name>> };

/** Any event; its `type` tells which. */
export type SupervisorEvent = EventMap["EVENT"];

/** The functions that listen to each name, as eventemitter3 expects them. */
export type SupervisorEvents = { [Name in EventName]: (event: EventMap[Name]) => void };

/** An event as it is made, before it gets its time. */
export type NewEvent = AnyEvent extends infer Each
  ? Each extends AnyEvent
    ? Omit<Each, "at">
    : never
  : never;
