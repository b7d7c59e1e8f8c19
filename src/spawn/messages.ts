import { show } from "../schema/show.ts";

/** The longest message, in bytes of JSON. */
const LONGEST = 64 << 20;

const LINE_FEED = 10;

/** A message as it was received, or a description of what is no message. */
export type Received =
  | {
      readonly value: unknown;
      /** Whether the sender waits for the receipt of a handle that came with the message. */
      readonly hasHandle?: true;
    }
  | { readonly problem: string };

/** Reads the messages of Node's protocol: a line of JSON for each. */
export class MessageReader {
  #parts: Uint8Array[] = []; // of the line that has not ended
  #length = 0;

  /** Takes a chunk, which may end anywhere. Returns the messages that it completes. */
  *push(chunk: Uint8Array): Generator<Received, void> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      this.#add(chunk.subarray(start, end === -1 ? undefined : end));
      if (this.#length > LONGEST) {
        yield { problem: `a message of more than ${LONGEST} bytes` };
        return;
      }
      if (end === -1) return;
      const line = Buffer.concat(this.#parts, this.#length);
      this.#parts = [];
      this.#length = 0;
      yield* parse(line);
      start = end + 1;
    }
  }

  #add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
  }
}

/** Node's own messages (`NODE_…`) are for Node, but one is the envelope of a message. */
function* parse(line: Buffer): Generator<Received> {
  const text = line.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    yield { problem: `text that is not JSON: ${show(text)}` };
    return;
  }
  const { cmd, msg } = (value ?? {}) as { readonly cmd?: unknown; readonly msg?: unknown };
  if (cmd === "NODE_HANDLE") yield { value: msg, hasHandle: true };
  else if (typeof cmd !== "string" || !cmd.startsWith("NODE_")) yield { value };
}
