import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import type { Writable } from "node:stream";
import { exists } from "./kill.ts";
import { LogFile, type LogEvents, type LogUser } from "./logfile.ts";
import type { Clock } from "./ports.ts";

/** How long a named pipe may take for what is still on its way. */
const FAREWELL_MS = 1000;

/** Somewhere bytes go. A promise: nothing more before it settles. */
export interface Destination {
  write(chunk: Uint8Array): Promise<void> | undefined;
  settled(): Promise<void>;
}

interface Logger {
  readonly process: ChildProcess;
  readonly destination: Destination;
}

/** All that the processes of one supervisor write to: one writer for each file. */
export class Logs {
  readonly #files = new Map<string, LogFile>();
  readonly #fifos = new Map<
    string,
    { readonly fd: number; readonly stream: Socket; readonly destination: Destination }
  >();
  readonly #clock: Clock;
  readonly #events: LogEvents;
  #logger: Logger | undefined;
  #isLoggerBroken = false;

  constructor(clock: Clock, events: LogEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The one writer of a file. */
  file(name: string): LogFile {
    const known = this.#files.get(name);
    if (known) return known;
    const file = new LogFile(name, this.#clock, this.#events);
    this.#files.set(name, file);
    return file;
  }

  /** Lets go of a file that somebody has done with. */
  forget(file: LogFile, user: LogUser): void {
    if (!file.unplan(user)) this.#files.delete(file.file);
  }

  /** One with a name of its own; nothing, where it cannot be made. */
  auto(place: AutoPlace): LogFile | undefined {
    try {
      return this.file(makeAutoLog(place));
    } catch (error) {
      const { directory, stem } = place;
      this.#events.failed(path.join(directory, stem), error as NodeJS.ErrnoException);
      return undefined;
    }
  }

  /** A named pipe that somebody else reads; open for as long as the supervisor lives. */
  fifo(file: string): { readonly fd: number; readonly destination: Destination } {
    const known = this.#fifos.get(file);
    if (known) return known;
    const { O_RDWR, O_NONBLOCK } = constants; // for both: no waiting for a reader, no SIGPIPE without one
    const stream = new Socket({
      fd: openSync(file, O_RDWR | O_NONBLOCK),
      readable: false,
      writable: true,
    });
    stream.on("error", (error) => this.#events.failed(file, error));
    stream.unref();
    const fifo = { fd: openSync(file, O_RDWR), stream, destination: new StreamDestination(stream) };
    this.#fifos.set(file, fifo);
    return fifo;
  }

  /**
   * Sends a line to the system's log, by the one `logger` that all share. When a promise comes back,
   * nothing more should be sent before it settles.
   */
  syslog(identifier: string, line: string): Promise<void> | undefined {
    if (this.#isLoggerBroken) return undefined;
    this.#logger ??= this.#startLogger(identifier);
    return this.#logger.destination.write(Buffer.from(`${line}\n`));
  }

  /** How many bytes the system's log has still to take. */
  get syslogBehind(): number {
    return this.#logger?.process.stdin?.writableLength ?? 0;
  }

  /** Lets go of the system's log, and of named pipes. */
  close(): void {
    for (const { fd, stream } of this.#fifos.values()) {
      stream.end();
      this.#clock.setTimeout(() => stream.destroy(), FAREWELL_MS, false); // where nobody reads it
      closeSync(fd);
    }
    this.#fifos.clear();
    for (const file of this.#files.values()) file.abandon();
    this.#logger?.process.stdin?.end();
    this.#logger = undefined;
  }

  #startLogger(identifier: string): Logger {
    const logger = spawn("logger", ["-t", identifier], { stdio: ["pipe", "ignore", "ignore"] });
    logger.on("error", (error) => {
      this.#isLoggerBroken = true;
      this.#events.failed("syslog", error);
    });
    logger.on("exit", () => {
      if (this.#logger?.process === logger) this.#logger = undefined;
    });
    logger.stdin.on("error", () => {});
    logger.unref();
    (logger.stdin as unknown as { unref?: () => void }).unref?.();
    return { process: logger, destination: new StreamDestination(logger.stdin) };
  }
}

/** A stream of the host's, which it goes on owning: never ended by us. */
export class StreamDestination implements Destination {
  readonly #stream: Writable;
  #pending = 0;
  #waiting: Promise<void> | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#stream.destroyed || this.#stream.writableEnded) return undefined;
    this.#pending++;
    const isReady = this.#stream.write(Buffer.from(chunk), () => {
      this.#pending--;
    });
    return isReady ? undefined : this.settled();
  }

  settled(): Promise<void> {
    if (this.#pending === 0 || this.#stream.destroyed || !this.#stream.writableNeedDrain)
      return Promise.resolve();
    this.#waiting ??= new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off("drain", done).off("close", done).off("error", done);
        this.#waiting = undefined;
        resolve();
      };
      this.#stream.once("drain", done).once("close", done).once("error", done);
    });
    return this.#waiting;
  }
}

/** Whether a path is that of a named pipe. */
export function isFifo(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFIFO() ?? false;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it was removed meanwhile: making the new ones tells
  }
}

/** Where an AUTO log is made, and how its name begins. */
interface AutoPlace {
  readonly directory: string;
  readonly stem: string;
}

/**
 * Makes a log file with a name of its own, as supervisord's AUTO, and nobody else may read it. The
 * last part of the name tells whose it is: `L`, our process id, and two characters by chance.
 */
function makeAutoLog({ directory, stem }: AutoPlace): string {
  const owner = process.pid.toString(36).padStart(5, "0");
  for (;;) {
    const file = path.join(
      directory,
      `${stem}-L${owner}${randomInt(36 ** 2)
        .toString(36)
        .padStart(2, "0")}.log`,
    );
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Removes the AUTO logs (and their old ones) of hosts that are gone; never those of others. */
export function removeAutoLogs(directory: string, identifier: string): void {
  const user = process.geteuid?.();
  for (const name of namesIn(directory)) {
    const [, owner, pid = ""] =
      /-std(?:out|err)---(.*)-L([0-9a-z]{5})[0-9a-z]{2}\.log(?:\.\d{1,4})?$/.exec(name) ?? [];
    if (owner !== identifier || exists(Number.parseInt(pid, 36))) continue;
    const file = path.join(directory, name);
    try {
      const stat = lstatSync(file);
      if (stat.isFile() && (user === undefined || stat.uid === user)) unlinkSync(file);
    } catch {
      // somebody else was quicker
    }
  }
}
