import * as fs from "node:fs";
import path from "node:path";
import { close, tryOpenToRead } from "./open-file.ts";
import { DirectoryWatch } from "./watch-directory.ts";

const CHUNK_BYTES = 65_536;

/**
 * The bytes that another process writes to a file, from its end on, as they come; begins at the beginning
 * when the file is cut or replaced. The kernel tells when there is something; see {@link DirectoryWatch}.
 */
export function watchFile(
  file: string,
  signal: AbortSignal,
  done: () => void = () => {},
): AsyncGenerator<Buffer> {
  const opened = tryOpenToRead(file); // now, and not when the first chunk is asked for
  if (opened) close(opened.fd);
  return watchFrom(file, opened?.stat.size ?? 0, signal, done);
}

async function* watchFrom(
  file: string,
  from: number,
  signal: AbortSignal,
  done: () => void,
): AsyncGenerator<Buffer> {
  const changes = new Notifier();
  const notify = () => changes.notify();
  let fd = tryOpenToRead(file)?.fd;
  let at = from;
  // the directory: the file may be replaced
  const watch = new DirectoryWatch(path.dirname(file), notify);
  signal.addEventListener("abort", notify);
  try {
    for (let isLast = false; !isLast; isLast || (await changes.next())) {
      isLast = signal.aborted; // what was written until then still comes
      for (;;) {
        fd ??= tryOpenToRead(file)?.fd;
        if (fd === undefined) break;
        const { size, ino } = fs.fstatSync(fd);
        if (size < at) at = 0;
        const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
        const length = fs.readSync(fd, buffer, 0, buffer.length, at);
        at += length;
        if (length > 0) yield buffer.subarray(0, length);
        else if ([ino, undefined].includes(statOf(file)?.ino)) break; // a file without a name may still be written to
        else {
          close(fd); // read to its end, and replaced: go on with the one that has its name
          fd = undefined;
          at = 0;
        }
      }
    }
  } finally {
    signal.removeEventListener("abort", notify);
    watch.close();
    done();
    if (fd !== undefined) close(fd);
  }
}

/** Wakes the one that waits; a notification that comes before it waits is not forgotten. */
class Notifier {
  #isNotified = false;
  #wake: (() => void) | undefined;

  notify(): void {
    this.#isNotified = true;
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#isNotified) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isNotified = false;
  }
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined; // there is none, or none that we may see
  }
}
