import { formatConversion, KNOWN_CONVERSION, WIDEST } from "../schema/expand.ts";
import { repr } from "./python.ts";

/** Stands for a value that differs between the processes. */
export const VARIES = Symbol("varies");

export type NameValue = string | number | typeof VARIES;

/** The names that have a value at one place. */
export interface Names {
  readonly get: (name: string) => NameValue | undefined;
  readonly list: () => string[];
}

/** Literal text, or a conversion that is expanded later, for each process. */
export type Piece = string | { readonly conversion: string };

export type Formatted =
  | { readonly pieces: readonly Piece[] }
  | { readonly unknown: string }
  | { readonly malformed: string };

/** Adds names that take precedence over the names of an outer place. */
export function within(outer: Names | undefined, own: ReadonlyMap<string, NameValue>): Names {
  return {
    get: (name) => own.get(name) ?? outer?.get(name),
    list: () => [...new Set([...own.keys(), ...(outer?.list() ?? [])])],
  };
}

/** Python's `text % names`, with its messages. */
export function format(text: string, names: Names): Formatted {
  if (!text.includes("%")) return { pieces: text === "" ? [] : [text] };
  const pieces: Piece[] = [];
  let literal = "";
  let at = 0;
  let isFirst = true; // a conversion without a name would mean the whole table, once
  for (;;) {
    const next = text.indexOf("%", at);
    literal += text.slice(at, next === -1 ? undefined : next);
    if (next === -1) break;
    const spec = readSpec(text, next + 1);
    if ("malformed" in spec) {
      const { name } = spec;
      return name === undefined || names.get(name) !== undefined ? spec : { unknown: name };
    }
    at = spec.end;
    if (spec.type === "%" && spec.isBare) {
      literal += "%";
      continue;
    }
    const done = convert(spec, names, isFirst);
    isFirst = false;
    if (typeof done === "string") literal += done;
    else if ("conversion" in done) {
      if (literal !== "") pieces.push(literal);
      literal = "";
      pieces.push(done);
    } else return done;
  }
  if (literal !== "") pieces.push(literal);
  return { pieces };
}

interface Spec {
  readonly name: string | undefined;
  readonly flags: string;
  readonly width: string;
  readonly precision: string | undefined;
  readonly type: string;
  /** Whether nothing stands between the percent sign and the type. */
  readonly isBare: boolean;
  /** The position of the type. */
  readonly index: number;
  readonly end: number;
}

const OPTIONS = /([-+ #0]*)(\d*)(?:(\.)(\d*))?[hlL]?/y;

function readSpec(text: string, start: number): Spec | { malformed: string; name?: string } {
  let at = start;
  let name: string | undefined;
  if (text[at] === "(") {
    const close = closing(text, at);
    if (close === -1) return { malformed: "incomplete format key" };
    name = text.slice(at + 1, close);
    at = close + 1;
  }
  OPTIONS.lastIndex = at;
  const [whole = "", flags = "", width = "", dot, digits = ""] = OPTIONS.exec(text) ?? [];
  at += whole.length;
  const code = text.codePointAt(at);
  if (code === undefined)
    return { malformed: "incomplete format", ...(name !== undefined && { name }) };
  const type = String.fromCodePoint(code);
  return {
    name,
    flags,
    width,
    precision: dot === undefined ? undefined : digits,
    type,
    isBare: at === start,
    index: at,
    end: at + type.length,
  };
}

/** Finds the parenthesis that belongs to the parenthesis at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at;
  }
  return -1;
}

function convert(
  spec: Spec,
  names: Names,
  isFirst: boolean,
): string | { conversion: string } | { unknown: string } | { malformed: string } {
  const { name, flags, width, precision, type } = spec;
  if (name === undefined) {
    return { malformed: isFirst ? nameless(spec) : "not enough arguments for format string" };
  }
  const value = names.get(name);
  if (value === undefined) return { unknown: name };
  if (type === "*") return { malformed: "* wants int" };
  if (!"sradiuxXoceEfFgG".includes(type)) return { malformed: unsupported(spec) };
  if (Number(width) > WIDEST || Number(precision ?? 0) > WIDEST)
    return { malformed: `a field wider than ${WIDEST}` };
  if (typeof value === "string" && !"sra".includes(type)) {
    return { malformed: wantsNumber(type, "str") };
  }
  const simple = type === "r" || type === "a" ? "s" : type;
  if (value === VARIES) {
    if (!"sdiuxXo".includes(simple)) return { malformed: unsupported(spec) };
    const rest = `${flags}${width}${precision === undefined ? "" : `.${precision || "0"}`}`;
    return { conversion: `%(${name})${rest}${simple}` };
  }
  const shown = simple !== type && typeof value === "string" ? repr(value) : value;
  const text = formatConversion(shown, flags, Number(width), precision, simple);
  return text ?? { malformed: unsupported(spec) };
}

function nameless(spec: Spec): string {
  if (spec.type === "*") return "* wants int";
  if (spec.type === "s") return "a conversion without a name";
  return "diuxXoceEfFgG".includes(spec.type) ? wantsNumber(spec.type, "dict") : unsupported(spec);
}

function wantsNumber(type: string, got: string): string {
  if (type === "c") return "%c requires int or char";
  const wanted = "xXo".includes(type) ? "an integer is required" : "a real number is required";
  return "eEfFgG".includes(type)
    ? `must be real number, not ${got}`
    : `%${type} format: ${wanted}, not ${got}`;
}

function unsupported({ type, index }: Spec): string {
  const code = type.codePointAt(0) ?? 0;
  const shown = code > 31 && code < 128 ? type : "?";
  return `unsupported format character '${shown}' (0x${code.toString(16)}) at index ${index}`;
}

// a text that the settings of the library would take for a conversion
const CONVERSION = new RegExp(`(?<!%)%+(?=${KNOWN_CONVERSION})`, "g");

/** Formats a text as a setting of the library, in which only known names are conversions. */
export function toSetting(pieces: readonly Piece[]): string {
  return pieces
    .map((piece, i) => {
      if (typeof piece !== "string") return piece.conversion;
      const literal = piece.replaceAll(CONVERSION, "$&$&");
      return typeof pieces[i + 1] === "object" ? literal.replace(/(?<!%)%+$/, "$&$&") : literal;
    })
    .join("");
}

/** Returns the text, if it is the same for all processes. */
export function fixedText(pieces: readonly Piece[]): string | undefined {
  return pieces.every((piece) => typeof piece === "string") ? pieces.join("") : undefined;
}
