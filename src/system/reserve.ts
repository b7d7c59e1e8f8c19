import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/**
 * One descriptor, reserved while any process is alive, so that the processes that it leaves behind
 * can be found and killed even if the host has no descriptors left.
 */
class Reserve {
  #users = 0;
  #fd: number | undefined;

  /** Reserves the descriptor. Calling the returned function releases it. */
  hold(): () => void {
    this.#users++;
    this.#fill();
    return () => {
      this.#users--;
      if (this.#users === 0) this.#spend();
    };
  }

  /** Does work that opens one descriptor and closes it again: with this one, if there is no other. */
  use<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EMFILE" || this.#fd === undefined) throw error;
      this.#spend();
      return work();
    } finally {
      this.#fill();
    }
  }

  #fill(): void {
    if (this.#users === 0 || this.#fd !== undefined) return;
    try {
      this.#fd = openSync(devNull, "r");
    } catch {
      // the next use tries again
    }
  }

  #spend(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** The reserve of the host. */
export const reserve = new Reserve();
