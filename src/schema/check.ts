import type * as z from "zod";
import { didYouMean } from "./suggest.ts";
import { SettingsError, type SettingsIssue } from "./settings-error.ts";
import { show } from "./show.ts";

/** The existing keys, for the message about an unknown key. */
export interface Vocabulary {
  /** The word for a key; by default "setting". */
  readonly noun?: string;
  /** The keys that an object at this place may have. */
  known(path: readonly PropertyKey[]): readonly string[];
  /**
   * The end of the message about an unknown key with this value; by default the key that was
   * probably intended.
   */
  hint?(key: string, path: readonly PropertyKey[], value: unknown): string | undefined;
}

/**
 * Parses a value with a schema.
 * @throws {SettingsError} with all errors
 */
export function check<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  vocabulary: Vocabulary,
): z.output<S> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.flatMap((issue) => readable(issue, vocabulary, raw)));
}

/**
 * Translates an issue of zod about a value: one issue for each unknown key, with the key that was
 * probably intended.
 */
export function readable(
  issue: z.core.$ZodIssue,
  vocabulary: Vocabulary,
  raw: unknown,
): SettingsIssue[] {
  const { path, message } = issue;
  if (issue.code === "invalid_key") {
    return [{ path, message: issue.issues[0]?.message ?? message }];
  }
  if (issue.code !== "unrecognized_keys") return [{ path, message }];
  const { noun = "setting" } = vocabulary;
  return issue.keys.map((key) => {
    const value = [...path, key].reduce<unknown>(propertyOf, raw);
    const hint = vocabulary.hint?.(key, path, value) ?? didYouMean(key, vocabulary.known(path));
    return { path: [...path, key], message: `there is no ${noun} ${show(key)}${hint}` };
  });
}

function propertyOf(value: unknown, key: PropertyKey): unknown {
  return (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key];
}
