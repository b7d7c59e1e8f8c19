import type { Clock } from "../ports/clock.ts";
import type { Backlog } from "./backlog.ts";
import type { OpenedLog } from "./opened-log.ts";
import type { Rotator } from "./rotate.ts";

/**
 * Writes the backlog in a thread, and rotates, until nothing is left, or a write fails. Returns how
 * long the slowest write took, in milliseconds.
 */
export async function drain(
  backlog: Backlog,
  log: OpenedLog,
  rotator: Rotator,
  clock: Clock,
): Promise<number> {
  let longest = 0;
  for (;;) {
    for (const _ of rotator.rotate()) await turn(clock);
    const chunk = backlog.first;
    if (!chunk) return longest;
    const begun = clock.now();
    log.refresh();
    const written = await log.writeInThread(chunk);
    longest = Math.max(longest, clock.now() - begun);
    backlog.shift(written);
  }
}

/** Lets the event loop turn once. */
function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, 0, true);
  });
}
