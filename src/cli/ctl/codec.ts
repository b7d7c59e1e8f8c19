/** XML-RPC as this client needs it: calls are written, answers are read. */

/** What travels: Python's and JSON's common ground. */
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly Value[]
  | { readonly [name: string]: Value };

/** An answer that says no. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** The body of a request. */
export function encodeCall(method: string, params: readonly Value[]): string {
  const written = params.map((value) => `<param>${encode(value)}</param>`).join("");
  return `<?xml version='1.0'?>\n<methodCall><methodName>${escape(method)}</methodName><params>${written}</params></methodCall>\n`;
}

/**
 * What the body of an answer holds.
 *
 * @throws {Fault} if that is a fault
 * @throws {SyntaxError} if it is no answer
 */
export function decodeAnswer(xml: string): Value {
  const reader = new Reader(xml);
  reader.open("methodResponse");
  if (reader.tryOpen("fault")) {
    const { faultCode, faultString } = structOf(reader.value());
    throw new Fault(Number(faultCode), typeof faultString === "string" ? faultString : "");
  }
  reader.open("params");
  reader.open("param");
  return reader.value();
}

function structOf(value: Value): { readonly [name: string]: Value } {
  if (typeof value !== "object" || value === null || isList(value)) return {};
  return value;
}

function encode(value: Value): string {
  return `<value>${bare(value)}</value>`;
}

function bare(value: Value): string {
  if (typeof value === "string") return `<string>${escape(value)}</string>`;
  if (typeof value === "boolean") return `<boolean>${Number(value)}</boolean>`;
  if (typeof value === "number")
    return Number.isInteger(value) ? `<int>${value}</int>` : `<double>${value}</double>`;
  if (value === null) return "<nil/>";
  if (isList(value)) return `<array><data>${value.map(encode).join("")}</data></array>`;
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escape(name)}</name>${encode(member)}</member>`,
  );
  return `<struct>${members.join("")}</struct>`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

// a bare carriage return would not survive: XML makes it a line feed
const escape = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");

function unescape(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name)] ?? whole;
      const point = decimal === undefined ? parseInt(String(hex), 16) : Number(decimal);
      return point <= 0x10_ffff ? String.fromCodePoint(point) : whole;
    });
}

type Token = { readonly open: string } | { readonly close: string } | { readonly text: string };

const TOKEN =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\/([\w.:-]+)\s*>|<([\w.:-]+)\s*(\/?)>|([^<]+)/gy;

/** Deeper than any answer: a stack has an end. */
const DEEPEST = 100;

class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(xml: string) {
    this.tokens = tokensOf(xml);
  }

  /** Goes past `<name>`, and past blanks before it. */
  open(name: string): void {
    if (!this.tryOpen(name)) throw new SyntaxError(`the answer has no <${name}> where it should`);
  }

  tryOpen(name: string): boolean {
    return this.try((token) => "open" in token && token.open === name);
  }

  private close(name: string): void {
    if (!this.tryClose(name)) throw new SyntaxError(`the answer does not close <${name}>`);
  }

  private tryClose(name: string): boolean {
    return this.try((token) => "close" in token && token.close === name);
  }

  private try(wanted: (token: Token) => boolean): boolean {
    let next = this.at;
    for (; ; next++) {
      const token = this.tokens[next];
      if (token === undefined) return false;
      if (wanted(token)) break;
      if (!("text" in token) || token.text.trim() !== "") return false;
    }
    this.at = next + 1;
    return true;
  }

  /** The text up to the next tag. */
  private text(): string {
    let text = "";
    for (;;) {
      const token = this.tokens[this.at];
      if (token === undefined || !("text" in token)) return text;
      text += token.text;
      this.at += 1;
    }
  }

  value(): Value {
    if (++this.depth > DEEPEST) throw new SyntaxError("the answer is nested too deep");
    this.open("value");
    const start = this.at;
    const text = this.text();
    if (this.tryClose("value")) {
      this.depth--;
      return text;
    }
    this.at = start;
    const value = this.typed();
    this.close("value");
    this.depth--;
    return value;
  }

  private typed(): Value {
    if (this.tryOpen("array")) return this.array();
    if (this.tryOpen("struct")) return this.struct();
    for (const [type, read] of Object.entries(SCALARS)) {
      if (!this.tryOpen(type)) continue;
      const text = this.text();
      this.close(type);
      return read(text);
    }
    throw new SyntaxError("the answer has a value of an unknown type");
  }

  private array(): Value {
    const values: Value[] = [];
    this.open("data");
    while (!this.tryClose("data")) values.push(this.value());
    this.close("array");
    return values;
  }

  private struct(): Value {
    const members: [string, Value][] = [];
    while (!this.tryClose("struct")) {
      this.open("member");
      this.open("name");
      const name = this.text();
      this.close("name");
      members.push([name, this.value()]);
      this.close("member");
    }
    return Object.fromEntries(members);
  }
}

const SCALARS: Readonly<Record<string, (text: string) => Value>> = {
  string: (text) => text,
  int: number,
  i4: number,
  i8: number,
  double: number,
  boolean: (text) => text.trim() === "1",
  nil: () => null,
  base64: (text) => Buffer.from(text, "base64").toString(),
  "dateTime.iso8601": (text) => text,
};

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value))
    throw new SyntaxError(`the answer has ${JSON.stringify(text)} for a number`);
  return value;
}

function tokensOf(xml: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of xml.matchAll(TOKEN)) {
    const [whole, cdata, close, open, empty, text] = match;
    end = match.index + whole.length;
    if (cdata !== undefined) tokens.push({ text: cdata });
    else if (close !== undefined) tokens.push({ close });
    else if (open !== undefined) {
      tokens.push({ open });
      if (empty === "/") tokens.push({ close: open });
    } else if (text !== undefined) tokens.push({ text: unescape(text) });
  }
  if (end !== xml.length) throw new SyntaxError("the answer is not XML");
  return tokens;
}
