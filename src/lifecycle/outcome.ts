import { NEVER, type Policy, type State, type StateName } from "./state.ts";

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

/** Whether the process is up, or on its way. */
export function isWanted(state: State): boolean {
  if (state.name === "RUNNING" || state.name === "STARTING") return true;
  if (state.name === "STOPPING" && state.isStuck) return false;
  return "wanted" in state ? state.wanted : state.until !== NEVER;
}

/**
 * What someone who waits for the process to be RUNNING has to be told by now. `first` is the state in
 * which the order found it.
 */
export function startOutcome(
  state: State,
  first: State = state,
  policy?: Pick<Policy, "startRetries">,
): "pending" | "done" | "failed" {
  if (state.name === "RUNNING") return "done";
  return isWanted(state) && !isHopeless(state, first, policy) ? "pending" : "failed";
}

/**
 * That a command cannot be executed is told while more attempts follow. One that waited for its next
 * attempt when it was asked to start is judged by that attempt.
 */
function isHopeless(state: State, first: State, policy?: Pick<Policy, "startRetries">): boolean {
  if (state.name !== "BACKOFF" || (state.code ?? "FAILED") === "FAILED") return false;
  const isOld = first.name === "BACKOFF" && first.tries === state.tries;
  const isLast = policy !== undefined && state.tries > policy.startRetries; // FATAL is next
  return !isOld && !isLast;
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
