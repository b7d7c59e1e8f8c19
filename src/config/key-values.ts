import type { Piece } from "./percent.ts";

/** A character, or a conversion that is expanded later, for each process. */
type Unit = string | { readonly conversion: string };

export type Pairs =
  | { readonly pairs: ReadonlyMap<string, readonly Piece[]> }
  | { readonly problem: string };

/**
 * The pairs of an `environment` option as supervisord 4.4 reads them: the words of Python's `shlex`
 * (POSIX), then key, `=`, value, and one word of any kind between two pairs.
 */
export function readPairs(pieces: readonly Piece[]): Pairs {
  const words = split(
    pieces.flatMap((piece): Unit[] => (typeof piece === "string" ? Array.from(piece) : [piece])),
  );
  if (!Array.isArray(words)) return words;
  const pairs = new Map<string, readonly Piece[]>();
  for (let i = 0; i < words.length; i += 4) {
    const [key, equals, value] = words.slice(i, i + 3);
    const name = key?.every((unit) => typeof unit === "string") ? key.join("") : undefined;
    if (name === undefined || equals?.length !== 1 || equals[0] !== "=" || !value) {
      if (key && name === undefined)
        return { problem: "the name of a variable varies with the process" };
      const text = pieces
        .map((piece) => (typeof piece === "string" ? piece : piece.conversion))
        .join("");
      return { problem: `Unexpected end of key/value pairs in value '${text}'` };
    }
    pairs.delete(name);
    pairs.set(name, toPieces(value));
  }
  return { pairs };
}

const WORD = /[\w/.+\-():ßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ]/;

/** Python's `list(shlex.shlex(text, posix=True))`, with supervisord's `wordchars`. */
function split(units: readonly Unit[]): Unit[][] | { readonly problem: string } {
  const words: Unit[][] = [];
  let word: Unit[] | undefined; // undefined between words
  const end = () => {
    if (word) words.push(word);
    word = undefined;
  };
  for (let i = 0; i < units.length; i++) {
    const unit = units[i];
    if (unit === undefined) break;
    if (unit === "#") {
      end();
      while (i + 1 < units.length && units[i + 1] !== "\n") i++;
    } else if (unit === " " || unit === "\t" || unit === "\r" || unit === "\n") end();
    else if (unit === "\\") {
      const next = units[++i];
      if (next === undefined) return { problem: "No escaped character" };
      (word ??= []).push(next);
    } else if (unit === '"' || unit === "'") {
      const quoted = readQuoted(units, i + 1, unit);
      if ("problem" in quoted) return quoted;
      (word ??= []).push(...quoted.units);
      i = quoted.end;
    } else if (typeof unit === "object" || WORD.test(unit)) (word ??= []).push(unit);
    else {
      end();
      words.push([unit]);
    }
  }
  end();
  return words;
}

function readQuoted(
  units: readonly Unit[],
  start: number,
  quote: string,
): { readonly units: Unit[]; readonly end: number } | { readonly problem: string } {
  const inside: Unit[] = [];
  for (let i = start; i < units.length; i++) {
    const unit = units[i] as Unit;
    if (unit === quote) return { units: inside, end: i };
    if (unit === "\\" && quote === '"') {
      const next = units[++i];
      if (next === undefined) return { problem: "No escaped character" };
      if (next !== '"' && next !== "\\") inside.push("\\");
      inside.push(next);
    } else inside.push(unit);
  }
  return { problem: "No closing quotation" };
}

function toPieces(units: readonly Unit[]): Piece[] {
  const pieces: Piece[] = [];
  for (const unit of units) {
    const last = pieces.at(-1);
    if (typeof unit === "string" && typeof last === "string")
      pieces[pieces.length - 1] = last + unit;
    else pieces.push(unit);
  }
  return pieces;
}
