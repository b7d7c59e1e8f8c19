/** Who waits with a signal. */
interface Waits {
  readonly all: Set<() => void>;
  readonly listener: () => void;
}

const waits = new WeakMap<AbortSignal, Waits>();

/**
 * Calls `aborted` when the signal aborts; the function returned takes that back. However many wait,
 * the signal has one listener: of more than ten Node warns.
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

/** A promise that an AbortSignal can end: with one that has aborted, nothing begins. */
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
