import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import * as timers from "node:timers";
import type { Clock } from "../ports/clock.ts";

// A test may replace all of these functions, in `globalThis` and in Node's modules, whose named
// exports follow. So they are copied, once, when the library is loaded. No other module of the
// library may use a timer or a clock.
const { setTimeout, clearTimeout, setImmediate, clearImmediate } = timers;
const { now: date } = Date;
// the method of the prototype, which a replacement hides
const now = (Object.getPrototypeOf(performance) as { readonly now: () => number }).now;

const LONGEST = 2 ** 31 - 1; // the limit of setTimeout; beyond it, the timer would fire at once

/** The host's own time. */
export const systemClock: Clock = {
  now: () => now.call(performance),
  date: () => date(),
  setTimeout: areNodesOwn() ? setTimer : setSocketTimer,
  clearTimeout(timer) {
    if (typeof timer === "function") timer();
  },
};

/** Settles on a later turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    systemClock.setTimeout(resolve, 0, true);
  });
}

/** Creates a function that cancels the timer. */
function setTimer(fn: () => void, ms: number, ref: boolean): () => void {
  if (ms <= 0) {
    const immediate = setImmediate(fn); // a later turn too, a millisecond sooner
    if (!ref) immediate.unref();
    return () => clearImmediate(immediate);
  }
  const timeout = setTimeout(fn, Math.min(Math.ceil(ms), LONGEST));
  if (!ref) timeout.unref();
  return () => clearTimeout(timeout);
}

/**
 * Whether the event loop knows of timers that these functions set, i.e. no test has replaced them
 * before the library was loaded.
 */
function areNodesOwn(): boolean {
  return (
    isInLoop("Timeout", () => setTimeout(() => {}, LONGEST), clearTimeout) &&
    isInLoop("Immediate", () => setImmediate(() => {}), clearImmediate)
  );
}

function isInLoop<T>(kind: string, set: () => T, clear: (timer: T) => void): boolean {
  const count = () => process.getActiveResourcesInfo().filter((one) => one === kind).length;
  const before = count();
  const timer = set();
  const isThere = count() > before;
  clear(timer);
  return isThere && count() === before;
}

/**
 * A timer that cannot have been replaced: the one by which a socket, here one that is never connected,
 * finds that it is idle. It does not keep the host alive, an open port does. Forgotten, it still fires,
 * without effect: Node clears it with a function that may have been replaced.
 */
function setSocketTimer(fn: () => void, ms: number, ref: boolean): () => void {
  const socket = new Socket();
  const port = ref ? new MessageChannel().port1 : undefined;
  port?.ref();
  const forget = () => {
    port?.close();
    socket.removeAllListeners();
  };
  socket.setTimeout(Math.min(Math.max(1, Math.ceil(ms)), LONGEST), () => {
    forget();
    fn();
  });
  return forget;
}
