import { indentOf, isSpace, repr, strip, stripEnd } from "./python.ts";

/** The value of an option, and its place. */
export interface Entry {
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** A section, merged from all its places in the files. */
export interface Section {
  readonly name: string;
  /** The first place of the section. */
  readonly file: string;
  readonly line: number;
  /** The options, by lower-case name. */
  readonly options: Map<string, Entry>;
}

/** The contents of a file, or of several files read one after another. */
export interface Ini {
  readonly sections: Map<string, Section>;
  /** The options of `[DEFAULT]`, which apply to every section. */
  readonly defaults: Map<string, Entry>;
}

/** An error in the form of a file. */
export interface SyntaxIssue {
  readonly line: number;
  readonly value: string;
  readonly expected: string;
  /** The found text, unless the expected text implies it. */
  readonly message?: string;
  /** supervisord's message. */
  readonly supervisord: string;
}

const HEADER = /^\[([^\n]+)\]/;

export function emptyIni(): Ini {
  return { sections: new Map(), defaults: new Map() };
}

/**
 * Reads one file into the result of the previous files, as Python's RawConfigParser does with
 * supervisord's options: later values win, and two sections of one name are merged.
 */
export function readIni({ sections, defaults }: Ini, text: string, file: string): SyntaxIssue[] {
  const issues: SyntaxIssue[] = [];
  let options: Map<string, Entry> | undefined;
  let open: OpenOption | undefined; // the option that can be continued
  let indent = 0;
  let isLost = false; // before any section
  for (const [index, raw] of linesOf(text).entries()) {
    const line = index + 1;
    const comment = commentStart(raw);
    const value = strip(comment === undefined ? raw : raw.slice(0, comment));
    if (value === "") {
      if (comment === undefined) open?.more.push("");
      continue;
    }
    const depth = indentOf(raw);
    if (open && depth > indent) {
      open.more.push(value);
      continue;
    }
    indent = depth;
    const name = value.startsWith("[") ? HEADER.exec(value)?.[1] : undefined;
    if (name !== undefined) {
      options = name === "DEFAULT" ? defaults : sections.get(name)?.options;
      if (!options) {
        options = new Map();
        sections.set(name, { name, file, line, options });
      }
      open = close(open, file);
      continue;
    }
    if (!options) {
      if (!isLost) issues.push(noHeader(line, value));
      isLost = true;
      continue;
    }
    const at = value.search(/[=:]/);
    const option = stripEnd(value.slice(0, Math.max(at, 0)));
    if (option === "") {
      issues.push(noOption(line, value, file));
      if (at !== -1) open = close(open, file);
    } else {
      close(open, file);
      const first = strip(value.slice(at + 1));
      open = { options, name: option.toLowerCase(), line, first, more: [] };
    }
  }
  close(open, file);
  return issues;
}

interface OpenOption {
  readonly options: Map<string, Entry>;
  readonly name: string;
  readonly line: number;
  readonly first: string;
  /** The continuation lines of the option. */
  readonly more: string[];
}

function close(open: OpenOption | undefined, file: string): undefined {
  if (!open) return;
  const { options, name, line, first, more } = open;
  const value = more.length === 0 ? first : stripEnd([first, ...more].join("\n"));
  options.delete(name); // so that the order is the order of the last definitions
  options.set(name, { value, file, line });
}

function linesOf(text: string): string[] {
  return text.includes("\r") ? text.split(/\r\n|\r|\n/) : text.split("\n");
}

/**
 * Finds the beginning of a line's comment. As in Python, the search ends with the first marker of a
 * kind that begins a comment, and then the earliest comment found so far counts.
 */
function commentStart(line: string): number | undefined {
  if (!line.includes(";") && !line.includes("#")) return undefined;
  const [first] = strip(line);
  if (first === ";" || first === "#") return 0;
  let places = [";", "#"].map((prefix) => ({ prefix, at: -1 }));
  while (places.length > 0) {
    places = places
      .map(({ prefix, at }) => ({ prefix, at: line.indexOf(prefix, at + 1) }))
      .filter(({ at }) => at !== -1);
    const starts = places.map(({ at }) => at).filter((at) => at === 0 || isSpace(line[at - 1]));
    if (starts.length > 0) return Math.min(...starts);
  }
  return undefined;
}

/** The byte order mark, which is not visible. */
const BYTE_ORDER_MARK = "\uFEFF";

function noHeader(line: number, value: string): SyntaxIssue {
  const isMarked = line === 1 && value.startsWith(BYTE_ORDER_MARK);
  return {
    line,
    value,
    expected: bracket(value) ?? "a section header first, such as [supervisord]",
    ...(isMarked && { message: "it begins with a byte order mark: save it as UTF-8 without one" }),
    supervisord: "File contains no section headers.",
  };
}

function noOption(line: number, value: string, file: string): SyntaxIssue {
  return {
    line,
    value,
    expected: bracket(value) ?? "option=value",
    supervisord: `Source contains parsing errors: ${repr(file)}`,
  };
}

/** Describes the missing end of a section's name. */
function bracket(value: string): string | undefined {
  return value.startsWith("[") ? `a closing bracket: ${value}]` : undefined;
}
