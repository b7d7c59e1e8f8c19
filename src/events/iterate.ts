import { EventEmitter, on } from "node:events";
import { linkedAbort, type WaitOptions } from "../lifecycle/wait.ts";
import type { SupervisorEvent } from "./event-map.ts";

/** Calls `listener` with each event. Calling the returned function stops this. */
type Observe = (listener: (event: SupervisorEvent) => void) => () => void;

const CLOSED = "closed"; // ends the iterators; not an event of a supervisor

/** The async iterators over events. */
export class Iterators {
  readonly #open = new Set<EventEmitter>();
  #isClosed = false;

  /**
   * Iterates over all events from now on, until `end()`. An abort of the signal ends the iteration
   * as in `events.on` of Node.
   */
  iterate(observe: Observe, options: WaitOptions): AsyncIterableIterator<SupervisorEvent> {
    const source = this.#isClosed ? undefined : this.#source(observe, options);
    return {
      async next() {
        const step = await source?.next();
        return !step || step.done
          ? { done: true, value: undefined }
          : { done: false, value: step.value[0] };
      },
      async return() {
        await source?.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Ends the iterators. Events that have come until now are still delivered. */
  end(): void {
    for (const emitter of this.#open) emitter.emit(CLOSED);
  }

  /** Ends the iterators, including future ones. */
  close(): void {
    this.#isClosed = true;
    this.end();
  }

  #source(observe: Observe, { signal }: WaitOptions): AsyncIterableIterator<[SupervisorEvent]> {
    const emitter = new EventEmitter();
    const { controller, unlink } = linkedAbort(signal);
    const source = on(emitter, "EVENT", { signal: controller.signal, close: [CLOSED] });
    const ignore = observe((event) => emitter.emit("EVENT", event));
    this.#open.add(emitter);
    emitter.once("removeListener", () => {
      unlink(); // the reader has left, or an abort has ended the iterator
      ignore();
      this.#open.delete(emitter);
    });
    return source as AsyncIterableIterator<[SupervisorEvent]>;
  }
}
