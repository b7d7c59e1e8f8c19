import { dirname } from "node:path";
import { hasVariables } from "../schema/expand.ts";
import { describe, type Shape, type ValuesOf } from "../schema/option.ts";
import { show } from "../schema/show.ts";
import type { Syntax } from "../schema/types.ts";
import type { ConfigIssue, Findings } from "./error.ts";
import type { Facts } from "./facts.ts";
import type { Entry, Ini, Section } from "./ini.ts";
import { fixedText, format, within, type Names, type Piece } from "./percent.ts";
import { repr } from "./python.ts";
import { readerOf } from "./syntaxes.ts";
import type { Type } from "./values.ts";

/** The contents of all files, and the problems found in them. */
export interface Reading extends Findings {
  readonly file: string;
  readonly ini: Ini;
  readonly facts: Facts;
  /** The variables for `%(ENV_X)s` in all sections. */
  readonly environment: Names;
}

/** The options of one section. An error in an option is noted, and its preset value is used. */
export class Options {
  readonly section: Section;
  readonly #reading: Reading;
  readonly #tail: string;

  /** The tail is the text that supervisord appends to its messages about programs. */
  constructor(reading: Reading, section: Section, hasTail = false) {
    this.section = section;
    this.#reading = reading;
    this.#tail = hasTail ? ` in section ${repr(section.name)} (file: ${repr(section.file)})` : "";
  }

  entry(option: string): Entry | undefined {
    return this.section.options.get(option) ?? this.#reading.ini.defaults.get(option);
  }

  has(option: string): boolean {
    return this.entry(option) !== undefined;
  }

  /**
   * Returns the value after expansion; undefined if the option is not set or cannot be expanded.
   */
  pieces(option: string, names: Names, label?: string): readonly Piece[] | undefined {
    const entry = this.entry(option);
    return entry && this.expand(entry, option, names, label);
  }

  expand(
    entry: Entry,
    option: string,
    names: Names,
    label = `${this.section.name}.${option}`,
  ): readonly Piece[] | undefined {
    const { value } = entry;
    if (!value.includes("%")) return value === "" ? [] : [value];
    const here = this.namesAt(entry, names);
    const done = format(value, here);
    if ("pieces" in done) return done.pieces;
    const head = `Format string ${repr(value)} for ${repr(label)}`;
    if ("malformed" in done) {
      this.fail(option, `${head} is badly formatted: ${done.malformed}`, {
        message: `cannot be expanded: ${done.malformed} (a percent sign itself is %%)`,
      });
    } else {
      const available = here.list().toSorted();
      this.fail(
        option,
        `${head} contains names (${repr(done.unknown)}) which cannot be expanded. Available names: ${available.join(", ")}`,
        { message: unknownName(done.unknown) },
      );
    }
    return undefined;
  }

  /** The names with `here`: the directory of the file with the option. */
  namesAt({ file }: Entry, names: Names): Names {
    return within(names, new Map([["here", dirname(file)]]));
  }

  /** Returns the text after expansion, which has to be the same for all processes. */
  text(option: string, names: Names): string | undefined {
    const pieces = this.pieces(option, names);
    if (!pieces) return undefined;
    const text = fixedText(pieces);
    if (text === undefined)
      this.fail(option, undefined, { message: "cannot differ between the processes of a program" });
    return text;
  }

  /** Returns the value; undefined if the option is not set or wrong. */
  read<T>(option: string, type: Type<T>, names: Names): T | undefined {
    const text = this.text(option, names);
    return text === undefined ? undefined : this.accept(option, type, text);
  }

  /**
   * Reads the options of a shape that are set and valid, in the order of the shape, each by its
   * syntax. Options whose syntax needs more of the section must be read by the caller.
   */
  readAll<S extends Shape>(shape: S, names: Names): Partial<ValuesOf<S>> {
    const values: Record<string, unknown> = {};
    for (const [option, { syntax }] of describe(shape)) {
      const value = this.readAs(syntax, option, names);
      if (value !== undefined) values[option] = value;
    }
    return values as Partial<ValuesOf<S>>;
  }

  /** Reads an option of that syntax; undefined if it is not set or wrong. */
  readAs(syntax: Syntax, option: string, names: Names): unknown {
    const type = this.has(option) ? readerOf(syntax, option, this.#reading.facts) : undefined;
    return type && this.read(option, type, names);
  }

  /** Parses a text of this option. */
  accept<T>(option: string, type: Type<T>, text: string, suffix = ""): T | undefined {
    const parsed = type(text);
    if ("value" in parsed) return parsed.value;
    const told = type(this.shown(option, text)); // the same problem, unless only the values show it
    const isBad = "problem" in told;
    const problem = isBad ? told.problem + suffix : undefined;
    const hint = isBad ? told.hint : undefined;
    this.fail(option, problem, { expected: parsed.expected, ...(hint && { hint }) });
    return undefined;
  }

  /**
   * A text of this option, to show to people: as written in the file if the text contains a value
   * from the environment.
   */
  shown(option: string, text: string): string {
    const { value = text } = this.entry(option) ?? {};
    return hasVariables(value) ? value : text;
  }

  /** Notes an error; the first text is supervisord's message. */
  fail(option: string | undefined, supervisord: string | undefined, rest: Details): void {
    const line = supervisord === undefined ? undefined : supervisord + this.#tail;
    this.#reading.errors.push(this.#issue(option, line, rest));
  }

  warn(option: string | undefined, message: string, supervisord?: string): void {
    this.#reading.warnings.push(this.#issue(option, supervisord, { message }));
  }

  #issue(option: string | undefined, supervisord: string | undefined, rest: Details): ConfigIssue {
    const entry = option === undefined ? undefined : this.entry(option);
    const { file, line } = entry ?? this.section;
    const { expected, hint = "", message } = rest;
    return {
      file,
      ...(line > 0 && { line }), // the command line has none
      section: this.section.name,
      ...(option !== undefined && { option }),
      ...(entry && { value: entry.value }),
      ...(expected !== undefined && { expected }),
      message: message ?? `expected ${expected}, got ${show(entry?.value)}${hint}`,
      ...(supervisord !== undefined && { supervisord }),
    };
  }
}

interface Details {
  readonly expected?: string;
  /** The end of the message. */
  readonly hint?: string;
  /** The found value, unless the expected values imply it. */
  readonly message?: string;
}

function unknownName(name: string): string {
  return name.startsWith("ENV_")
    ? `cannot be expanded: the environment variable ${name.slice(4)} is not set`
    : `cannot be expanded: %(${name}) has no meaning here`;
}
