import type { NewEvent } from "../events/event-map.ts";
import type { EventName } from "../events/event-table.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { Clock } from "../ports/clock.ts";

/** The listeners of the host, on whatever object they listen. */
export interface HostListeners {
  announce(event: NewEvent, at: number): void;
  listenerCount(name: EventName): number;
}

/** Tells the listeners of the host. */
export class HostEvents {
  readonly #listeners: HostListeners;
  readonly #clock: Clock;

  constructor(listeners: HostListeners, clock: Clock) {
    this.#listeners = listeners;
    this.#clock = clock;
  }

  /** Whether there is a listener to one of these. */
  isHeard(names: readonly EventName[]): boolean {
    return names.some((name) => this.#listeners.listenerCount(name) > 0);
  }

  announce(event: NewEvent): void {
    this.#listeners.announce(event, this.#clock.date());
  }

  /** Has a line for supervisord's activity log. */
  activity(level: ActivityLevel, message: string): void {
    if (this.isHeard(["ACTIVITY"])) this.announce({ type: "ACTIVITY", level, message });
  }
}
