import { named } from "../events/activity-lines.ts";
import { isSignallable } from "../lifecycle/outcome.ts";
import { abortable, type WaitOptions } from "../lifecycle/wait.ts";
import { show } from "../schema/show.ts";
import { parseSignal, signalHint, type SignalSetting } from "../schema/signal.ts";
import { errorOf } from "./failure.ts";
import type { ManagedProcess } from "./managed-process.ts";

/** Sends a signal to a process alone. */
export async function signalProcess(process: ManagedProcess, signal: SignalSetting): Promise<void> {
  const { namespec, name, pid } = process;
  const known = String(signal) === "0" ? 0 : parseSignal(signal);
  if (known === undefined) {
    const what = `there is no signal ${show(signal)}${signalHint(signal)}`;
    const message = `Cannot signal ${show(namespec)}: ${what}`;
    throw errorOf(process, "BAD_SIGNAL", message);
  }
  if (!isSignallable(process.state) || pid === undefined) throw notRunning(process, "signal");
  process.reports.activity("DEBG", `sending ${name} (pid ${pid}) sig ${named(known)}`);
  try {
    process.child?.signal(known);
  } catch (cause) {
    const message = `Cannot signal ${show(namespec)}: ${(cause as Error).message}`;
    throw errorOf(process, "FAILED", message, { cause });
  }
}

/** Writes to the standard input of a process; settles once all is in the pipe. */
export async function sendToProcess(
  process: ManagedProcess,
  chars: string | Uint8Array,
  { signal }: WaitOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const { child, config, namespec } = process;
  if (!child || process.pid === undefined) throw notRunning(process, "send to");
  const refusal = (why: string, cause?: Error) => {
    const message = `Cannot send to ${show(namespec)}: ${why}`;
    return errorOf(process, "NO_FILE", message, cause && { cause });
  };
  if (config.command.socket) throw refusal("its standard input is the socket");
  const chunk = typeof chars === "string" ? new TextEncoder().encode(chars) : chars;
  await process.held(() =>
    abortable<void>(signal, (resolve, reject) => {
      child.write(chunk, (cause) => {
        if (cause) reject(refusal(cause.message, cause));
        else resolve();
      });
    }),
  );
}

/** Sends a message to a process over its channel; settles once the channel has the message. */
export async function sendMessageTo(
  process: ManagedProcess,
  message: unknown,
  { signal }: WaitOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const json = jsonOf(process, message);
  const refusal = (why: string, cause?: Error) => {
    const text = `Cannot send a message to ${show(process.namespec)}: ${why}`;
    return errorOf(process, "NO_FILE", text, cause && { cause });
  };
  const { child, config } = process;
  if (!config.command.ipc) throw refusal('it has no channel; set "ipc: true"');
  if (!child || process.pid === undefined) throw notRunning(process, "send a message to");
  if (!child.sendMessage) throw refusal("its spawner has no channels");
  await process.held(() =>
    abortable<void>(signal, (resolve, reject) => {
      child.sendMessage?.(json, (cause) => {
        if (cause) reject(refusal(cause.message, cause));
        else resolve();
      });
    }),
  );
}

/** @throws {SupervisorError} `BAD_ARGUMENTS` for a value that JSON has no text for */
function jsonOf(process: ManagedProcess, message: unknown): string {
  try {
    const json = JSON.stringify(message) as string | undefined;
    if (json === undefined) throw new TypeError("JSON has no text for it");
    return json;
  } catch (cause) {
    const [why] = (cause as Error).message.split("\n");
    const given = message === undefined ? "undefined" : show(message);
    const text = `Cannot send a message to ${show(process.namespec)}: expected a value that JSON can carry, got ${given} (${why})`;
    throw errorOf(process, "BAD_ARGUMENTS", text, { cause });
  }
}

function notRunning(process: ManagedProcess, verb: string) {
  const message = `Cannot ${verb} ${show(process.namespec)}: it is ${process.state}`;
  return errorOf(process, "NOT_RUNNING", message);
}
