import type { NewEvent } from "../events/event-map.ts";
import type { EventName } from "../events/event-table.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { Clock } from "../ports/clock.ts";

/** The listeners of the host, on any emitter. */
export interface HostListeners {
  announce(event: NewEvent, at: number): void;
  listenerCount(name: EventName): number;
}

/** Emits events to the listeners of the host. */
export class HostEvents {
  readonly #listeners: HostListeners;
  readonly #clock: Clock;

  constructor(listeners: HostListeners, clock: Clock) {
    this.#listeners = listeners;
    this.#clock = clock;
  }

  /** Whether there is a listener to one of these events. */
  isHeard(names: readonly EventName[]): boolean {
    return names.some((name) => this.#listeners.listenerCount(name) > 0);
  }

  announce(event: NewEvent): void {
    this.#listeners.announce(event, this.#clock.date());
  }

  /** Writes a line to supervisord's activity log. */
  activity(level: ActivityLevel, message: string): void {
    if (this.isHeard(["ACTIVITY"])) this.announce({ type: "ACTIVITY", level, message });
  }
}
