import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { LogFile } from "../../src/output/log-file.ts";

/** Who writes to a file, and by which rule. */
export const user = (maxbytes = 0, backups = 10) => ({ rule: { maxbytes, backups } });

/** A file's bytes, one character each. */
export const read = (file: string) => readFileSync(file, "latin1");

/** Bytes of a text, one for each character. */
export const bytes = (text: string) => Buffer.from(text, "latin1");

/** Writes what the file takes, or keeps, at once: nobody has to wait. */
export function put(log: LogFile, data: string | Uint8Array): void {
  const busy = log.write(typeof data === "string" ? bytes(data) : data);
  assert.equal(busy, undefined, "it was not written at once");
}
