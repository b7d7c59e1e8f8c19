import { KNOWN_CONVERSION } from "../schema/expand.ts";
import { isSpace } from "./python.ts";

/**
 * Expands to nothing, in every section: with this text a value can contain characters that a file
 * could not contain otherwise.
 */
const NOTHING = "%(here).0s";

// a text that settings take for a conversion, with all percent signs before it
const CONVERSION = new RegExp(`(?<!%)%*%${KNOWN_CONVERSION}|%`, "g");

/** Formats the line, or lines, of an option. */
export function option(key: string, value: string): string {
  const lines = value.split("\n");
  const isMany = lines.length > 1;
  return `${key}=${lines.map((line) => guarded(line, isMany)).join("\n  ")}`;
}

/**
 * Protects blanks at the edges, which would be lost, and a `;` or `#` after a blank, which would
 * begin a comment.
 */
function guarded(line: string, isMany: boolean): string {
  const isBare = (line === "" && isMany) || isSpace(line[0]) || (isMany && /^[;#]/.test(line));
  const inside = line.replaceAll(/[;#]/g, (char, at: number) =>
    isSpace(line[at - 1]) ? NOTHING + char : char,
  );
  return `${isBare ? NOTHING : ""}${inside}${isSpace(line.at(-1)) ? NOTHING : ""}`;
}

/** Formats a value of a setting that is not expanded. */
export function literal(value: string): string {
  return value.replaceAll("%", "%%");
}

/** Formats a value of a setting in which only the known names are expanded. */
export function text(value: string): string {
  return value.replaceAll(CONVERSION, (match) => (match === "%" ? "%%" : match));
}

/** Formats the words of a command, each in quotes if it needs them. */
export function words(command: string | readonly string[]): string {
  return text(typeof command === "string" ? command : command.map(quotedWord).join(" "));
}

function quotedWord(word: string): string {
  return /^[\w@+=:,./-]+$/.test(word) ? word : quoted(word);
}

/** Formats pairs so that supervisord 4.2 can read them, too, if that is possible. */
export function pairs(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([key, value]) => {
      const name = literal(/^[\w/.+\-():]+$/.test(key) ? key : quoted(key));
      return `${name}=${text(quoted(value))}`;
    })
    .join(",");
}

function quoted(word: string): string {
  if (!/["\\]/.test(word)) return `"${word}"`;
  return word.includes("'") ? `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `'${word}'`;
}
