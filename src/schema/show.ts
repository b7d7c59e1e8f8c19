import { inspect } from "node:util";

const LOOK = { depth: 1, breakLength: Infinity };

/** Formats a value for a message. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, LOOK);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
