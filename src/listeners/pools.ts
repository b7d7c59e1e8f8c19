import type { NewEvent } from "../events/event-map.ts";
import type { EventName } from "../events/event-table.ts";
import type { ActivityLevel } from "../events/levels.ts";
import { isKindOf } from "../events/hierarchy.ts";
import { payloadOf } from "./payload.ts";
import { Pool, type Listener, type Post } from "./pool.ts";
import { listenerOf, type ListenerPlan } from "../settings/resolve.ts";
import type { Clock } from "../ports/clock.ts";
import type { ResolvedProgramSettings } from "../settings/program.ts";

/** What event listeners need from their supervisor. */
export interface ListenersIo {
  readonly clock: Clock;
  readonly identifier: () => string;
  /** The processes of a program. */
  readonly members: (program: string) => readonly Listener[];
  /** The settings of a program. */
  readonly settings: (program: string) => ResolvedProgramSettings | undefined;
  readonly activity: (level: ActivityLevel, message: string) => void;
  /** A pool has come or gone. */
  readonly changed: () => void;
}

/** The pools of event listeners of one supervisor: each is a program with `events`, and a group of its own. */
export class Listeners {
  readonly #io: ListenersIo;
  readonly #pools = new Map<string, Pool>();
  readonly #plans = new WeakMap<ResolvedProgramSettings, ListenerPlan>();
  #serial = -1;
  #isClosed = false;

  constructor(io: ListenersIo) {
    this.#io = io;
  }

  /**
   * Takes every event before anybody else hears of it, and makes a pool of a group that is added: so
   * the first event of a pool is its own PROCESS_GROUP_ADDED.
   */
  accept(event: NewEvent): void {
    if (event.type === "PROCESS_GROUP_REMOVED") this.#remove(event.groupname);
    if (event.type === "PROCESS_GROUP_ADDED") this.#poolOf(event.groupname);
    let post: Post | undefined;
    for (const pool of this.#pools.values()) {
      const { events } = this.#planOf(pool.name);
      const times = events.filter((name) => isKindOf(event.type, name)).length;
      if (times === 0) continue;
      post ??= this.#post(event);
      if (!post) return;
      pool.accept(post, times);
    }
  }

  /** Whether a pool listens to one of these. */
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

  /** There will be no more events. */
  close(): void {
    this.#isClosed = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  /** The pool of a group, if it is one: a process may be started before its group is announced. */
  #poolOf(name: string): Pool | undefined {
    const known = this.#pools.get(name);
    const { clock, members, settings, activity } = this.#io;
    if (known || this.#isClosed || !settings(name)?.events) return known;
    const pool = new Pool(name, {
      clock,
      members: () => members(name),
      bufferSize: () => this.#planOf(name).bufferSize,
      acceptsAll: () => this.#planOf(name).acceptsAll,
      activity,
    });
    this.#pools.set(name, pool);
    this.#io.changed();
    return pool;
  }

  #remove(name: string): void {
    this.#pools.get(name)?.close();
    if (this.#pools.delete(name)) this.#io.changed();
  }

  /** What a program listens to, as its settings have it now. */
  #planOf(program: string): ListenerPlan {
    const settings = this.#io.settings(program);
    if (!settings) return NOTHING;
    let plan = this.#plans.get(settings);
    if (!plan) {
      plan = listenerOf(settings) ?? NOTHING;
      this.#plans.set(settings, plan);
    }
    return plan;
  }

  /** An event that supervisord does not have is none for its listeners, and has no serial. */
  #post(event: NewEvent): Post | undefined {
    const payload = payloadOf(event);
    if (!payload) return undefined;
    const server = this.#io.identifier();
    return { server, serial: ++this.#serial, eventname: event.type, payload };
  }
}

const NOTHING: ListenerPlan = { events: [], bufferSize: 1, acceptsAll: false };
