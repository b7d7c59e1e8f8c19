/** The fields of the first line of an event. */
export interface Heading {
  /** The supervisor's identifier. */
  readonly server: string;
  /** The number of the event, counted over all events that a pool has taken. */
  readonly serial: number;
  /** The name of the pool. */
  readonly pool: string;
  /** The number of the event, counted over those of the pool. */
  readonly poolserial: number;
  /** The event's type. */
  readonly eventname: string;
}

/**
 * Formats an event as a listener reads it: a line of tokens, and as many characters of payload as
 * `len` says. The payload is UTF-8, see {@link decodable}.
 */
export function envelope(heading: Heading, payload: Uint8Array): Buffer {
  const { server, serial, pool, poolserial, eventname } = heading;
  const line = `ver:3.0 server:${server} serial:${serial} pool:${pool} poolserial:${poolserial} eventname:${eventname} len:${charactersIn(payload)}\n`;
  return Buffer.concat([Buffer.from(line), payload]);
}

/** Counts code points, as Python counts characters: the bytes of UTF-8 that begin one. */
function charactersIn(utf8Bytes: Uint8Array): number {
  let count = 0;
  for (const byte of utf8Bytes) if ((byte & 0xc0) !== 0x80) count++;
  return count;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Returns the bytes, if they are UTF-8; otherwise the text that supervisord sends in their place.
 */
export function decodable(data: Uint8Array): Uint8Array {
  try {
    utf8.decode(data);
    return data;
  } catch {
    return Buffer.from(undecodable(data));
  }
}

/** The text that supervisord has for bytes that are not text. */
export function undecodable(data: Uint8Array): string {
  return `Undecodable: ${pythonBytes(data)}`;
}

/** Formats bytes as Python shows them: `b'caf\xe9\n'`. */
export function pythonBytes(data: Uint8Array): string {
  const quote = data.includes(0x27) && !data.includes(0x22) ? '"' : "'";
  let text = "";
  for (const byte of data) text += shown(byte, quote);
  return `b${quote}${text}${quote}`;
}

const ESCAPES = new Map([
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x5c, "\\\\"],
]);

function shown(byte: number, quote: string): string {
  const escaped = ESCAPES.get(byte);
  if (escaped !== undefined) return escaped;
  const char = String.fromCharCode(byte);
  if (char === quote) return `\\${char}`;
  return byte >= 0x20 && byte < 0x7f ? char : `\\x${byte.toString(16).padStart(2, "0")}`;
}
