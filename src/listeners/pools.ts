import type { NewEvent } from "../events/event-map.ts";
import type { EventName } from "../events/event-table.ts";
import type { ActivityLevel } from "../events/levels.ts";
import { isKindOf } from "../events/hierarchy.ts";
import { payloadOf } from "./payload.ts";
import { Pool, type Listener, type Envelope } from "./pool.ts";
import type { ListenerPlan } from "./options.ts";
import type { Clock } from "../ports/clock.ts";

/** The functions that event listeners need from their supervisor. */
export interface ListenerPoolsIo {
  readonly clock: Clock;
  readonly identifier: () => string;
  /** The processes of a program. */
  readonly members: (program: string) => readonly Listener[];
  /** The current plan of a program, if it is an event listener. */
  readonly plan: (program: string) => ListenerPlan | undefined;
  readonly activity: (level: ActivityLevel, message: string) => void;
}

/** The pools of event listeners of one supervisor: each is a program with `events`, and a group of its own. */
export class ListenerPools {
  readonly #io: ListenerPoolsIo;
  readonly #pools = new Map<string, Pool>();
  #watcher = () => {};
  #serial = -1;
  #isClosed = false;

  constructor(io: ListenerPoolsIo) {
    this.#io = io;
  }

  /** Calls `changed` whenever a pool was added or removed. */
  watch(changed: () => void): void {
    this.#watcher = changed;
  }

  /**
   * Takes every event before all other listeners, and creates a pool for an added group: so the
   * first event of a pool is its own PROCESS_GROUP_ADDED.
   */
  accept(event: NewEvent): void {
    if (event.type === "PROCESS_GROUP_REMOVED") this.#remove(event.groupname);
    if (event.type === "PROCESS_GROUP_ADDED") this.#poolOf(event.groupname);
    let envelope: Envelope | undefined;
    for (const pool of this.#pools.values()) {
      const { events } = this.#planOf(pool.name);
      const times = events.filter((name) => isKindOf(event.type, name)).length;
      if (times === 0) continue;
      envelope ??= this.#envelope(event);
      if (!envelope) return;
      pool.accept(envelope, times);
    }
  }

  /** Whether a pool subscribes to one of these types. */
  isHeard(names: readonly EventName[]): boolean {
    return [...this.#pools.keys()].some((name) => {
      const { events } = this.#planOf(name);
      return events.some((event) => names.includes(event));
    });
  }

  /** A listener has written to its standard output. */
  heard(process: Listener, chunk: Uint8Array): void {
    this.#poolOf(process.group)?.heard(process, chunk);
  }

  /** A listener has entered a state. */
  changed(process: Listener): void {
    this.#poolOf(process.group)?.changed(process);
  }

  /** Ends the use of the pools: no event will follow. */
  close(): void {
    this.#isClosed = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  /**
   * Finds the pool of a group, if the group is a pool: a process may be started before its group is
   * announced.
   */
  #poolOf(name: string): Pool | undefined {
    const known = this.#pools.get(name);
    const { clock, members, plan, activity } = this.#io;
    if (known || this.#isClosed || !plan(name)) return known;
    const pool = new Pool(name, {
      clock,
      members: () => members(name),
      bufferSize: () => this.#planOf(name).bufferSize,
      acceptsAll: () => this.#planOf(name).acceptsAll,
      activity,
    });
    this.#pools.set(name, pool);
    this.#watcher();
    return pool;
  }

  #remove(name: string): void {
    this.#pools.get(name)?.close();
    if (this.#pools.delete(name)) this.#watcher();
  }

  /** The plan of a pool. A pool whose program is no longer a listener receives no events. */
  #planOf(program: string): ListenerPlan {
    return this.#io.plan(program) ?? NOTHING;
  }

  /** An event that supervisord does not have is not sent to its listeners, and has no serial. */
  #envelope(event: NewEvent): Envelope | undefined {
    const payload = payloadOf(event);
    if (!payload) return undefined;
    const server = this.#io.identifier();
    return { server, serial: ++this.#serial, eventname: event.type, payload };
  }
}

const NOTHING: ListenerPlan = { events: [], bufferSize: 1, acceptsAll: false };
