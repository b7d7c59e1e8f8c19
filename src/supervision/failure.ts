import type { State, StateName } from "../lifecycle/state.ts";
import { SupervisorError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import type { Ending } from "../events/process-events.ts";
import { hintsFor } from "../spawn/hints.ts";
import type { Command } from "../ports/command.ts";
import { show } from "../schema/show.ts";
import { endingOf } from "../events/state-event.ts";

/** A process that an error is about. */
export interface Failing {
  readonly namespec: string;
  readonly state: StateName;
}

/** Creates an error with the name of a process and its state. */
export function errorOf(
  { namespec, state }: Failing,
  code: ErrorCode,
  message: string,
  details: ErrorDetails = {},
): SupervisorError {
  return new SupervisorError(code, message, { process: namespec, state, ...details });
}

/** Creates the error for a wait for `verb` that has ended in this state, without success. */
export function failureOf(
  verb: string,
  command: Command,
  state: State,
  output: string,
): SupervisorError {
  const { name: process } = command;
  const what = `Cannot ${verb} ${show(process)}`;
  const ending = endingOf(state);
  const details = { process, state: state.name, ...ending, ...(output !== "" && { output }) };
  switch (state.name) {
    case "BACKOFF":
      if (state.next === "stay") break;
      return spawnError(`${what}: its start failed (BACKOFF)`, state, command, details);
    case "FATAL":
      return spawnError(`${what}: it gave up (FATAL)`, state, command, details);
    case "UNKNOWN": {
      const message = `${what}: the system refused to signal it (UNKNOWN, pid ${state.pid}): ${state.reason}`;
      return new SupervisorError("FAILED", message, { ...details, spawnerr: state.reason });
    }
    case "STOPPING":
      if (state.phase === "stuck") {
        const message = `${what}: pid ${state.pid} does not end, though it was sent SIGKILL`;
        return new SupervisorError("STILL_RUNNING", message, details);
      }
      break;
    case "STOPPED":
    case "EXITED":
      if (verb === "stop" && state.survivors && state.survivors.length > 0) {
        const names = state.survivors.map(({ pid, name }) => `pid ${pid} (${name})`).join(", ");
        const message = `${what}: it is gone, but left behind ${names}, which did not exit`;
        return new SupervisorError("STILL_RUNNING", message, details);
      }
      break;
    default:
  }
  const message = `${what}: it was stopped meanwhile and is ${state.name}`;
  return new SupervisorError("ABNORMAL_TERMINATION", message, details);
}

function spawnError(
  what: string,
  { reason, code }: Extract<State, { readonly name: "BACKOFF" | "FATAL" }>,
  command: Command,
  details: ErrorDetails,
): SupervisorError {
  const { output } = details;
  const how = describeEnding(details);
  const lines = [
    `${what}: ${reason}${how && ` (${how})`}`,
    ...hintsFor(command, code),
    // of an earlier run, if this attempt had no process
    ...(output === undefined || code !== undefined
      ? []
      : [`Its last output:\n${output.replaceAll(/^/gm, "  ")}`]),
  ];
  return new SupervisorError("SPAWN_ERROR", lines.join("\n"), { ...details, spawnerr: reason });
}

function describeEnding({ exitstatus, signal }: Partial<Ending>): string {
  if (typeof exitstatus === "number") return `exit status ${exitstatus}`;
  return signal ? `terminated by ${signal}` : "";
}
