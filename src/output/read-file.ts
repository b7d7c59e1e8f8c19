import * as fs from "node:fs";
import { close, openToRead, tryOpenToRead } from "./open-file.ts";

/**
 * Reads a part of a file: from `offset` to the end, or `length` bytes; a negative offset counts from
 * the end. Undefined if there is no regular file.
 */
export async function readPart(
  file: string,
  offset: number,
  length: number,
): Promise<Buffer | undefined> {
  const opened = openToRead(file);
  if (!opened) return undefined;
  const { fd, stat } = opened;
  try {
    const from = offset < 0 ? Math.max(0, stat.size + offset) : Math.min(offset, stat.size);
    const room = Math.max(0, stat.size - from);
    const buffer = Buffer.allocUnsafe(length > 0 ? Math.min(length, room) : room);
    let at = 0;
    while (at < buffer.length) {
      const bytes = await readInThread(fd, buffer.subarray(at), from + at);
      if (bytes === 0) break; // the file became shorter meanwhile
      at += bytes;
    }
    return buffer.subarray(0, at);
  } finally {
    close(fd);
  }
}

/** The reason why a part cannot be read, with the part; undefined if it can. */
export function refusePart(offset: number, length: number): string | undefined {
  if (length >= 0 && !(offset < 0 && length !== 0)) return undefined;
  return `from ${offset}, ${length} bytes: expected a length of 0 or more, and 0 with a negative offset`;
}

function readInThread(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, 0, buffer.length, position, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
}

/**
 * Reads the last bytes before `end`, or of the whole file, synchronously; empty if the file cannot
 * be read.
 */
export function lastBytes(file: string, bytes: number, end = Infinity): Buffer {
  const opened = tryOpenToRead(file);
  if (!opened) return Buffer.alloc(0);
  const { fd, stat } = opened;
  try {
    const size = Math.min(stat.size, end);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, size - buffer.length));
  } catch {
    return Buffer.alloc(0);
  } finally {
    close(fd);
  }
}
