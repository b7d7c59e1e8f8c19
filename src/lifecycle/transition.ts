import { isUnswept, pidOf } from "./outcome.ts";
import type { State } from "./state.ts";

/** The names of a process. */
export interface ProcessName {
  /** Its own name. */
  readonly name: string;
  /** Its group's name. */
  readonly group: string;
}

/** A step of a process; the names of both states are the same where only what the state carries has changed. */
export interface Transition<P extends ProcessName = ProcessName> {
  readonly process: P;
  readonly from: State;
  readonly to: State;
  /** When, on the wall clock, in milliseconds since 1970. */
  readonly at: number;
}

/** Is told of every step. It may give orders, which wait for their turn; it may not throw. */
export interface Observer<P extends ProcessName = ProcessName> {
  transitioned(step: Transition<P>): void;
}

/** Whether the process has ended by this step, or what it left: either may have written until now. */
export function isEnd({ from, to }: Pick<Transition, "from" | "to">): boolean {
  const hadChild = from.name === "STARTING" || pidOf(from) !== undefined;
  const isOver = hadChild && to.name !== "STARTING" && pidOf(to) === undefined;
  return isOver || (isUnswept(from) && !isUnswept(to));
}
