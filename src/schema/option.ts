import z from "#zod";
import { expected, type Messages } from "./messages.ts";
import { types, type SchemaOf, type Syntax } from "./types.ts";

/** All data about an option besides its schema: for the documentation, and for `config/`. */
export interface OptionMeta {
  /** The syntax of the option, in code and in a configuration file. */
  readonly syntax: Syntax;
  /** The text in docs/settings.md; only settings have one. */
  readonly summary?: string;
  readonly expected: string;
  readonly unit?: "s" | "bytes";
  /** The default in words, if the schema does not have it. */
  readonly preset?: string;
  /** The default value, if the schema has no default. */
  readonly fallback?: unknown;
  /** Whether this is an extension, not an option of supervisord. */
  readonly isExtension?: true;
  /** The difference from supervisord's option of that name. */
  readonly differs?: string;
  /** The kind of section with this option, if it is not `[program:x]`. */
  readonly section?: "eventlistener" | "fcgi-program";
  /** Set if the option is evaluated for each process, with the process's names and environment. */
  readonly isPerProcess?: true;
  /** Set if no configuration file has the option. */
  readonly only?: "code";
}

/** The meta of each option, by its schema. */
export const options = z.registry<OptionMeta>();

/** The options of a directory, by name. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** The values of a directory's options, with defaults filled in. */
export type ValuesOf<S extends Shape> = z.output<z.ZodObject<S>>;

/** The part of an option's meta that is written by hand: the syntax gives the rest. */
type Description<K extends Syntax> = Omit<OptionMeta, "syntax" | "expected" | "unit"> & {
  readonly syntax: K;
  readonly expected?: string;
};

/** Creates the schema of an option from the schema of its syntax, and stores its meta. */
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

/** The meta of all options of a shape, in the order of the shape. */
export function describe(shape: Shape): [name: string, meta: OptionMeta][] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const meta = options.get(schema);
    return meta ? [[name, meta] as [string, OptionMeta]] : [];
  });
}

/** The default value of an option whose schema has no default. */
export function fallback<S extends z.ZodType>(schema: z.ZodOptional<S>): z.output<S> {
  return schema.unwrap().parse(options.get(schema)?.fallback);
}

/** The options of a shape whose meta meets a condition. */
export function filterOptions(
  shape: Shape,
  rule: (meta: OptionMeta, name: string) => boolean,
): Shape {
  const kept = describe(shape).filter(([name, meta]) => rule(meta, name));
  return Object.fromEntries(kept.map(([name]) => [name, shape[name] as z.ZodType]));
}
