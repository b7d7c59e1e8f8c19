import type { State } from "./core/machine.ts";
import { SupervisorError } from "./errors.ts";
import type { Ending } from "./events.ts";
import { show } from "./settings.ts";
import { endingOf } from "./state-event.ts";

/** Why the wait for `verb` has ended in this state, without success. */
export function failureOf(
  verb: string,
  process: string,
  state: State,
  output: string,
): SupervisorError {
  const what = `Cannot ${verb} ${show(process)}`;
  const ending = endingOf(state);
  const details = { process, state: state.name, ...ending, ...(output !== "" && { output }) };
  switch (state.name) {
    case "FATAL": {
      const how = describeEnding(ending);
      const said = output === "" ? "" : `\nIts last output:\n${output.replaceAll(/^/gm, "  ")}`;
      const message = `${what}: it gave up (FATAL): ${state.reason}${how && ` (${how})`}${said}`;
      return new SupervisorError("SPAWN_ERROR", message, { ...details, spawnerr: state.reason });
    }
    case "UNKNOWN": {
      const message = `${what}: the system refused to signal it (UNKNOWN, pid ${state.pid}): ${state.reason}`;
      return new SupervisorError("FAILED", message, { ...details, spawnerr: state.reason });
    }
    case "STOPPING":
      if (state.isStuck) {
        const message = `${what}: pid ${state.pid} does not end, though it was sent SIGKILL`;
        return new SupervisorError("STILL_RUNNING", message, details);
      }
      break;
    case "STOPPED":
    case "EXITED":
      if (verb === "stop" && state.survivors && state.survivors.length > 0) {
        const names = state.survivors.map(({ pid, name }) => `pid ${pid} (${name})`).join(", ");
        const message = `${what}: it is gone, but left behind ${names}, which would not go`;
        return new SupervisorError("STILL_RUNNING", message, details);
      }
      break;
    default:
  }
  const message = `${what}: it was stopped meanwhile and is ${state.name}`;
  return new SupervisorError("ABNORMAL_TERMINATION", message, details);
}

function describeEnding({ exitstatus, signal }: Partial<Ending>): string {
  if (typeof exitstatus === "number") return `exit status ${exitstatus}`;
  return signal ? `terminated by ${signal}` : "";
}
