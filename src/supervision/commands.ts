import { abortable, type WaitOptions } from "../lifecycle/wait.ts";
import { startOrder, stopWaves } from "./start-order.ts";
import type { Rank } from "../settings/priority.ts";
import { SupervisorError, oneError } from "../errors.ts";
import { parseSignal, type SignalSetting } from "../schema/signal.ts";
import type { Subprocess } from "../subprocess.ts";

/** All are told to start, in the order given, and none waits for another. */
export async function startEach(
  processes: readonly Subprocess[],
  options: WaitOptions,
): Promise<void> {
  await all(
    "start",
    processes.map((process) => process.start(options)),
  );
}

/** All are told to start, by priority. */
export async function startAll(
  processes: readonly Subprocess[],
  options: WaitOptions,
): Promise<void> {
  await startEach(inStartOrder(processes), options);
}

/** The same, where nobody waits for it. */
export function launchAll(processes: readonly Subprocess[]): void {
  for (const process of inStartOrder(processes)) process.launch();
}

/** The highest priority number first; those of the next wave when all of the last are gone. */
export async function stopAll(
  processes: readonly Subprocess[],
  stop: (process: Subprocess) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const wave of wavesOf(processes)) {
    const results = await Promise.allSettled(wave.map((process) => stop(process)));
    failures.push(...failuresOf(results));
  }
  raise("stop", failures);
}

/** All are stopped, as `stopAll` does, and then started; but nobody whom somebody else stopped meanwhile. */
export async function restartAll(
  processes: readonly Subprocess[],
  options: WaitOptions,
): Promise<void> {
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

async function restartInWaves(processes: readonly Subprocess[]): Promise<void> {
  const stops = new Map<Subprocess, number>();
  const failures = new Map<Subprocess, unknown>();
  await stopAll(processes, async (process) => {
    stops.set(process, process.stops + 1); // before its listeners hear of it
    try {
      await process.stop();
    } catch (error) {
      failures.set(process, error);
    }
  });
  const restarts = inStartOrder(processes).map(async (process) => {
    if (failures.has(process)) throw failures.get(process);
    if (process.stops === stops.get(process)) return process.start();
    const message = `Cannot restart "${process.namespec}": it was stopped meanwhile`;
    throw new SupervisorError("ABNORMAL_TERMINATION", message, {
      process: process.namespec,
      state: process.state,
    });
  });
  await all("restart", restarts);
}

/** One process must be there to be signalled; of several, those that are. */
export async function signalAll(
  processes: readonly Subprocess[],
  signal: SignalSetting,
): Promise<void> {
  const there = processes.filter(({ pid }) => pid !== undefined);
  const targets = processes.length === 1 || parseSignal(signal) === undefined ? processes : there;
  await all(
    "signal",
    targets.map((process) => process.signal(signal)),
  );
}

/** Waits for all, also when some have failed. */
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
  // an abort, or a defect: as it is
  if (errors.length < failures.length)
    throw failures.find((failure) => !errors.includes(failure as SupervisorError));
  throw oneError(verb, errors);
}

function inStartOrder(processes: readonly Subprocess[]): Subprocess[] {
  return startOrder(processes.map(ranked)).map(({ process }) => process);
}

function wavesOf(processes: readonly Subprocess[]): Subprocess[][] {
  return stopWaves(processes.map(ranked)).map((wave) => wave.map(({ process }) => process));
}

function ranked(process: Subprocess): { readonly process: Subprocess; readonly rank: Rank } {
  return { process, rank: process.config.rank };
}
