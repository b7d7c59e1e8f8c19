import type { Shape, ValuesOf } from "../schema/option.ts";

/** Returns the default values of a section: of each option that has a default. */
export function defaultsOf<S extends Shape>(shape: S): ValuesOf<S> {
  const values = Object.entries(shape).flatMap(([option, schema]) => {
    const { data } = schema.safeParse(undefined);
    return data === undefined ? [] : [[option, data] as const];
  });
  return Object.fromEntries(values) as ValuesOf<S>;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Returns the same object without undefined properties. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
