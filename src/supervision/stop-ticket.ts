/**
 * One order to stop a process. It holds once the process was told to stop, until another order to stop
 * takes a ticket: the caller who holds it may start the process again.
 */
export class StopTicket {
  #is: "taken" | "used" | "void" = "taken";

  /** Whether the process was stopped by this order, and by no other since the ticket was taken. */
  get holds(): boolean {
    return this.#is === "used";
  }

  /** The process is told to stop. */
  use(): void {
    if (this.#is === "taken") this.#is = "used";
  }

  /** Another order to stop has come. */
  cancel(): void {
    this.#is = "void";
  }
}
