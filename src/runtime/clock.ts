import type { Clock } from "./ports.ts";

const LONGEST = 2 ** 31 - 1; // what setTimeout takes; beyond, it would fire at once

type Timer = { readonly immediate: NodeJS.Immediate } | { readonly timeout: NodeJS.Timeout };

/** The host's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout(fn, ms, ref): Timer {
    if (ms <= 0) {
      const immediate = setImmediate(fn); // a later turn too, a millisecond sooner
      if (!ref) immediate.unref();
      return { immediate };
    }
    const timeout = setTimeout(fn, Math.min(Math.ceil(ms), LONGEST));
    if (!ref) timeout.unref();
    return { timeout };
  },
  clearTimeout(timer) {
    if (timer === undefined) return;
    const known = timer as Timer;
    if ("immediate" in known) clearImmediate(known.immediate);
    else clearTimeout(known.timeout);
  },
};
