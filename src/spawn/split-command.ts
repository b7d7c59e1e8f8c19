/** The words of a command line, or the reason why it cannot be split. */
export type SplitResult = { readonly words: readonly string[] } | { readonly problem: string };

const BLANK = /[ \t\r\n]/;

/**
 * Splits as Python's `shlex.split(text)` does (POSIX rules, no comments): quotes group, a backslash
 * escapes, inside double quotes it escapes only `"` and itself. No variables, globs, `~` or pipes.
 */
export function splitWords(text: string): SplitResult {
  const words: string[] = [];
  let word: string | undefined; // undefined: between words; "" can be a word ('""')
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"') {
        const next = text[++i];
        if (next === undefined) return { problem: "No escaped character" };
        word += next === '"' || next === "\\" ? next : `\\${next}`;
      } else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\") {
      const next = text[++i];
      if (next === undefined) return { problem: "No escaped character" };
      word = (word ?? "") + next;
    } else if (BLANK.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") return { problem: "No closing quotation" };
  if (word !== undefined) words.push(word);
  return { words };
}
