import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";

/** An element: its child elements in order, and the text directly in it. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
}

/** The bytes are not XML, or have more elements than are read. */
export class XmlError extends Error {
  static {
    this.prototype.name = "XmlError";
  }
}

const MAX_DEPTH = 96;
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

// each begins where the last match ended, and none matches in more than one way
const DECLARATION = /<\?xml\s+version\s*=\s*(?:"1\.\d"|'1\.\d')([^?<>]*)\?>/y;
const ENCODING = /^<\?xml\s[^?<>]*?\sencoding\s*=\s*["']([^"']*)["']/;
const TAG =
  /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ENTITY = /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{1,8}));|&/g;
/** Characters that XML does not allow. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Most texts, which need no further look. */
const PLAIN = /^[\n\u0020-\u0025\u0027-\u003b\u003d\u003f-\u007e]*$/;
const EVERY_FORBIDDEN = new RegExp(FORBIDDEN, "gu");

interface OpenElement {
  readonly name: string;
  readonly children: OpenElement[];
  text: string;
}

/** Limits: a request may come from any caller, an answer comes from the server that was called. */
export interface XmlLimits {
  readonly maxElements: number;
  /** Whether characters that XML does not allow are accepted: supervisord sends logs as they are. */
  readonly isLenient: boolean;
}

const REQUEST_LIMITS: XmlLimits = { maxElements: 50_000, isLenient: false };

/**
 * Reads the XML that XML-RPC needs: elements, text, comments and CDATA. Attributes are skipped.
 * There is no document type, no processing instruction, and no entity but the five of XML and numbers.
 * @throws {XmlError}
 */
export function parseXml(
  bytes: Uint8Array,
  { maxElements, isLenient }: XmlLimits = REQUEST_LIMITS,
): Element {
  const source = decode(bytes, isLenient);
  let at = declared(source);
  let elements = 0;
  let root: OpenElement | undefined;
  const open: OpenElement[] = [];
  while (at < source.length) {
    const next = source.indexOf("<", at);
    const end = next < 0 ? source.length : next;
    addText(open.at(-1), source.slice(at, end));
    at = end;
    if (next < 0) break;
    if (source.startsWith("<!--", at)) {
      at = after(source, "-->", at + 4, "comment");
      continue;
    }
    if (source.startsWith("<![CDATA[", at)) {
      const stop = after(source, "]]>", at + 9, "CDATA");
      const holder = open.at(-1);
      if (!holder) throw new XmlError("CDATA outside of everything");
      holder.text += source.slice(at + 9, stop - 3);
      at = stop;
      continue;
    }
    TAG.lastIndex = at;
    const [tag, slash, name, attributes, isEmpty] = TAG.exec(source) ?? [];
    if (tag === undefined || name === undefined) throw new XmlError(`No tag at ${at}`);
    at += tag.length;
    if (slash) {
      if (attributes || isEmpty || open.pop()?.name !== name)
        throw new XmlError(`</${name}> closes nothing`);
      continue;
    }
    const element: OpenElement = { name, children: [], text: "" };
    if (++elements > maxElements) throw new XmlError("Too many elements");
    const parent = open.at(-1);
    if (parent) parent.children.push(element);
    else if (root) throw new XmlError("More than one root");
    else root = element;
    if (isEmpty) continue;
    if (open.push(element) > MAX_DEPTH) throw new XmlError("Too deep");
  }
  if (!root || open.length > 0) throw new XmlError("It ends too early");
  return root;
}

/** Escapes text for an element, as Python does; characters that XML does not allow become U+FFFD. */
export function escapeXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;") // bare, it would be read as a line feed
    .replaceAll(EVERY_FORBIDDEN, "\ufffd");
}

/** Decodes UTF-8 whatever the declaration says, as supervisord does; other bytes as the declaration says. */
function decode(bytes: Uint8Array, isLenient: boolean): string {
  const decoder = decoderOf(encodingOf(bytes));
  let text: string;
  try {
    text = isUtf8(bytes) ? new TextDecoder().decode(bytes) : decoder.decode(bytes);
  } catch {
    throw new XmlError(`It is not ${decoder.encoding.toUpperCase()}`);
  }
  if (!isLenient && FORBIDDEN.test(text)) throw new XmlError("A character that XML does not have");
  return text.replaceAll(/\r\n?/g, "\n");
}

/** The encoding that the XML declaration names. */
function encodingOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  return ENCODING.exec(start)?.[1] ?? "utf-8";
}

/** A decoder, if the declaration itself is readable in that encoding. */
function decoderOf(encoding: string): TextDecoder {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    if (!decoder.encoding.startsWith("utf-16")) return decoder;
  } catch {
    // Node knows no such encoding
  }
  throw new XmlError(`The encoding ${encoding.slice(0, 40)} is not read`);
}

/** The position behind the XML declaration, if there is one. */
function declared(source: string): number {
  if (!source.startsWith("<?xml")) return 0;
  DECLARATION.lastIndex = 0;
  const [declaration] = DECLARATION.exec(source) ?? [];
  if (declaration === undefined) throw new XmlError("No XML declaration");
  return declaration.length;
}

function after(source: string, mark: string, from: number, what: string): number {
  const at = source.indexOf(mark, from);
  if (at < 0) throw new XmlError(`A ${what} without an end`);
  return at + mark.length;
}

function addText(holder: OpenElement | undefined, raw: string): void {
  if (raw === "") return;
  if (holder) holder.text += raw.includes("&") ? raw.replaceAll(ENTITY, unescape) : raw;
  else if (raw.trim() !== "") throw new XmlError("Text outside of everything");
}

function unescape(entity: string, hex?: string, decimal?: string, name?: string): string {
  if (name !== undefined && Object.hasOwn(NAMED, name)) return NAMED[name] as string;
  const digits = hex ?? decimal;
  const code = digits === undefined ? Number.NaN : Number.parseInt(digits, hex ? 16 : 10);
  if (code <= 0x10_ff_ff) {
    const character = String.fromCodePoint(code);
    if (!FORBIDDEN.test(character)) return character;
  }
  throw new XmlError(`${entity.slice(0, 12)} is no character`);
}
