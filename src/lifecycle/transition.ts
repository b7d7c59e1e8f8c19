import { isUnswept, pidOf } from "./outcome.ts";
import type { State } from "./state.ts";

/** The names of a process. */
export interface ProcessName {
  /** The name of the process. */
  readonly name: string;
  /** The name of its group. */
  readonly group: string;
}

/**
 * A step of a process. The names of both states are the same if only the data of the state has
 * changed.
 */
export interface Transition<P extends ProcessName = ProcessName> {
  readonly process: P;
  readonly from: State;
  readonly to: State;
  /** The time of the step, on the wall clock, in milliseconds since 1970. */
  readonly at: number;
}

/** Called for every step. It may give orders, which wait for their turn; it may not throw. */
export interface Observer<P extends ProcessName = ProcessName> {
  transitioned(step: Transition<P>): void;
}

/**
 * Whether the process, or the processes that it left behind, ended with this step: either may have
 * written until now.
 */
export function isEnd({ from, to }: Pick<Transition, "from" | "to">): boolean {
  const hadChild = from.name === "STARTING" || pidOf(from) !== undefined;
  const isOver = hadChild && to.name !== "STARTING" && pidOf(to) === undefined;
  return isOver || (isUnswept(from) && !isUnswept(to));
}
