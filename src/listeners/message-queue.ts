/** An event as it is sent to a listener. */
export interface Message {
  readonly serial: number;
  readonly bytes: Uint8Array;
  /** How many times a listener has rejected the event. */
  readonly rejections: number;
  /** The instant at which the pause of the event ends. */
  readonly due: number;
}

/**
 * The messages of a pool that wait for a listener, in their order. A message in a pause does not
 * hold up other messages.
 */
export class MessageQueue {
  readonly #messages: Message[] = [];

  get length(): number {
    return this.#messages.length;
  }

  /** Adds a message. */
  push(message: Message, place: "first" | "last"): void {
    if (place === "first") this.#messages.unshift(message);
    else this.#messages.push(message);
  }

  /** Removes the oldest message, unless fewer messages than this wait. */
  dropOldest(size: number): Message | undefined {
    return this.#messages.length >= size ? this.#messages.shift() : undefined;
  }

  /** Removes the first message that is due. */
  takeDue(now: number): Message | undefined {
    const place = this.#firstDue(now);
    return place < 0 ? undefined : this.#messages.splice(place, 1)[0];
  }

  /** Puts a message that was taken back before the other messages that are due. */
  putBack(message: Message, now: number): void {
    const place = this.#firstDue(now);
    this.#messages.splice(place < 0 ? this.#messages.length : place, 0, message);
  }

  /** When the next pause ends; Infinity if no message is in a pause. */
  nextDue(now: number): number {
    return Math.min(...this.#messages.map(({ due }) => due).filter((due) => due > now));
  }

  clear(): void {
    this.#messages.length = 0;
  }

  #firstDue(now: number): number {
    return this.#messages.findIndex(({ due }) => due <= now);
  }
}
