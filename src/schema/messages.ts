import { show } from "./show.ts";

/** The error text of a schema: the expected value, and the given value. */
export interface Messages {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** The error text of a schema that expects this value. */
export function expected(what: string): Messages {
  return { error: ({ input }) => `expected ${what}, got ${show(input)}` };
}
