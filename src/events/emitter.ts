import { EventEmitter } from "eventemitter3";
import type { Clock } from "../ports/clock.ts";
import { show } from "../schema/show.ts";
import { meaning, nearest } from "../schema/suggest.ts";
import type { BaseEvent } from "./base-event.ts";
import type { NewEvent, SupervisorEvents } from "./event-map.ts";
import { eventTable, type EventName } from "./event-table.ts";
import { eventNames, parentOf } from "./hierarchy.ts";

type Handler<T extends EventName> = EventEmitter.EventListener<SupervisorEvents, T>;

type AnyHandler = (this: unknown, ...event: unknown[]) => void;

/**
 * Emits events under their own type and all parent types. An error that a handler throws disturbs
 * neither the supervisor nor the other handlers: it becomes an uncaught exception of the host, on a
 * later turn of the event loop.
 */
export class SupervisorEmitter extends EventEmitter<SupervisorEvents> {
  readonly #guards = new WeakMap<object, AnyHandler>();
  readonly #own = new EventEmitter<SupervisorEvents>(); // the handlers of this package itself
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  /**
   * Calls `fn` with each event of that name.
   * @throws {TypeError} if there is no event of that name
   */
  override on<T extends EventName>(event: T, fn: Handler<T>, context?: unknown): this {
    expectName(event);
    super.on(event, this.#guard(fn), context);
    this.listenersChanged();
    return this;
  }

  /** The same as `on`. */
  override addListener<T extends EventName>(event: T, fn: Handler<T>, context?: unknown): this {
    return this.on(event, fn, context);
  }

  /**
   * Calls `fn` with the next event of that name, once.
   * @throws {TypeError} if there is no event of that name
   */
  override once<T extends EventName>(event: T, fn: Handler<T>, context?: unknown): this {
    expectName(event);
    super.once(event, this.#guard(fn), context);
    this.listenersChanged();
    return this;
  }

  /** Undoes `on` and `once`; without `fn`, does the same as `removeAllListeners(event)`. */
  override off<T extends EventName>(
    event: T,
    fn?: Handler<T>,
    context?: unknown,
    once?: boolean,
  ): this {
    if (!fn) return this.removeAllListeners(event);
    const guard = this.#guards.get(fn) as unknown as Handler<T> | undefined;
    super.removeListener(event, guard ?? fn, context, once);
    this.listenersChanged();
    return this;
  }

  /** The same as `off`. */
  override removeListener<T extends EventName>(
    event: T,
    fn?: Handler<T>,
    context?: unknown,
    once?: boolean,
  ): this {
    return this.off(event, fn, context, once);
  }

  /**
   * The number of handlers for that name, including handlers of this package itself: for
   * `events()`, an activity log, a control server.
   */
  override listenerCount(event: EventName): number {
    return super.listenerCount(event) + this.#own.listenerCount(event);
  }

  /**
   * The same as `on`, for this package itself: `removeAllListeners()` does not remove the handler.
   * Calling the returned function does.
   * @internal
   */
  observe<T extends EventName>(event: T, fn: Handler<T>): () => void {
    expectName(event);
    const guard = this.#guard(fn);
    this.#own.on(event, guard);
    this.listenersChanged();
    return () => {
      this.#own.off(event, guard);
      this.listenersChanged();
    };
  }

  /**
   * Removes all handlers that were given to `on` and `once`, or all handlers of one name. It also
   * ends `events()`, unless a name other than `EVENT` is given. An activity log and a control
   * server continue.
   */
  override removeAllListeners(event?: EventName): this {
    super.removeAllListeners(event);
    this.listenersChanged();
    return this;
  }

  /** Called when a handler was added or removed. */
  protected listenersChanged(): void {}

  /** Emits under the event's type and its parents. */
  protected announce(made: NewEvent, at: number): void {
    const event: BaseEvent = Object.freeze({ ...made, at });
    for (let name: EventName | undefined = event.type; name !== undefined; name = parentOf(name)) {
      for (const emitter of [this.#own, this])
        (emitter as unknown as EventEmitter<Record<string, [BaseEvent]>>).emit(name, event);
    }
  }

  #guard<T extends EventName>(fn: Handler<T>): Handler<T> {
    let guard = this.#guards.get(fn);
    if (!guard) {
      const clock = this.#clock;
      guard = function guarded(...event) {
        try {
          (fn as unknown as AnyHandler).apply(this, event);
        } catch (error) {
          const raise = () => {
            throw error;
          };
          clock.setTimeout(raise, 0, true);
        }
      };
      this.#guards.set(fn, guard);
    }
    return guard;
  }
}

/**
 * Checks the name of an event to listen to. `error` is allowed although there is no such event:
 * `once` and `on` of `node:events` listen to it, too.
 */
function expectName(name: unknown): void {
  if (name === "error" || Object.hasOwn(eventTable, name as PropertyKey)) return;
  const meant = typeof name === "string" ? intended(name) : undefined;
  throw new TypeError(`There is no event ${show(name)}${meaning(meant)}`);
}

/** The event that was probably meant: the nearest name, or a name that ends with this word. */
function intended(name: string): string | undefined {
  const end = `_${name.toUpperCase()}`;
  return nearest(name, eventNames) ?? eventNames.find((one) => one.endsWith(end));
}
