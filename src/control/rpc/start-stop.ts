import { SupervisorError, type Subprocess, type Supervisor } from "../../index.ts";
import { Fault, faultOf } from "./faults.ts";

/**
 * Starts a process and settles as supervisord's `startProcess` does: once it is RUNNING, or with the
 * first attempt that fails, although others follow.
 * @throws {Fault} `SPAWN_ERROR` or `ABNORMAL_TERMINATION`
 */
export async function startAndWait(
  supervisor: Supervisor,
  process: Subprocess,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  let ignore = () => {};
  const decided = new Promise<void>((resolve, reject) => {
    ignore = supervisor.observe("PROCESS_STATE", ({ processname, groupname }) => {
      if (processname !== process.name || groupname !== process.group) return;
      const result = outcome(process, name);
      if (result === "running") resolve();
      else if (result instanceof Fault) reject(result);
    });
  });
  try {
    await Promise.race([decided, supervisor.start(fullNameOf(process), { signal })]);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw signal.aborted ? callerGone(name) : asFault(faultOf(error, name), name);
  } finally {
    ignore();
  }
}

/** Starts a process without waiting. @throws {Fault} if the attempt has failed already */
export function startOnly(supervisor: Supervisor, process: Subprocess, name: string): void {
  supervisor.start(fullNameOf(process)).catch(() => {}); // a state by now, and an event
  const result = outcome(process, name);
  if (result instanceof Fault && process.state !== "STOPPING") throw result;
}

function outcome(process: Subprocess, name: string): "running" | "starting" | Fault {
  switch (process.state) {
    case "RUNNING":
      return "running";
    case "STARTING":
      return "starting";
    default:
      return new Fault(process.info().spawnerr ? "SPAWN_ERROR" : "ABNORMAL_TERMINATION", name);
  }
}

function asFault(error: unknown, name: string): Fault {
  return error instanceof Fault ? error : new Fault("FAILED", `${name}: ${String(error)}`);
}

/** Stops a process; settles when it has ended. @throws {Fault} `FAILED` */
export async function stopAndWait(
  process: Subprocess,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await process.stop({ signal });
  } catch (error) {
    if (signal.aborted) throw callerGone(name);
    // descendants of the process may be left, for which supervisord has no fault
    if (error instanceof SupervisorError) throw new Fault("FAILED", error.message.split("\n")[0]);
    throw error;
  }
}

function callerGone(name: string): Fault {
  return new Fault("FAILED", `${name}: the caller has gone`);
}

/** A name that cannot mean a program or a group. */
function fullNameOf({ group, name }: Subprocess): string {
  return `${group}:${name}`;
}
