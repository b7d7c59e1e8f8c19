import { readPairs } from "./key-values.ts";
import { fixedText, format, type Names, type Piece } from "./percent.ts";
import type { Options } from "./section-reader.ts";

const PAIRS = 'pairs such as KEY="value",OTHER="value"';

type Environment = ReadonlyMap<string, readonly Piece[]>;

/**
 * The pairs of the option `environment`. Values that differ between the processes are expanded
 * before the text is split, as all values are. So it must be checked for one process that the
 * values do not change how the text is split.
 */
export function readEnvironment(
  options: Options,
  names: Names,
  instances: () => readonly Names[] = () => [],
): Environment {
  const entry = options.entry("environment");
  const pieces = entry && options.expand(entry, "environment", names, "environment");
  if (!entry || !pieces) return new Map();
  const read = readPairs(pieces);
  if ("problem" in read) {
    const text = pieces
      .map((piece) => (typeof piece === "string" ? piece : piece.conversion))
      .join("");
    const problem = read.problem.replace(text, () => options.shown("environment", text));
    options.fail("environment", problem, { expected: PAIRS });
    return new Map();
  }
  if (fixedText(pieces) === undefined) {
    for (const instance of instances()) {
      const whole = format(entry.value, options.namesAt(entry, instance));
      const one = "pieces" in whole ? readPairs(whole.pieces) : undefined;
      if (!one || "problem" in one || !isSame(read.pairs, one.pairs, instance)) {
        options.fail("environment", undefined, {
          message: "what differs between the processes has to stand in quotes",
        });
        break;
      }
    }
  }
  return read.pairs;
}

function isSame(varying: Environment, one: Environment, names: Names): boolean {
  return [...varying].every(([key, value]) => {
    const text = value
      .map((piece) => (typeof piece === "string" ? piece.replaceAll("%", "%%") : piece.conversion))
      .join("");
    const expanded = format(text, names);
    const other = one.get(key);
    return "pieces" in expanded && other && fixedText(expanded.pieces) === fixedText(other);
  });
}
