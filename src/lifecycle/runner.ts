import { initial, isOverdue } from "./steps.ts";
import { transition } from "./table.ts";
import { NEVER, type Effect, type Input, type Instant, type Policy, type State } from "./state.ts";
import { isAtRest } from "./outcome.ts";
import { watchOf, type ReadinessWatcher, type Watch } from "./watch.ts";
import type { Child, ChildEvents, Spawner } from "../ports/child.ts";
import type { Outputs } from "../ports/streams.ts";
import type { Command } from "../ports/command.ts";
import type { Clock } from "../ports/clock.ts";

/** The parts that a runner uses. */
export interface RunnerIo {
  readonly clock: Clock;
  readonly spawner: Spawner;
}

/** Is told of each step. It may not throw. */
export interface RunnerEvents {
  /** Called after every step. The names are equal when only the data of the state has changed. */
  changed(from: State, to: State): void;
  /** Called for every message of the child. */
  message(value: unknown): void;
}

/** A fact, or an order: its caller is told when its turn has come. */
interface Message {
  readonly input: Input;
  readonly heard?: () => void;
}

/**
 * How many orders are carried out before the event loop turns: listeners with contradicting orders
 * never end.
 */
const ORDERS_PER_TURN = 100;

/** Runs one state machine: one inbox, one timer, one child. The only writer of `state`. */
export class Runner {
  state: State = initial();
  readonly #command: Command;
  readonly #policy: Policy;
  readonly #io: RunnerIo;
  readonly #outputs: Outputs;
  readonly #events: RunnerEvents;
  readonly #watcher: ReadinessWatcher | undefined;
  readonly #inbox: Message[] = []; // facts first
  #isDraining = false;
  #orders = 0; // since the event loop has last turned
  #isResting = false;
  #timer: { readonly until: Instant; readonly handle: unknown } | undefined;
  #child: Child | undefined;
  #watch: { readonly kind: keyof ReadinessWatcher; readonly open: Watch } | undefined;
  #ref = true;

  constructor(
    command: Command,
    policy: Policy,
    outputs: Outputs,
    io: RunnerIo,
    events: RunnerEvents,
    watcher?: ReadinessWatcher,
  ) {
    this.#command = command;
    this.#policy = policy;
    this.#io = io;
    this.#outputs = outputs;
    this.#events = events;
    this.#watcher = watcher;
  }

  /** The child of the last start; it may have exited. */
  get child(): Child | undefined {
    return this.#child;
  }

  /** The last of the orders that wait for their turn, if any. */
  get lastOrder(): Input["type"] | undefined {
    return this.#inbox.findLast(({ heard }) => heard !== undefined)?.input.type;
  }

  /** Takes an order. Calls `heard` when the turn of the order has come and it is carried out. */
  send(input: Input, heard: () => void = () => {}): void {
    this.#inbox.push({ input, heard });
    this.#drain();
  }

  /** Tells that no more children will be started. */
  close(): void {
    this.#io.spawner.release(this.#outputs);
  }

  /** Sets whether waiting and living children keep the host alive. */
  setRef(ref: boolean): void {
    if (ref === this.#ref) return;
    this.#ref = ref;
    this.#child?.setRef(ref);
    this.#disarm();
    this.#arm();
  }

  /** Takes a fact, which comes before the orders that are waiting. */
  #hear(fact: Input): void {
    if (!this.#isDraining) this.#orders = 0;
    this.#inbox.unshift({ input: fact });
    this.#drain();
  }

  #drain(): void {
    if (this.#isDraining) return; // it came from a listener or an effect, while another is carried out: it waits its turn
    this.#isDraining = true;
    try {
      for (;;) {
        if (isOverdue(this.state, this.#io.clock.now())) this.#step({ type: "deadline" });
        const [next] = this.#inbox;
        if (!next || (next.heard && this.#isOneTooMany())) break;
        this.#inbox.shift();
        this.#step(next.input);
        next.heard?.();
      }
    } finally {
      this.#isDraining = false;
      this.#arm();
      if (isAtRest(this.state)) this.#io.spawner.rest?.(this.#outputs);
    }
  }

  /**
   * Counts an order. An order above the limit waits, with those after it, for a later turn of the
   * event loop.
   */
  #isOneTooMany(): boolean {
    if (this.#orders++ < ORDERS_PER_TURN) return false;
    const resume = () => {
      this.#isResting = false;
      this.#orders = 0;
      this.#drain();
    };
    if (!this.#isResting) this.#io.clock.setTimeout(resume, 1, true);
    this.#isResting = true;
    return true;
  }

  #step(input: Input): void {
    const from = this.state;
    const [to, effect] = transition(from, input, this.#policy, this.#io.clock.now());
    this.state = to;
    if (to !== from) this.#events.changed(from, to); // a listener may give orders: they wait
    if (this.#watcher) this.#keepWatch(this.#watcher);
    if (effect) this.#perform(effect);
    if (input.type === "spawned") this.#watch?.open.spawned?.(input.pid);
  }

  /** Opens the watch of the state, and closes the watch of the former state. */
  #keepWatch(watcher: ReadinessWatcher): void {
    const kind = watchOf(this.state, this.#policy);
    if (kind === this.#watch?.kind) return;
    this.#watch?.open.close();
    this.#watch = undefined;
    if (!kind) return;
    const early: Message[] = []; // told before we know the watch
    let open: Watch | undefined;
    const tell = (fact: Input) => {
      if (!open) early.push({ input: fact });
      else if (open === this.#watch?.open) this.#hear(fact);
    };
    open = watcher[kind](tell);
    this.#watch = { kind, open };
    this.#inbox.unshift(...early);
  }

  #perform(effect: Effect): void {
    if (effect.do === "spawn") return this.#spawn();
    const child = this.#child;
    if (!child)
      throw new Error(`There is no child to ${effect.do}. This is a bug in libsupervisor`);
    if (effect.do === "sweep") {
      child.sweep(effect.graceMs, (survivors) => {
        if (child === this.#child) this.#hear({ type: "swept", survivors });
      });
    } else if (effect.do === "cancel") {
      child.cancel();
      this.#child = undefined; // what it may still report is not ours
    } else {
      const failed = (error: unknown): Input => ({
        type: "killFailed",
        reason: (error as Error).message,
      });
      try {
        child.kill(effect.signal, effect.group)?.catch((error: unknown) => {
          if (child === this.#child) this.#hear(failed(error));
        });
      } catch (error) {
        this.#inbox.unshift({ input: failed(error) });
      }
    }
  }

  #spawn(): void {
    let child: Child | undefined;
    const early: Message[] = []; // came during spawn(), when we do not know the child yet
    const hear = (fact: Input) => {
      if (!child) early.push({ input: fact });
      else if (child === this.#child) this.#hear(fact); // a former child's late report is not ours
    };
    const events: ChildEvents = {
      spawned: (pid) => hear({ type: "spawned", pid }),
      failed: (failure) =>
        hear({ type: "failed", ...(typeof failure === "string" ? { reason: failure } : failure) }),
      exited: (status) => hear({ type: "exited", status }),
      message: (value) => {
        if (!child || child === this.#child) this.#events.message(value);
      },
    };
    child = this.#io.spawner.spawn(this.#command, events, this.#outputs);
    this.#child = child;
    if (!this.#ref) child.setRef(false);
    this.#inbox.unshift(...early);
  }

  #arm(): void {
    const { until } = this.state;
    if (until === this.#timer?.until) return;
    this.#disarm();
    if (until === NEVER) return;
    const { clock } = this.#io;
    const due = () => {
      this.#timer = undefined;
      if (clock.now() < until) this.#arm(); // early: the wait was longer than a timer can be
      else this.#hear({ type: "deadline" });
    };
    const handle = clock.setTimeout(due, Math.max(0, until - clock.now()), this.#ref);
    this.#timer = { until, handle };
  }

  #disarm(): void {
    if (this.#timer) this.#io.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
  }
}
