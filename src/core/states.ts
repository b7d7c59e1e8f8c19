import { NEVER, type State, type StateName } from "./machine.ts";

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
  return "pid" in state && !("status" in state) ? state.pid : undefined;
}

/** Whether the process has ended, and what it left has not. */
export function isUnswept(state: State): boolean {
  if ("swept" in state) return !state.swept;
  return (state.name === "STOPPING" || state.name === "UNKNOWN") && state.status !== undefined;
}

/** Whether nothing runs, and nothing will by itself. */
export function isAtRest(state: State): boolean {
  if (state.until !== NEVER || isUnswept(state)) return false;
  return state.name === "STOPPED" || state.name === "FATAL" || state.name === "EXITED";
}

/** What someone who waits for the process to be RUNNING has to be told by now. */
export function startOutcome(state: State): "pending" | "done" | "failed" {
  if (state.name === "RUNNING") return "done";
  if (state.name === "STARTING") return "pending";
  if (state.name === "STOPPING" && state.isStuck) return "failed";
  const isWanted = "wanted" in state ? state.wanted : state.until !== NEVER;
  return isWanted ? "pending" : "failed";
}

/** What someone who waits for the process to be gone has to be told by now. */
export function stopOutcome(state: State): "pending" | "done" | "failed" {
  switch (state.name) {
    case "STOPPED":
      return state.survivors.length > 0 ? "failed" : "done";
    case "FATAL":
      return "done";
    case "EXITED":
      if (!state.swept) return "pending";
      return state.survivors ? "failed" : "done";
    case "UNKNOWN":
      return "failed";
    case "STOPPING":
      return state.isStuck ? "failed" : "pending";
    default:
      return "pending";
  }
}
