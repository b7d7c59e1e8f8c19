import { startOrder, stopWaves, type Rank } from "./core/order.ts";
import { SupervisorError, oneError } from "./errors.ts";
import type { Subprocess, WaitOptions } from "./subprocess.ts";

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
  const stops = new Map<Subprocess, number>();
  await stopAll(processes, async (process) => {
    const stopped = process.stop(options);
    stops.set(process, process.stops);
    await stopped;
  });
  const restarts = inStartOrder(processes).map(async (process) => {
    if (process.stops === stops.get(process)) return process.start(options);
    const message = `Cannot restart "${process.namespec}": it was stopped meanwhile`;
    throw new SupervisorError("ABNORMAL_TERMINATION", message, {
      process: process.namespec,
      state: process.state,
    });
  });
  await all("restart", restarts);
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
