import z from "#zod";
import { expected, type Messages } from "./messages.ts";
import { types, type SchemaOf, type Syntax } from "./types.ts";

/** All that is known of an option beside its schema: for the documents, and for `config/`. */
export interface OptionMeta {
  /** How it is written, in code and in a configuration file. */
  readonly syntax: Syntax;
  /** For docs/settings.md; only settings have one. */
  readonly summary?: string;
  readonly expected: string;
  readonly unit?: "s" | "bytes";
  /** The default in words, where the schema cannot tell it. */
  readonly preset?: string;
  /** The value that holds while it is not set, where its schema has no default. */
  readonly fallback?: unknown;
  /** Not an option of supervisord. */
  readonly isExtension?: true;
  /** The difference from supervisord's option of that name. */
  readonly differs?: string;
  /** The kind of section that has it, where that is not `[program:x]`. */
  readonly section?: "eventlistener" | "fcgi-program";
  /** Set where it is evaluated for each process, with the process's names and environment. */
  readonly isPerProcess?: true;
  /** Set where no configuration file has it. */
  readonly only?: "code";
}

/** The meta of each option, by its schema. */
export const options = z.registry<OptionMeta>();

/** The options of a room, by name. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** The values of a room's options as they hold. */
export type ValuesOf<S extends Shape> = z.output<z.ZodObject<S>>;

/** What is written of an option's meta: the syntax tells the rest. */
type Description<K extends Syntax> = Omit<OptionMeta, "syntax" | "expected" | "unit"> & {
  readonly syntax: K;
  readonly expected?: string;
};

/** Makes the schema of an option from that of its syntax, and notes its meta. */
export function option<K extends Syntax, S extends z.ZodType>(
  description: Description<K>,
  make: (schema: SchemaOf<K>, messages: Messages) => S,
): S {
  const { schema: typed, ...type } = types[description.syntax];
  const meta: OptionMeta = { ...type, ...description };
  const messages = expected(meta.expected);
  const schema = make(typed(messages) as SchemaOf<K>, messages);
  options.add(schema, meta);
  return schema;
}

/** The meta of all options of a shape, in its order. */
export function describe(shape: Shape): [name: string, meta: OptionMeta][] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const meta = options.get(schema);
    return meta ? [[name, meta] as [string, OptionMeta]] : [];
  });
}

/** The value that holds where an option without a default is not set. */
export function fallback<S extends z.ZodType>(schema: z.ZodOptional<S>): z.output<S> {
  return schema.unwrap().parse(options.get(schema)?.fallback);
}

/** Those options of a shape whose meta meets a rule. */
export function filterOptions(
  shape: Shape,
  rule: (meta: OptionMeta, name: string) => boolean,
): Shape {
  const kept = describe(shape).filter(([name, meta]) => rule(meta, name));
  return Object.fromEntries(kept.map(([name]) => [name, shape[name] as z.ZodType]));
}
