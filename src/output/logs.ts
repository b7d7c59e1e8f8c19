import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, constants, lstatSync, openSync, readdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import type { Writable } from "node:stream";
import { StreamDestination, type Destination } from "./destination.ts";
import { exists } from "../system/signals.ts";
import type { LogEvents } from "./log-audience.ts";
import type { LogFile } from "./log-file.ts";
import type { LogUser } from "./log-users.ts";
import { pipeWriter } from "./named-pipe.ts";
import { openAgain, openPipe } from "./open-file.ts";
import type { Clock } from "../ports/clock.ts";
import { isShortage, needPipes } from "../system/shortage.ts";
import { writersOf, type Writers } from "./writers.ts";

/** How long a named pipe may take for what is still on its way. */
const FAREWELL_MS = 1000;

/** How long to wait before `logger` is tried again, where it could not be started for want of something. */
const LOGGER_RETRY_MS = 1000;
/** How many names an AUTO log is tried with. */
const AUTO_TRIES = 100;

interface NamedPipe {
  /** Opens it for a program that writes by itself: who shares an open file description shares its flags. */
  readonly open: () => number;
  readonly destination: Destination;
}

interface Logger {
  readonly process: ChildProcess;
  readonly destination: Destination;
}

interface Guest {
  readonly destination: StreamDestination;
  /** Ends the hearing of its errors. */
  readonly leave: () => void;
}

/** All that the processes of one supervisor, or its activity log, write to. */
export class Logs {
  readonly #users = new Map<LogUser, string>(); // who is going to write, and to which file
  readonly #files = new Map<LogUser, LogFile>();
  readonly #used = new Set<LogFile>();
  readonly #streams = new Map<Writable, Guest>();
  readonly #fifos = new Map<string, NamedPipe & { readonly stream: Writable }>();
  readonly #clock: Clock;
  readonly #writers: Writers;
  readonly #events: LogEvents;
  #isInUse = false;
  #logger: Logger | undefined;
  #loggerDue = -Infinity; // when one may be started
  #loggerTrouble: string | undefined; // what was told

  constructor(clock: Clock, events: LogEvents) {
    this.#clock = clock;
    this.#writers = writersOf(clock);
    this.#events = events;
  }

  /**
   * Somebody is going to write to a file, now and then. Nothing is looked at, and the other writers of
   * the host are not concerned, before the first of all starts to write.
   */
  plan(user: LogUser, file: string): void {
    this.#users.set(user, file);
    if (this.#isInUse) this.#join(user, file);
  }

  /** The one writer of the file that was planned; from now on, all are taken into account. */
  file(user: LogUser): LogFile | undefined {
    if (!this.#isInUse) {
      this.#isInUse = true;
      for (const [each, file] of this.#users) this.#join(each, file);
    }
    return this.#files.get(user);
  }

  /** The same, if anybody has started to write. */
  known(user: LogUser): LogFile | undefined {
    return this.#files.get(user);
  }

  /** Somebody has done with his file. */
  forget(user: LogUser): void {
    const file = this.#files.get(user);
    this.#users.delete(user);
    this.#files.delete(user);
    file?.unplan(user);
    if (file && !this.#writers.has(file)) this.#used.delete(file);
  }

  /** A file with a name of its own, the same for good; nothing, where it cannot be made. */
  auto(user: LogUser, place: AutoPlace): LogFile | undefined {
    try {
      return this.#files.get(user) ?? this.#join(user, makeAutoLog(place));
    } catch (error) {
      const { directory, stem } = place;
      this.#events.failed(path.join(directory, stem), error as NodeJS.ErrnoException);
      return undefined;
    }
  }

  /** A stream that others own: a `Writable` of the host's, or its standard output. */
  stream(stream: Writable, name: string): StreamDestination {
    const known = this.#streams.get(stream);
    if (known) return known.destination;
    const destination = new StreamDestination(stream, {
      failed: (error) => this.#events.failed(name, error),
      recovered: (lost) => this.#events.recovered(name, lost),
    });
    const failed = (error: Error) => destination.fail(error);
    const isStandard = stream === process.stdout || stream === process.stderr;
    if (!isStandard) stream.on("error", failed); // of those, the rest of the host's code may want to die
    this.#streams.set(stream, { destination, leave: () => stream.off("error", failed) });
    return destination;
  }

  /** A named pipe that somebody else reads, open for as long as the supervisor lives; nothing, where it cannot be opened. */
  fifo(file: string): NamedPipe | undefined {
    const known = this.#fifos.get(file);
    if (known) return known;
    try {
      const fd = openPipe(file);
      const stream = pipeWriter(fd, this.#clock);
      const events = {
        failed: (error: Error) => this.#events.failed(file, error),
        recovered: () => {},
      };
      stream.on("error", () => {}); // the write that has failed tells
      const destination = new StreamDestination(stream, events);
      const open = () => openAgain(fd, constants.O_RDWR) ?? openPipe(file);
      const fifo = { open, stream, destination };
      this.#fifos.set(file, fifo);
      return fifo;
    } catch (error) {
      this.#events.failed(file, error as Error);
      return undefined;
    }
  }

  /**
   * Sends a line to the system's log, by the one `logger` that all share. When a promise comes back,
   * nothing more should be sent before it settles.
   */
  syslog(identifier: string, line: string): Promise<void> | undefined {
    if (!this.#logger && this.#clock.now() >= this.#loggerDue) this.#startLogger(identifier);
    return this.#logger?.destination.write(Buffer.from(`${line}\n`));
  }

  /** How many bytes the system's log has still to take. */
  get syslogBehind(): number {
    return this.#logger?.process.stdin?.writableLength ?? 0;
  }

  /** Lets go of the system's log, and of named pipes. */
  close(): void {
    for (const { stream } of this.#fifos.values()) {
      stream.end();
      this.#clock.setTimeout(() => stream.destroy(), FAREWELL_MS, false); // where nobody reads it
    }
    this.#fifos.clear();
    for (const { leave } of this.#streams.values()) leave();
    this.#streams.clear();
    for (const file of this.#used) this.#writers.quit(file, this.#events);
    this.#used.clear();
    if (this.#logger) this.#dismiss(this.#logger);
    this.#logger = undefined;
  }

  /** Ends `logger` when it has read all; one that does not read is killed: a write to it would hold the host. */
  #dismiss({ process: child }: Logger): void {
    child.stdin?.end();
    const tooLong = () => {
      child.stdin?.destroy();
      child.kill("SIGKILL");
    };
    const timer = this.#clock.setTimeout(tooLong, FAREWELL_MS, false);
    child.once("exit", () => this.#clock.clearTimeout(timer));
  }

  #join(user: LogUser, name: string): LogFile {
    const file = this.#writers.get(name, this.#events);
    file.plan(user);
    this.#files.set(user, file);
    this.#used.add(file);
    return file;
  }

  #startLogger(identifier: string): void {
    const failed = (error: NodeJS.ErrnoException) => {
      const { code = "" } = error;
      this.#logger = undefined;
      this.#loggerDue = isShortage(error) ? this.#clock.now() + LOGGER_RETRY_MS : Infinity;
      if (code !== this.#loggerTrouble) this.#events.failed("syslog", error);
      this.#loggerTrouble = code;
    };
    try {
      needPipes(1);
      const logger = spawn("logger", ["-t", identifier], { stdio: ["pipe", "ignore", "ignore"] });
      logger.on("error", failed);
      const stdin = logger.stdin as ChildProcess["stdin"]; // none, where descriptors are lacking
      if (!stdin) return;
      logger.on("exit", () => {
        if (this.#logger?.process === logger) this.#logger = undefined;
      });
      stdin.on("error", () => {});
      logger.unref();
      (stdin as unknown as { unref?: () => void }).unref?.();
      const events = { failed: () => {}, recovered: () => {} }; // its exit tells, and another one is started
      this.#logger = { process: logger, destination: new StreamDestination(stdin, events) };
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
    }
  }
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
 * last part of the name tells whose it is: `L`, our process id, and eight characters by chance, as
 * those of mkstemp.
 */
function makeAutoLog({ directory, stem }: AutoPlace): string {
  const owner = process.pid.toString(36).padStart(5, "0");
  const random = () => randomInt(36).toString(36);
  for (let tries = 1; ; tries++) {
    const chance = Array.from({ length: 8 }, random).join("");
    const file = path.join(directory, `${stem}-L${owner}${chance}.log`);
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
      return file;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "EEXIST";
      if (!isTaken || tries === AUTO_TRIES) throw error;
    }
  }
}

/** Removes the AUTO logs (and their old ones) of hosts that are gone; never those of others. */
export function removeAutoLogs(directory: string, identifier: string): void {
  const user = process.geteuid?.();
  for (const name of namesIn(directory)) {
    const [, owner, pid = ""] =
      /-std(?:out|err)---(.*)-L([0-9a-z]{5})[0-9a-z]{8}\.log(?:\.\d{1,4})?$/.exec(name) ?? [];
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
