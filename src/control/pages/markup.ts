import { escapeHtml } from "./escape.ts";

/** Text that is HTML already. */
export class Html {
  /** The HTML. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in the template of {@link markup}. */
type Value = string | number | Html | readonly Html[];

/** Makes HTML from a template; values that are not `Html` are escaped, for text and quoted attributes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const rest = values.map((value, index) => textOf(value) + (strings[index + 1] ?? ""));
  return new Html((strings[0] ?? "") + rest.join(""));
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return escapeHtml(String(value));
}
