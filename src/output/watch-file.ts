import * as fs from "node:fs";
import path from "node:path";
import { close, tryOpenToRead } from "./open-file.ts";
import { DirectoryWatch } from "./watch-directory.ts";

const CHUNK_BYTES = 65_536;

/**
 * Returns the bytes that another process writes to a file, from `tail` bytes before its end on.
 * Begins at the start of the file when the file was truncated or replaced. The kernel reports when
 * the file changes; see {@link DirectoryWatch}.
 */
export function watchFile(
  file: string,
  signal: AbortSignal,
  done: () => void = () => {},
  tail = 0,
): AsyncGenerator<Buffer> {
  const opened = tryOpenToRead(file); // now, and not when the first chunk is read
  if (opened) close(opened.fd);
  const at = Math.max(0, (opened?.stat.size ?? 0) - tail);
  const position: Position = { file, fd: undefined, at };
  const end = () => {
    position.ends = endsOf(position);
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return watchFrom(position, signal, () => {
    signal.removeEventListener("abort", end);
    done();
  });
}

/** What is read next. */
interface Position {
  readonly file: string;
  /** The descriptor of the file; undefined before it is opened. */
  fd: number | undefined;
  at: number;
  /** Where to end, by inode, once the reader is to end: what is written later is not read. */
  ends?: ReadonlyMap<number, number>;
}

async function* watchFrom(
  position: Position,
  signal: AbortSignal,
  done: () => void,
): AsyncGenerator<Buffer> {
  const changes = new Notifier();
  const notify = () => changes.notify();
  // the directory: the file may be replaced
  const watch = new DirectoryWatch(path.dirname(position.file), notify);
  signal.addEventListener("abort", notify);
  position.fd = tryOpenToRead(position.file)?.fd;
  try {
    for (let isLast = false; !isLast; isLast || (await changes.next())) {
      isLast = signal.aborted; // bytes that were written until then are still returned
      for (;;) {
        const chunk = readNext(position);
        if (!chunk) break;
        if (chunk.length > 0) yield chunk;
      }
    }
  } finally {
    signal.removeEventListener("abort", notify);
    watch.close();
    done();
    if (position.fd !== undefined) close(position.fd);
  }
}

/** Reads on; undefined if there is nothing to read now, empty if another file is to be read. */
function readNext(position: Position): Buffer | undefined {
  position.fd ??= tryOpenToRead(position.file)?.fd;
  const { file, fd, ends } = position;
  if (fd === undefined) return undefined;
  const { size, ino } = fs.fstatSync(fd);
  if (size < position.at) position.at = 0;
  const end = ends ? Math.min(size, ends.get(ino) ?? 0) : size;
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(0, end - position.at)));
  const length = fs.readSync(fd, buffer, 0, buffer.length, position.at);
  position.at += length;
  if (length > 0) return buffer.subarray(0, length);
  if ([ino, undefined].includes(statOf(file)?.ino)) return undefined; // a process may still write to a file without a name
  close(fd); // read to its end, and replaced: continue with the file that has the name now
  position.fd = undefined;
  position.at = 0;
  return buffer;
}

/** The sizes of the file that is open and of the file that has the name, by inode. */
function endsOf({ file, fd }: Position): ReadonlyMap<number, number> {
  const stats = [fd === undefined ? undefined : fs.fstatSync(fd), statOf(file)];
  return new Map(stats.flatMap((stat) => (stat ? [[stat.ino, stat.size]] : [])));
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
