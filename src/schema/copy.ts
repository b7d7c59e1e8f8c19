/** Makes a deep copy of data. A value that is not a plain object or array is not copied. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map((one: unknown) => copyOf(one)) as T;
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, copyOf(one)] as const);
  return Object.fromEntries(entries) as T;
}

/** Whether a value is a plain object, which only holds data. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
