/** Python's `text.strip()`, in linear time for any text. */
export function strip(text: string): string {
  const to = endOf(text);
  let from = 0;
  while (from < to && isSpaceCode(text.charCodeAt(from))) from++;
  return text.slice(from, to);
}

/** Python's `text.rstrip()`. */
export function stripEnd(text: string): string {
  return text.slice(0, endOf(text));
}

function endOf(text: string): number {
  let to = text.length;
  while (to > 0 && isSpaceCode(text.charCodeAt(to - 1))) to--;
  return to;
}

/** Counts the white space characters at the beginning of a text. */
export function indentOf(text: string): number {
  let depth = 0;
  while (isSpaceCode(text.charCodeAt(depth))) depth++;
  return depth;
}

/**
 * Python's `char.isspace()`: as in JavaScript, except for the separators and the byte order mark.
 */
export function isSpace(char: string | undefined): boolean {
  return char !== undefined && isSpaceCode(char.charCodeAt(0));
}

function isSpaceCode(code: number): boolean {
  if (code > 0x20 && code < 0x7f) return false; // true for nearly all characters
  if (code < 0x7f) return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20);
  return code === 0x85 || (code !== 0xfeff && /^\s$/.test(String.fromCharCode(code)));
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
 * Python's `int(text)`; undefined for text that is not a number. Numbers beyond the exact integers
 * of JavaScript become the nearest number.
 */
export function toInteger(text: string): number | undefined {
  const match = INTEGER.exec(strip(text));
  if (!match) return undefined;
  const [, sign, digits = ""] = match;
  const size = Math.min(Number(digits.replaceAll("_", "")), Number.MAX_SAFE_INTEGER);
  return sign === "-" && size !== 0 ? -size : size;
}
