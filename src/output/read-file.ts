import * as fs from "node:fs";
import path from "node:path";
import { close, openToRead, type OpenFile } from "./open-file.ts";
import { DirectoryWatch } from "./watch-file.ts";

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
      const bytes = await readSoon(fd, buffer.subarray(at), from + at);
      if (bytes === 0) break; // it was cut meanwhile
      at += bytes;
    }
    return buffer.subarray(0, at);
  } finally {
    close(fd);
  }
}

function readSoon(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, 0, buffer.length, position, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
}

/** The last bytes of a file, at once; nothing if it cannot be read. For the text of an error. */
export function lastBytes(file: string, bytes: number): Buffer {
  const opened = tryOpen(file);
  if (!opened) return Buffer.alloc(0);
  const { fd, stat } = opened;
  try {
    const buffer = Buffer.alloc(Math.min(bytes, stat.size));
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, stat.size - buffer.length));
  } catch {
    return Buffer.alloc(0);
  } finally {
    close(fd);
  }
}

/**
 * What is written to a file by somebody else, from its end on, as it comes; begins anew when the file
 * is cut or replaced. The kernel tells when there is something; see {@link DirectoryWatch}.
 */
export function watchFile(
  file: string,
  signal: AbortSignal,
  done: () => void = () => {},
): AsyncGenerator<Buffer> {
  const opened = tryOpen(file); // now, and not at the first look
  if (opened) close(opened.fd);
  return watchFrom(file, opened?.stat.size ?? 0, signal, done);
}

async function* watchFrom(
  file: string,
  from: number,
  signal: AbortSignal,
  done: () => void,
): AsyncGenerator<Buffer> {
  const bell = new Bell();
  const news = () => bell.ring();
  let fd = tryOpen(file)?.fd;
  let at = from;
  // the directory: the file may be replaced
  const watch = new DirectoryWatch(path.dirname(file), news);
  signal.addEventListener("abort", news);
  try {
    for (let isLast = false; !isLast; isLast || (await bell.heard())) {
      isLast = signal.aborted; // what was written until then still comes
      for (;;) {
        fd ??= tryOpen(file)?.fd;
        if (fd === undefined) break;
        const { size, ino } = fs.fstatSync(fd);
        if (size < at) at = 0;
        const buffer = Buffer.alloc(Math.min(65_536, size - at));
        const length = fs.readSync(fd, buffer, 0, buffer.length, at);
        at += length;
        if (length > 0) yield buffer.subarray(0, length);
        else if ([ino, undefined].includes(lookAt(file)?.ino)) break; // if it has lost its name, its writer has not
        else {
          close(fd); // read to its end, and replaced: go on with the one that has its name
          fd = undefined;
          at = 0;
        }
      }
    }
  } finally {
    signal.removeEventListener("abort", news);
    watch.close();
    done();
    if (fd !== undefined) close(fd);
  }
}

/** Somebody waits for something; a ring while nobody does is not forgotten. */
class Bell {
  #hasRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  async heard(): Promise<void> {
    if (!this.#hasRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#hasRung = false;
  }
}

function tryOpen(file: string): OpenFile | undefined {
  try {
    return openToRead(file);
  } catch {
    return undefined;
  }
}

function lookAt(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined; // there is none, or none that we may see
  }
}
