import * as fs from "node:fs";
import path from "node:path";
import { close, tryOpenToRead } from "./open-file.ts";
import { DirectoryWatch } from "./watch-directory.ts";

const CHUNK_BYTES = 65_536;

/**
 * Returns the bytes that another process writes to a file, from its end on. Begins at the start of
 * the file when the file was truncated or replaced. The kernel reports when the file changes; see
 * {@link DirectoryWatch}.
 */
export function watchFile(
  file: string,
  signal: AbortSignal,
  done: () => void = () => {},
): AsyncGenerator<Buffer> {
  const opened = tryOpenToRead(file); // now, and not when the first chunk is read
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
      isLast = signal.aborted; // bytes that were written until then are still returned
      for (;;) {
        fd ??= tryOpenToRead(file)?.fd;
        if (fd === undefined) break;
        const { size, ino } = fs.fstatSync(fd);
        if (size < at) at = 0;
        const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
        const length = fs.readSync(fd, buffer, 0, buffer.length, at);
        at += length;
        if (length > 0) yield buffer.subarray(0, length);
        else if ([ino, undefined].includes(statOf(file)?.ino)) break; // a process may still write to a file without a name
        else {
          close(fd); // read to its end, and replaced: continue with the file that has the name now
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

/** Wakes the waiting reader. A notification that comes before the reader waits is not lost. */
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
    return undefined; // there is no file, or the host may not read it
  }
}
