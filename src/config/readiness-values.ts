import { patternOfRegExp, type Pattern } from "../schema/pattern.ts";
import { repr } from "./python.ts";
import { seconds, type Type } from "./values.ts";

export const positiveSeconds: Type<number> = (value) => {
  const parsed = seconds(value);
  return "value" in parsed && parsed.value > 0
    ? parsed
    : {
        problem: `not a number of seconds: ${repr(value)}`,
        expected: "a number of seconds above 0",
      };
};

/** A text, or `/source/flags`. */
export const pattern: Type<string | Pattern> = (value) => {
  const [, source, flags = ""] = /^\/(.*)\/([a-z]*)$/s.exec(value) ?? [];
  if (source === undefined) return { value };
  try {
    return { value: patternOfRegExp(new RegExp(source, flags)) };
  } catch (error) {
    const { message } = error as Error;
    return { problem: message, expected: "a text, or a regular expression as /source/flags" };
  }
};
