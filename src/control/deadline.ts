/** Does something unless it is called off in time. Keeps no host alive. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;

  /** Begins anew. */
  set(ms: number, passed: () => void): void {
    this.clear();
    this.#timer = setTimeout(passed, ms);
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
