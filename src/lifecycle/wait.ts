/** The options of a wait. */
export interface WaitOptions {
  /**
   * Ends the wait: the promise rejects with the signal's reason. The order is not undone: a process
   * that was told to start goes on starting.
   */
  readonly signal?: AbortSignal | undefined;
}

/** All waits with one signal. */
interface Waits {
  readonly all: Set<() => void>;
  readonly listener: () => void;
}

const waits = new WeakMap<AbortSignal, Waits>();

/**
 * Calls `aborted` when the signal aborts. Calling the returned function cancels this. The signal
 * has one listener for all waits: Node warns of more than ten listeners.
 */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  const known = waits.get(signal);
  const { all, listener } = known ?? makeWaits();
  if (!known) {
    waits.set(signal, { all, listener });
    signal.addEventListener("abort", listener, { once: true });
  }
  const one = () => aborted(); // the same function may wait twice
  all.add(one);
  return () => {
    if (!all.delete(one) || all.size > 0) return;
    signal.removeEventListener("abort", listener);
    waits.delete(signal);
  };
}

function makeWaits(): Waits {
  const all = new Set<() => void>();
  const listener = () => {
    for (const aborted of all) aborted();
  };
  return { all, listener };
}

/** Creates a promise that an AbortSignal can end. With an aborted signal, nothing begins. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  signal?.throwIfAborted();
  let undo = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      if (signal) undo = onAbort(signal, () => reject(signal.reason as Error));
      begin(resolve, reject);
    });
  } finally {
    undo();
  }
}

/**
 * An AbortController for one reader. An abort of `signal` aborts it, too, with the same reason,
 * until `unlink` is called. Listeners to the controller's signal are not listeners of `signal`,
 * which many readers share.
 */
export function linkedAbort(signal: AbortSignal | undefined): {
  readonly controller: AbortController;
  readonly unlink: () => void;
} {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  const isLinked = signal !== undefined && !signal.aborted;
  return { controller, unlink: isLinked ? onAbort(signal, abort) : () => {} };
}
