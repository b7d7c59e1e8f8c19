/** Calls `ask` once for each key, and caches the answer. */
export function memoize<T>(ask: (key: string) => T): (key: string) => T {
  const known = new Map<string, { readonly answer: T }>();
  return (key) => {
    let entry = known.get(key);
    if (!entry) {
      entry = { answer: ask(key) };
      known.set(key, entry);
    }
    return entry.answer;
  };
}
