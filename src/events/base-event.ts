import type { EventType } from "./event-table.ts";

/** The fields of every event. Events are plain, frozen objects: copies, which do not change later. */
export interface BaseEvent {
  /** The event's own type. */
  readonly type: EventType;
  /** The time it was made, on the wall clock, in milliseconds since 1970. */
  readonly at: number;
}
