import z from "#zod";
import { show } from "./show.ts";

/** What the documentation says of an option beside its type, default and range. */
export interface OptionMeta {
  readonly summary: string;
  readonly expected: string;
  readonly unit?: "s" | "bytes";
  /** Shown as the default where it is not a plain value. */
  readonly preset?: string;
  /** Not an option of supervisord. */
  readonly isExtension?: true;
  /** Where it parts from supervisord's option of that name. */
  readonly differs?: string;
}

/** Summary, unit and more of each option; a row of the table in the docs. */
export const options = z.registry<OptionMeta>();

/** How a schema complains: of what was expected, and what came. */
export interface Say {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** Has a schema say what it expected. */
export function tell(expected: string): Say {
  return { error: ({ input }) => `expected ${expected}, got ${show(input)}` };
}

export function described<S extends z.ZodType>(meta: OptionMeta, make: (say: Say) => S): S {
  const schema = make(tell(meta.expected));
  options.add(schema, meta);
  return schema;
}
