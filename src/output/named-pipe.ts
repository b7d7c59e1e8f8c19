import { closeSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { Writable } from "node:stream";
import { isMainThread } from "node:worker_threads";
import type { Clock } from "../ports/clock.ts";

/** How soon a pipe that was full is tried again. */
const RETRY_MS = 10;

/**
 * Writes to a pipe that was opened with O_NONBLOCK, and closes it in the end. Does not keep the host
 * alive.
 */
export function pipeWriter(fd: number, clock: Clock): Writable {
  if (!isMainThread) return new TriedPipe(fd, clock);
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.unref();
  return socket;
}

/**
 * In a worker: what it has opened, Node closes at its end, by number, unless `close()` of `node:fs` was
 * called for it. A Socket closes by itself; so Node would close that number again, whoever has it then.
 */
class TriedPipe extends Writable {
  readonly #fd: number;
  readonly #clock: Clock;
  #retry: unknown;

  constructor(fd: number, clock: Clock) {
    super();
    this.#fd = fd;
    this.#clock = clock;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    let rest = chunk;
    const write = () => {
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return done(error as Error);
        this.#retry = this.#clock.setTimeout(write, RETRY_MS, false);
        return;
      }
      done();
    };
    write();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#clock.clearTimeout(this.#retry);
    closeSync(this.#fd);
    done(error);
  }
}
