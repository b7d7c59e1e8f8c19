import { isPlain } from "../supervision/deep-equal.ts";

/** The same data again, however deep. What is no plain object or array stays itself. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map((one: unknown) => copyOf(one)) as T;
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, copyOf(one)] as const);
  return Object.fromEntries(entries) as T;
}
