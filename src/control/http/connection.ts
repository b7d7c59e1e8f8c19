import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Deadline } from "./deadline.ts";
import { HEAD_MS, IDLE_MS } from "./limits.ts";

/** A connection, its deadline, and the requests on it that are not over. */
export class Connection {
  readonly #socket: Socket;
  readonly #deadline = new Deadline();
  /** What ends each of the requests. */
  readonly #open = new Set<() => void>();
  /** Settles when all requests are over. */
  #over: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.setDeadline(HEAD_MS);
  }

  /** How many requests are not over. */
  get pending(): number {
    return this.#open.size;
  }

  /** Destroys the connection after this time, unless another call changes that. */
  setDeadline(ms: number): void {
    this.#deadline.set(ms, () => this.#socket.destroy());
  }

  /** Lets the connection take its time. */
  clearDeadline(): void {
    this.#deadline.clear();
  }

  /**
   * Adds a request. `ended` is called when its answer has gone out, or the connection is lost.
   * @returns when the requests before it are over
   */
  add(response: ServerResponse, ended: () => void): Promise<void> {
    const before = this.#over;
    this.#over = new Promise((resolve) => {
      const end = () => {
        if (!this.#open.delete(end)) return;
        ended();
        if (this.#open.size === 0 && !this.#socket.destroyed) this.setDeadline(IDLE_MS + HEAD_MS);
        resolve();
      };
      this.#open.add(end);
      response.once("close", end);
    });
    return before;
  }

  /** Ends all requests of a connection that is lost. */
  end(): void {
    this.clearDeadline();
    // an answer whose turn has not come is not told that its socket has gone
    for (const end of this.#open) end();
  }
}
