/** A regular expression as plain data, which can be compared and cloned. */
export interface Pattern {
  /** The text of the expression, without slashes. */
  readonly source: string;
  /** The flags: `i`, for example. */
  readonly flags: string;
}

/** A place for a capture in a text, or a brace that is meant as such. */
const PLACE = /\{\{|\{(\w+)\}/g;
const CAPTURE_NAME = /^[A-Za-z_]\w*$/;

/** Creates the pattern of a text with `{captures}`, or returns what is wrong with it. */
export function patternOf(text: string): Pattern | { readonly problem: string } {
  const names = new Set<string>();
  let source = "";
  let at = 0;
  for (const match of text.matchAll(PLACE)) {
    const [place, name] = match;
    source += escape(text.slice(at, match.index));
    at = match.index + place.length;
    if (name === undefined) source += String.raw`\{`;
    else if (!CAPTURE_NAME.test(name)) return { problem: `{${name}} is not a name` };
    else if (names.has(name)) return { problem: `{${name}} is there twice` };
    else {
      names.add(name);
      // as little as the text after it allows; at the end, all that is not blank
      source += `(?<${name}>${at < text.length ? String.raw`\S+?` : String.raw`\S+`})`;
    }
  }
  return { source: source + escape(text.slice(at)), flags: "" };
}

/** The pattern of a regular expression. `g` and `y` would make it skip matches. */
export function patternOfRegExp({ source, flags }: RegExp | Pattern): Pattern {
  return { source, flags: flags.replaceAll(/[gy]/g, "") };
}

/** Whether the value is a pattern, and nothing else. */
export function isPattern(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { source, flags, ...others } = value as Partial<Pattern>;
  if (typeof source !== "string" || typeof flags !== "string") return false;
  try {
    return Object.keys(others).length === 0 && new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false;
  }
}

/** The named groups of a match, or undefined if the line does not match. */
export function capturesIn(
  line: string,
  pattern: RegExp,
): Readonly<Record<string, string>> | undefined {
  const match = pattern.exec(line);
  if (!match) return undefined;
  const captures: Record<string, string> = {};
  for (const [name, value] of Object.entries(match.groups ?? {}))
    if (value !== undefined) captures[name] = value;
  return captures;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
