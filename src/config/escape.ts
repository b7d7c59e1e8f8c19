import { isSpace } from "./python.ts";

/** Expands to nothing, in every section: with it a value can hold what a file cannot otherwise. */
const NOTHING = "%(here).0s";

// what settings take for a conversion, with all percent signs before it
const CONVERSION =
  /(?<!%)%*%\((?:program_name|process_num|numprocs|group_name|host_node_name|here|ENV_\w+)\)[-#0 +]*\d*(?:\.\d+)?[hlL]?[a-zA-Z]|%/g;

/** The line, or lines, of an option. */
export function option(key: string, value: string): string {
  const lines = value.split("\n");
  const isMany = lines.length > 1;
  return `${key}=${lines.map((line) => guarded(line, isMany)).join("\n  ")}`;
}

/** Blanks at the edges would be lost, and a `;` or `#` behind one would be a comment. */
function guarded(line: string, isMany: boolean): string {
  const isBare = (line === "" && isMany) || isSpace(line[0]) || (isMany && /^[;#]/.test(line));
  const inside = line.replaceAll(/[;#]/g, (char, at: number) =>
    isSpace(line[at - 1]) ? NOTHING + char : char,
  );
  return `${isBare ? NOTHING : ""}${inside}${isSpace(line.at(-1)) ? NOTHING : ""}`;
}

/** For a setting in which nothing is expanded. */
export function literal(value: string): string {
  return value.replaceAll("%", "%%");
}

/** For a setting in which the known names are expanded, and no others. */
export function text(value: string): string {
  return value.replaceAll(CONVERSION, (match) => (match === "%" ? "%%" : match));
}

/** The words of a command, each in quotes where it needs them. */
export function words(command: string | readonly string[]): string {
  return text(typeof command === "string" ? command : command.map(quotedWord).join(" "));
}

function quotedWord(word: string): string {
  return /^[\w@+=:,./-]+$/.test(word) ? word : quoted(word);
}

/** Pairs as supervisord 4.2 reads them, too, unless it cannot read them at all. */
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
