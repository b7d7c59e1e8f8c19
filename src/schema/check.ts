import type * as z from "zod";
import { didYouMean } from "./suggest.ts";
import { SettingsError, type SettingsIssue } from "./settings-error.ts";
import { show } from "./show.ts";

/** The keys that there are, for those who have written another one. */
export interface Vocabulary {
  /** What a key is called: a setting, unless it is something else. */
  readonly noun?: string;
  /** The keys that an object at this place may have. */
  known(path: readonly PropertyKey[]): readonly string[];
  /** More about a key that there is not; a word that was probably meant is looked for otherwise. */
  hint?(key: string, path: readonly PropertyKey[]): string | undefined;
}

/**
 * What a schema makes of a value.
 * @throws {SettingsError} with all that is wrong
 */
export function checked<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  vocabulary: Vocabulary,
): z.output<S> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.flatMap((issue) => readable(issue, vocabulary)));
}

/** zod's issue as ours: one for each unknown key, with what was probably meant. */
export function readable(issue: z.core.$ZodIssue, vocabulary: Vocabulary): SettingsIssue[] {
  const { path, message } = issue;
  if (issue.code === "invalid_key") {
    return [{ path, message: issue.issues[0]?.message ?? message }];
  }
  if (issue.code !== "unrecognized_keys") return [{ path, message }];
  const { noun = "setting" } = vocabulary;
  return issue.keys.map((key) => {
    const hint = vocabulary.hint?.(key, path) ?? didYouMean(key, vocabulary.known(path));
    return { path: [...path, key], message: `there is no ${noun} ${show(key)}${hint}` };
  });
}
