import { abortable, type WaitOptions } from "../lifecycle/wait.ts";
import { startOrder, stopWaves } from "./start-order.ts";
import type { Rank } from "../settings/priority.ts";
import { oneError, SupervisorError } from "../errors.ts";
import { parseSignal, type SignalSetting } from "../schema/signal.ts";
import { errorOf } from "./failure.ts";
import type { ManagedProcess } from "./managed-process.ts";
import { signalProcess } from "./process-input.ts";
import type { StopTicket } from "./stop-ticket.ts";

type Processes = readonly ManagedProcess[];

/** Tells all processes to start, in the order given. No process waits for another. */
export async function startEach(processes: Processes, options: WaitOptions): Promise<void> {
  await all(
    "start",
    processes.map((process) => process.start(options)),
  );
}

/** Tells all processes to start, by priority. */
export async function startAll(processes: Processes, options: WaitOptions): Promise<void> {
  await startEach(inStartOrder(processes), options);
}

/** The same, when no caller waits for the result. */
export function launchAll(processes: Processes): void {
  for (const process of inStartOrder(processes)) process.launch();
}

/**
 * Stops the highest priority number first, and the processes of the next number when all of the
 * last are gone.
 */
export async function stopAll(
  processes: Processes,
  stop: (process: ManagedProcess) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const wave of wavesOf(processes)) {
    const results = await Promise.allSettled(wave.map((process) => stop(process)));
    failures.push(...failuresOf(results));
  }
  raise("stop", failures);
}

/**
 * Stops all processes, as `stopAll` does, and then starts them, unless another order stopped them
 * meanwhile.
 */
export async function restartAll(processes: Processes, options: WaitOptions): Promise<void> {
  if (wavesOf(processes).length < 2) {
    await all(
      "restart",
      processes.map((process) => process.restart(options)),
    );
    return;
  }
  await abortable<void>(options.signal, (resolve, reject) => {
    restartInWaves(processes).then(resolve, reject);
  });
}

async function restartInWaves(processes: Processes): Promise<void> {
  const tickets = new Map<ManagedProcess, StopTicket>();
  const failures = new Map<ManagedProcess, unknown>();
  await stopAll(processes, async (process) => {
    const ticket = process.takeTicket(); // before the process's listeners are told of the stop
    tickets.set(process, ticket);
    try {
      await process.stop({}, ticket);
    } catch (error) {
      failures.set(process, error);
    }
  });
  const restarts = inStartOrder(processes).map(async (process) => {
    if (failures.has(process)) throw failures.get(process);
    if (tickets.get(process)?.holds) return process.start();
    const message = `Cannot restart "${process.namespec}": it was stopped meanwhile`;
    throw errorOf(process, "ABNORMAL_TERMINATION", message);
  });
  await all("restart", restarts);
}

/** Signals one process, which must be running, or, of several processes, the running ones. */
export async function signalAll(processes: Processes, signal: SignalSetting): Promise<void> {
  const there = processes.filter(({ pid }) => pid !== undefined);
  const targets = processes.length === 1 || parseSignal(signal) === undefined ? processes : there;
  await all(
    "signal",
    targets.map((process) => signalProcess(process, signal)),
  );
}

/** Waits for all promises, also when some have rejected. */
export async function all(verb: string, promises: readonly Promise<void>[]): Promise<void> {
  raise(verb, failuresOf(await Promise.allSettled(promises)));
}

function failuresOf(results: readonly PromiseSettledResult<void>[]): unknown[] {
  return results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
}

function raise(verb: string, failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  const errors = failures.filter((failure) => failure instanceof SupervisorError);
  // an abort, or a defect: not wrapped
  if (errors.length < failures.length)
    throw failures.find((failure) => !errors.includes(failure as SupervisorError));
  throw oneError(verb, errors);
}

export function inStartOrder(processes: Processes): ManagedProcess[] {
  return startOrder(processes.map(ranked)).map(({ process }) => process);
}

function wavesOf(processes: Processes): ManagedProcess[][] {
  return stopWaves(processes.map(ranked)).map((wave) => wave.map(({ process }) => process));
}

function ranked(process: ManagedProcess): {
  readonly process: ManagedProcess;
  readonly rank: Rank;
} {
  return { process, rank: process.config.rank };
}
