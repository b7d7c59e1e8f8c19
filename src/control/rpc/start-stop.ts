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
  await new Promise<void>((resolve, reject) => {
    const settle = (answer: "yes" | "not yet" | Fault) => {
      if (answer === "not yet") return;
      ignore();
      signal.removeEventListener("abort", gone);
      if (answer === "yes") resolve();
      else reject(answer);
    };
    const look = (event: { readonly processname: string; readonly groupname: string }) => {
      if (event.processname === process.name && event.groupname === process.group)
        settle(outcome(process, name));
    };
    const gone = () => settle(new Fault("FAILED", `${name}: nobody waits for it any more`));
    const ignore = supervisor.observe("PROCESS_STATE", look);
    signal.addEventListener("abort", gone, { once: true });
    supervisor.start(`${process.group}:${process.name}`).then(
      () => settle("yes"),
      (error: unknown) => settle(asFault(faultOf(error, name), name)),
    );
  });
}

/** What may be said of a process that was told to start, and nobody waits for. */
export function startOnly(supervisor: Supervisor, process: Subprocess, name: string): void {
  supervisor.start(`${process.group}:${process.name}`).catch(() => {}); // a state by now, and an event
  const answer = outcome(process, name);
  if (answer instanceof Fault && process.state !== "STOPPING") throw answer;
}

function outcome(process: Subprocess, name: string): "yes" | "not yet" | Fault {
  switch (process.state) {
    case "RUNNING":
      return "yes";
    case "STARTING":
      return "not yet";
    default:
      return new Fault(process.info().spawnerr ? "SPAWN_ERROR" : "ABNORMAL_TERMINATION", name);
  }
}

function asFault(error: unknown, name: string): Fault {
  return error instanceof Fault ? error : new Fault("FAILED", `${name}: ${String(error)}`);
}

/** Stops a process; settles once it is gone. @throws {Fault} `FAILED` */
export async function stopAndWait(
  process: Subprocess,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await process.stop({ signal });
  } catch (error) {
    if (signal.aborted) throw new Fault("FAILED", `${name}: nobody waits for it any more`);
    // what would not go may be its own children, which supervisord has no word for
    if (error instanceof SupervisorError) throw new Fault("FAILED", error.message.split("\n")[0]);
    throw error;
  }
}
