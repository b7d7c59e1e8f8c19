import { UsageError } from "./usage-error.ts";

/** A switch of a command line; the key of its row is its long name. */
export interface Switch {
  /** The letters of its short forms. */
  readonly short?: string;
  /** The name of its value in the usage; a switch without one takes no value. */
  readonly value?: string;
  /** The switch for which this is another long name. */
  readonly same?: string;
  /** Whether it asks for something to be printed: then all that follows is ignored. */
  readonly isQuestion?: true;
  /** Whether it may be given several times: the values are joined by commas. */
  readonly isList?: true;
}

/** A switch as it was given. */
export interface Given {
  /** The switch as it was written, but in full. */
  readonly option: string;
  /** The value; empty for a switch that takes none. */
  readonly value: string;
}

/** A command line, read. */
export interface CommandLine {
  /** The switch that asks for something to be printed, if there is one. */
  readonly question?: string;
  /** The others, by their long names. */
  readonly given: ReadonlyMap<string, Given>;
  /** The words behind the switches. */
  readonly words: readonly string[];
}

type Row = readonly [name: string, Switch];
type Found = Given & { readonly row: Row };

/**
 * Reads a command line by the rules of Python's getopt, as supervisord and supervisorctl do: switches
 * stand first, long names may be abbreviated, `-iu name` is `-i -u name`, and so is `-iuname`.
 *
 * @throws {UsageError} with supervisord's text
 */
export function readSwitches(
  argv: readonly string[],
  switches: Readonly<Record<string, Switch>>,
): CommandLine {
  const table = Object.entries(switches);
  const { found, words } = split(argv, table);
  const given = new Map<string, Given>();
  for (const { row, option, value } of found) {
    const [own, { same: name = own, isQuestion, isList }] = row;
    if (isQuestion) return { question: name, given, words };
    const before = given.get(name);
    if (before && !isList) throw new UsageError(`conflicting command line option '${option}'`);
    given.set(name, { option, value: before ? `${before.value},${value}` : value });
  }
  return { given, words };
}

function split(
  argv: readonly string[],
  table: readonly Row[],
): { found: Found[]; words: string[] } {
  const found: Found[] = [];
  const rest = [...argv];
  const next = (option: string) => {
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`option ${option} requires argument`);
    return value;
  };
  for (;;) {
    const [word = ""] = rest;
    if (!word.startsWith("-") || word === "-") return { found, words: rest };
    rest.shift();
    if (word === "--") return { found, words: rest };
    found.push(
      ...(word.startsWith("--") ? [long(word.slice(2), table, next)] : short(word, table, next)),
    );
  }
}

function long(word: string, table: readonly Row[], next: (option: string) => string): Found {
  const [typed = "", ...parts] = word.split("=");
  const exact = table.filter(([name]) => name === typed);
  const rows = exact.length > 0 ? exact : table.filter(([name]) => name.startsWith(typed));
  const [row] = rows;
  if (!row) throw new UsageError(`option --${typed} not recognized`);
  if (new Set(rows.map(([name, { same = name }]) => same)).size > 1)
    throw new UsageError(`option --${typed} not a unique prefix`);
  const [name, { value }] = row;
  const option = `--${name}`;
  if (value !== undefined)
    return { row, option, value: parts.length > 0 ? parts.join("=") : next(option) };
  if (parts.length > 0) throw new UsageError(`option ${option} must not have an argument`);
  return { row, option, value: "" };
}

function short(word: string, table: readonly Row[], next: (option: string) => string): Found[] {
  const found: Found[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const option = `-${letter}`;
    const row = table.find(([, one]) => one.short?.includes(letter));
    if (!row) throw new UsageError(`option ${option} not recognized`);
    if (row[1].value === undefined) {
      found.push({ row, option, value: "" });
      continue;
    }
    found.push({ row, option, value: word.slice(at + 1) || next(option) });
    break;
  }
  return found;
}
