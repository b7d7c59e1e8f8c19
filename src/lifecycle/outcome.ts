import { NEVER, type State, type StateName } from "./state.ts";

/** Whether a program in this state counts as started: a start is refused, a stop is accepted. */
export function isRunning(name: StateName): boolean {
  return name === "STARTING" || name === "RUNNING" || name === "BACKOFF";
}

/** Whether there is a process that a signal can reach. */
export function isSignallable(name: StateName): boolean {
  return name === "STARTING" || name === "RUNNING" || name === "STOPPING";
}

/** The pid of the living process, if there is one. */
export function pidOf(state: State): number | undefined {
  return "pid" in state && !isUnswept(state) ? state.pid : undefined;
}

/** Whether the process has ended, but not all processes that it left behind. */
export function isUnswept(state: State): boolean {
  return "phase" in state && state.phase === "sweeping";
}

/** Whether no process runs, and none will be started without an order. */
export function isAtRest(state: State): boolean {
  if (state.until !== NEVER || isUnswept(state)) return false;
  return state.name === "STOPPED" || state.name === "FATAL" || state.name === "EXITED";
}

/** Whether the process is up, or going to be. */
export function isWanted(state: State): boolean {
  if (state.name === "RUNNING" || state.name === "STARTING") return true;
  if (state.name === "STOPPING" && state.phase === "stuck") return false;
  return "next" in state && state.next !== "stay";
}

/**
 * The answer for a caller that waits for the process to be RUNNING. `first` is the state in which
 * the order found the process.
 */
export function startOutcome(state: State, first: State = state): "pending" | "done" | "failed" {
  if (state.name === "RUNNING") return "done";
  return isWanted(state) && !isToldEarly(state, first) ? "pending" : "failed";
}

/**
 * A command that cannot be executed is reported although more attempts follow. A process that
 * waited for its next attempt when it was asked to start is judged by that attempt.
 */
function isToldEarly(state: State, first: State): boolean {
  if (state.name !== "BACKOFF" || (state.code ?? "FAILED") === "FAILED") return false;
  const isOld = first.name === "BACKOFF" && first.tries === state.tries;
  return !isOld && state.next !== "fatal";
}

/** The answer for a caller that waits for the process to be gone. */
export function stopOutcome(state: State): "pending" | "done" | "failed" {
  switch (state.name) {
    case "STOPPED":
      return state.survivors.length > 0 ? "failed" : "done";
    case "FATAL":
      return "done";
    case "EXITED":
      if (state.phase === "sweeping") return "pending";
      return state.survivors ? "failed" : "done";
    case "UNKNOWN":
      return state.phase === "sweeping" ? "pending" : "failed"; // it has exited after all
    case "STOPPING":
      return state.phase === "stuck" ? "failed" : "pending";
    default:
      return "pending";
  }
}
