import { escapeHtml } from "./escape.ts";

/** Text that is HTML already. */
export class Html {
  /** What goes out as it is. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can fill a hole of {@link markup}. */
type Filling = string | number | Html | readonly Html[];

/** Makes HTML; whatever fills a hole and is not `Html` is escaped, for text and quoted attributes. */
export function markup(strings: TemplateStringsArray, ...fillings: readonly Filling[]): Html {
  const rest = fillings.map((filling, index) => textOf(filling) + (strings[index + 1] ?? ""));
  return new Html((strings[0] ?? "") + rest.join(""));
}

function textOf(filling: Filling): string {
  if (filling instanceof Html) return filling.text;
  if (typeof filling === "object") return filling.map(({ text }) => text).join("");
  return escapeHtml(String(filling));
}
