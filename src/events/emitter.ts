import type {
  EventName,
  SupervisorEvents,
  Fresh,
  SupervisorEvent,
  ActivityEvent,
  BaseEvent,
} from "./event-map.ts";
import { EventEmitter } from "eventemitter3";
import { parents } from "./hierarchy.ts";
import { systemClock } from "../system/clock.ts";

type Fn<T extends EventName> = EventEmitter.EventListener<SupervisorEvents, T>;

type Listener = (this: unknown, ...event: unknown[]) => void;

/**
 * An emitter of events under their own type and all parents. What a listener throws disturbs neither
 * the supervisor nor the other listeners: it becomes an uncaught exception of the host's own, a moment
 * later.
 */
export class SupervisorEmitter extends EventEmitter<SupervisorEvents> {
  readonly #guards = new WeakMap<object, Listener>();
  readonly #own = new EventEmitter<SupervisorEvents>(); // what this package itself listens with

  /** Calls `fn` with each event of that name. */
  override on<T extends EventName>(event: T, fn: Fn<T>, context?: unknown): this {
    super.on(event, this.#guard(fn), context);
    this.listenersChanged();
    return this;
  }

  /** The same as `on`. */
  override addListener<T extends EventName>(event: T, fn: Fn<T>, context?: unknown): this {
    return this.on(event, fn, context);
  }

  /** Calls `fn` with the next event of that name. */
  override once<T extends EventName>(event: T, fn: Fn<T>, context?: unknown): this {
    super.once(event, this.#guard(fn), context);
    this.listenersChanged();
    return this;
  }

  /** Takes back `on` and `once`; without `fn`, as `removeAllListeners(event)`. */
  override off<T extends EventName>(event: T, fn?: Fn<T>, context?: unknown, once?: boolean): this {
    if (!fn) return this.removeAllListeners(event);
    const guard = this.#guards.get(fn) as unknown as Fn<T> | undefined;
    super.removeListener(event, guard ?? fn, context, once);
    this.listenersChanged();
    return this;
  }

  /** The same as `off`. */
  override removeListener<T extends EventName>(
    event: T,
    fn?: Fn<T>,
    context?: unknown,
    once?: boolean,
  ): this {
    return this.off(event, fn, context, once);
  }

  /**
   * How many listen to that name, those included with which this package itself listens: for `events()`,
   * an activity log, a control server.
   */
  override listenerCount(event: EventName): number {
    return super.listenerCount(event) + this.#own.listenerCount(event);
  }

  /**
   * As `on`, for this package itself: `removeAllListeners()` leaves it alone. The function returned
   * takes it back.
   * @internal
   */
  observe<T extends EventName>(event: T, fn: Fn<T>): () => void {
    const guard = this.#guard(fn);
    this.#own.on(event, guard);
    this.listenersChanged();
    return () => {
      this.#own.off(event, guard);
      this.listenersChanged();
    };
  }

  /**
   * Takes back everything that was given to `on` and `once`, or all of one name. It also ends
   * `events()`, unless that name is another than `EVENT`. An activity log and a control server go on.
   */
  override removeAllListeners(event?: EventName): this {
    super.removeAllListeners(event);
    this.listenersChanged();
    return this;
  }

  /** Called whenever somebody has begun or ceased to listen. */
  protected listenersChanged(): void {}

  /** Emits under the event's type and its parents. */
  protected announce(fresh: Fresh, at: number): void {
    const event = Object.freeze({ ...fresh, at }) as SupervisorEvent | ActivityEvent;
    for (let name: EventName | undefined = event.type; name !== undefined; name = parents[name]) {
      for (const emitter of [this.#own, this])
        (emitter as unknown as EventEmitter<Record<string, [BaseEvent]>>).emit(name, event);
    }
  }

  #guard<T extends EventName>(fn: Fn<T>): Fn<T> {
    let guard = this.#guards.get(fn);
    if (!guard) {
      guard = function guarded(...event) {
        try {
          (fn as unknown as Listener).apply(this, event);
        } catch (error) {
          const raise = () => {
            throw error;
          };
          systemClock.setTimeout(raise, 0, true);
        }
      };
      this.#guards.set(fn, guard);
    }
    return guard;
  }
}
