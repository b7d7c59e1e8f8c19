/** Python's `text.strip()`: in linear time, whatever the text. */
export function strip(text: string): string {
  let from = 0;
  while (isSpace(text[from])) from++;
  return stripEnd(text.slice(from));
}

/** Python's `text.rstrip()`. */
export function stripEnd(text: string): string {
  let to = text.length;
  while (isSpace(text[to - 1])) to--;
  return text.slice(0, to);
}

/** Python's `char.isspace()`: as in JavaScript, but for the separators, and the byte order mark. */
export function isSpace(char: string | undefined): boolean {
  if (char === undefined || (char > " " && char < "\x7f")) return false;
  const isSeparator = (char >= "\x1c" && char <= "\x1f") || char === "\x85";
  return isSeparator || (char !== "\uFEFF" && /^\s$/.test(char));
}

/** Python's `repr(text)`, as its messages show a string. */
export function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll(/[\\'"\p{Cc}]/gu, (char) => {
    if (char === "\\") return "\\\\";
    if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[char];
    return short ?? `\\x${char.codePointAt(0)?.toString(16).padStart(2, "0")}`;
  });
  return quote + body + quote;
}

const INTEGER = /^([+-]?)(\d+(?:_\d+)*)$/;

/**
 * Python's `int(text)`; undefined for what is none. Numbers beyond what JavaScript counts exactly
 * become the nearest that it does.
 */
export function toInteger(text: string): number | undefined {
  const match = INTEGER.exec(strip(text));
  if (!match) return undefined;
  const [, sign, digits = ""] = match;
  const size = Math.min(Number(digits.replaceAll("_", "")), Number.MAX_SAFE_INTEGER);
  return sign === "-" && size !== 0 ? -size : size;
}
