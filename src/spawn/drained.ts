import type { Clock } from "../ports/clock.ts";

/** How long the end of a process is delayed for a disk that does not take its last output. */
const DRAIN_MS = 1000;

/** Settles once the reading is over; soon in any case. */
export async function drained(reading: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: unknown;
  const enough = new Promise((resolve) => {
    timer = clock.setTimeout(() => resolve(undefined), DRAIN_MS, true);
  });
  await Promise.race([reading, enough]);
  clock.clearTimeout(timer); // it would keep the host alive
}
