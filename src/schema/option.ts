import z from "#zod";
import { expected, type Messages } from "./messages.ts";

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

export function described<S extends z.ZodType>(
  meta: OptionMeta,
  make: (messages: Messages) => S,
): S {
  const schema = make(expected(meta.expected));
  options.add(schema, meta);
  return schema;
}
