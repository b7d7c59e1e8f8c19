import { closeSync, constants, writeSync } from "node:fs";
import { Socket } from "node:net";
import { Writable } from "node:stream";
import { isMainThread } from "node:worker_threads";
import type { Clock } from "../ports/clock.ts";
import { StreamDestination, type Destination } from "./destination.ts";
import { openAgain, openPipe } from "./open-file.ts";

/** The pause before writing again to a pipe that was full. */
const RETRY_MS = 10;
/** How long the reader of a pipe may take for the last bytes after the pipe is closed. */
const CLOSE_MS = 1000;

/** A named pipe that another process reads; open until it is closed here. */
export class NamedPipe {
  readonly destination: Destination;
  readonly #file: string;
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #stream: Writable;

  /**
   * Opens the pipe. `failed` is called when a write fails.
   *
   * @throws the errors of the system
   */
  constructor(file: string, clock: Clock, failed: (error: Error) => void) {
    this.#file = file;
    this.#clock = clock;
    this.#fd = openPipe(file);
    this.#stream = pipeWriter(this.#fd, clock);
    this.#stream.on("error", () => {}); // the write that has failed reports the error
    this.destination = new StreamDestination(this.#stream, { failed, recovered: () => {} });
  }

  /**
   * Opens the pipe for a program that writes directly: all processes that share an open file
   * description share its flags.
   */
  open(): number {
    return openAgain(this.#fd, constants.O_RDWR) ?? openPipe(this.#file);
  }

  /** Closes the pipe when all is written, or after a second: perhaps no process reads it. */
  close(): void {
    this.#stream.end();
    this.#clock.setTimeout(() => this.#stream.destroy(), CLOSE_MS, false);
  }
}

/**
 * Writes to a pipe that was opened with O_NONBLOCK, and closes it at the end. Does not keep the
 * host alive.
 */
function pipeWriter(fd: number, clock: Clock): Writable {
  if (!isMainThread) return new RetryingPipe(fd, clock);
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.unref();
  return socket;
}

/**
 * In a worker, Node closes at its end each descriptor that the worker has opened, by its number, unless
 * `close()` of `node:fs` was called for it. A Socket closes by itself; Node would then close that number
 * again, which may belong to another file by then.
 */
class RetryingPipe extends Writable {
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
