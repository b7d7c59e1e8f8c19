import { show } from "./show.ts";

/** The error text of a schema: what was expected, and what came. */
export interface Messages {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** The error text of a schema that expects this. */
export function expected(what: string): Messages {
  return { error: ({ input }) => `expected ${what}, got ${show(input)}` };
}
