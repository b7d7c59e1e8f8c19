/** Whether a process keeps the host alive: as it was told to, and while a caller waits. */
export class HostHold {
  readonly #apply: (ref: boolean) => void;
  #isRef = true;
  #pending = 0; // promises that have not settled
  #isOver = false;

  /** Calls `apply` with each change. */
  constructor(apply: (ref: boolean) => void) {
    this.#apply = apply;
  }

  /** Sets whether the process keeps the host alive while nobody waits. */
  set(ref: boolean): void {
    this.#isRef = ref;
    this.#update();
  }

  /** Keeps the host alive while the promise is pending. */
  async during<T>(begin: () => Promise<T>): Promise<T> {
    this.#pending++;
    this.#update();
    try {
      return await begin();
    } finally {
      this.#pending--;
      this.#update();
    }
  }

  /** Ends it, for good. */
  end(): void {
    this.#isOver = true;
    this.#update();
  }

  #update(): void {
    this.#apply(!this.#isOver && (this.#isRef || this.#pending > 0));
  }
}
