import { abortable } from "./wait.ts";

/** The promises that wait for a state of one process. */
export class Waiters {
  readonly #checks = new Set<() => void>();

  /** Settles the promises that the current state answers. */
  check(): void {
    for (const check of this.#checks) check();
  }

  /**
   * Gives an order, which calls back when its turn has come, and waits from then on until `outcome`
   * has an answer: an error rejects. An abort of the signal ends the wait, not the order.
   */
  async until(
    signal: AbortSignal | undefined,
    begin: (heard: () => void) => void,
    outcome: () => "pending" | "done" | Error,
  ): Promise<void> {
    let check: (() => void) | undefined;
    try {
      await abortable<void>(signal, (resolve, reject) => {
        const watch = () => {
          const answer = outcome();
          if (answer === "done") resolve();
          else if (answer !== "pending") reject(answer);
        };
        check = watch;
        begin(() => {
          this.#checks.add(watch);
          watch();
        });
      });
    } finally {
      if (check) this.#checks.delete(check);
    }
  }
}
