/**
 * The ticket of one order to stop a process. The ticket is valid once the process was told to stop,
 * and until another order to stop takes a ticket. The caller that has a valid ticket may start the
 * process again.
 */
export class StopTicket {
  #is: "taken" | "used" | "void" = "taken";

  /** Whether this order stopped the process, and no other order to stop has come since. */
  get holds(): boolean {
    return this.#is === "used";
  }

  /** Marks that the process was told to stop. */
  use(): void {
    if (this.#is === "taken") this.#is = "used";
  }

  /** Marks that another order to stop has come. */
  cancel(): void {
    this.#is = "void";
  }
}
