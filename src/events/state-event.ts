import type { State } from "../lifecycle/state.ts";
import type { NewEvent } from "./event-map.ts";
import type { Ending, ProcessStateEvent } from "./process-events.ts";

/** The facts of a process for its events, besides its states. */
export type EventSubject = Pick<
  ProcessStateEvent,
  "processname" | "groupname" | "namespec" | "restarts"
>;

/** Creates the event for a step of a process from one state to another. */
export function stateEvent(subject: EventSubject, from: State, to: State): NewEvent {
  const base = { ...subject, from_state: from.name };
  const pid = "pid" in from ? (from.pid ?? 0) : 0;
  switch (to.name) {
    case "STARTING":
      return { type: "PROCESS_STATE_STARTING", ...base, tries: to.tries };
    case "RUNNING":
      return {
        type: "PROCESS_STATE_RUNNING",
        ...base,
        pid: to.pid,
        ...(to.proof && { captures: to.proof.captures }),
      };
    case "BACKOFF": {
      const { tries, reason: spawnerr } = to;
      return { type: "PROCESS_STATE_BACKOFF", ...base, tries, spawnerr, ...endingOf(to) };
    }
    case "STOPPING":
      return { type: "PROCESS_STATE_STOPPING", ...base, pid: to.pid };
    case "EXITED": {
      const { code: exitstatus, signal } = to.status;
      const { expected } = to;
      return { type: "PROCESS_STATE_EXITED", ...base, expected, pid, exitstatus, signal };
    }
    case "STOPPED":
      return { type: "PROCESS_STATE_STOPPED", ...base, pid, ...endingOf(to) };
    case "FATAL":
      return { type: "PROCESS_STATE_FATAL", ...base, spawnerr: to.reason, ...endingOf(to) };
    default:
      return { type: "PROCESS_STATE_UNKNOWN", ...base, spawnerr: to.reason };
  }
}

/** How the last run ended, if the state has this information. */
export function endingOf(state: State): Partial<Ending> {
  if (!("status" in state) || !state.status) return {};
  return { exitstatus: state.status.code, signal: state.status.signal };
}
