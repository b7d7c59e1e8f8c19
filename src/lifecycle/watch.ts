import type { Input, Policy, State } from "./state.ts";

/** A question about a process that is being asked, or a fact that is being waited for. */
export interface Watch {
  /** Called when the process runs, if it did not when the watch began. */
  spawned?(pid: number): void;
  /** Ends the watch: what it still learns is not told. */
  close(): void;
}

/** Finds out whether a process is ready. What it learns it tells as inputs of the state machine. */
export interface ReadinessWatcher {
  /** Asks whether somebody else answers in place of the process: tells `vacant` or `failed`. */
  vacancy(tell: (fact: Input) => void): Watch;
  /** Begins before the spawn, and asks from the spawn on: tells `ready` or `lacks`. */
  readiness(tell: (fact: Input) => void): Watch;
}

/**
 * Which watch is open in a state. So a watch begins and ends with its state, however that is entered
 * or left.
 */
export function watchOf(state: State, { readiness }: Policy): keyof ReadinessWatcher | undefined {
  if (state.name !== "STARTING" || !readiness) return undefined;
  if (state.phase === "vacancy") return "vacancy";
  return state.captures ? undefined : "readiness";
}
