import { eventTable, type EventName, type EventType } from "./event-table.ts";

/** Every name to listen to. */
export const eventNames = Object.keys(eventTable) as readonly EventName[];

/**
 * The names that supervisord has, too: a program that is an event listener can subscribe to these.
 */
export const listenerEventNames = eventNames.filter((name) => eventTable[name].inSupervisord);

/** The name under which an event is emitted after that name; undefined after the last. */
export function parentOf(name: EventName): EventName | undefined {
  return eventTable[name].parent;
}

/** Whether an event of this type is emitted under that name. */
export function isKindOf(type: EventType, name: EventName): boolean {
  let one: EventName | undefined = type;
  while (one !== undefined && one !== name) one = parentOf(one);
  return one === name;
}
