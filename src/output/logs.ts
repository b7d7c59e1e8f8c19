import path from "node:path";
import type { Writable } from "node:stream";
import type { Clock } from "../ports/clock.ts";
import { makeAutoLog, type AutoPlace } from "./auto-log.ts";
import { StreamDestination } from "./destination.ts";
import { hostLogsOf, type HostLogs } from "./host-logs.ts";
import type { LogEvents } from "./log-audience.ts";
import type { LogFile } from "./log-file.ts";
import type { LogUser } from "./log-users.ts";
import { NamedPipe } from "./named-pipe.ts";
import { Syslog } from "./syslog.ts";

interface HostStream {
  readonly destination: StreamDestination;
  readonly endListening: () => void;
}

/**
 * All outputs of the processes of one supervisor, or of an activity log. Files belong to the host:
 * they are shared with its other supervisors and activity logs.
 */
export class Logs {
  readonly #planned = new Map<LogUser, string>(); // the file that each user is going to write to
  readonly #files = new Map<LogUser, LogFile>();
  readonly #joined = new Set<LogFile>();
  readonly #streams = new Map<Writable, HostStream>();
  readonly #fifos = new Map<string, NamedPipe>();
  readonly #clock: Clock;
  readonly #hostLogs: HostLogs;
  readonly #syslog: Syslog;
  readonly #events: LogEvents;
  #isInUse = false;

  constructor(clock: Clock, events: LogEvents) {
    this.#clock = clock;
    this.#hostLogs = hostLogsOf(clock);
    this.#syslog = new Syslog(clock, (error) => events.failed("syslog", error));
    this.#events = events;
  }

  /**
   * Plans that a user is going to write to a file, now and then. This has no effect, and the rule
   * does not count for the file, before the first of all users starts to write.
   */
  plan(user: LogUser, file: string): void {
    this.#planned.set(user, file);
    if (this.#isInUse) this.#join(user, file);
  }

  /** Returns the one writer of the planned file. From now on, the rules of all users count. */
  file(user: LogUser): LogFile | undefined {
    if (!this.#isInUse) {
      this.#isInUse = true;
      for (const [each, file] of this.#planned) this.#join(each, file);
    }
    return this.#files.get(user);
  }

  /** The same, if a user has started to write. */
  known(user: LogUser): LogFile | undefined {
    return this.#files.get(user);
  }

  /** Removes the plan: the user is not going to write to its file any more. */
  forget(user: LogUser): void {
    const file = this.#files.get(user);
    this.#planned.delete(user);
    this.#files.delete(user);
    file?.unplan(user);
    if (file && !this.#hostLogs.has(file)) this.#joined.delete(file);
  }

  /**
   * Creates an AUTO log; returns the same path at each call, or undefined where the file cannot be
   * created.
   */
  auto(user: LogUser, place: AutoPlace): LogFile | undefined {
    try {
      return this.#files.get(user) ?? this.#join(user, makeAutoLog(place));
    } catch (error) {
      const { directory, stem } = place;
      this.#events.failed(path.join(directory, stem), error as NodeJS.ErrnoException);
      return undefined;
    }
  }

  /** Returns a stream that the host owns: a `Writable`, or its standard output. */
  stream(stream: Writable, name: string): StreamDestination {
    const known = this.#streams.get(stream);
    if (known) return known.destination;
    const destination = new StreamDestination(stream, {
      failed: (error) => this.#events.failed(name, error),
      recovered: (lost) => this.#events.recovered(name, lost),
    });
    const failed = (error: Error) => destination.fail(error);
    const isStandard = stream === process.stdout || stream === process.stderr;
    if (!isStandard) stream.on("error", failed); // an error of these without a listener ends the host, which may be intended
    this.#streams.set(stream, { destination, endListening: () => stream.off("error", failed) });
    return destination;
  }

  /**
   * Opens a named pipe that another process reads, until `close()`; undefined where it cannot be
   * opened.
   */
  fifo(file: string): NamedPipe | undefined {
    const known = this.#fifos.get(file);
    if (known) return known;
    const failed = (error: Error) => this.#events.failed(file, error);
    try {
      const fifo = new NamedPipe(file, this.#clock, failed);
      this.#fifos.set(file, fifo);
      return fifo;
    } catch (error) {
      failed(error as Error);
      return undefined;
    }
  }

  /** Returns the system's log, by the one `logger` process that all users share. */
  get syslog(): Pick<Syslog, "write" | "behind"> {
    return this.#syslog;
  }

  /** Closes the system's log, named pipes and streams, and files that no user writes to. */
  close(): void {
    for (const fifo of this.#fifos.values()) fifo.close();
    this.#fifos.clear();
    for (const { endListening } of this.#streams.values()) endListening();
    this.#streams.clear();
    for (const file of this.#joined) this.#hostLogs.quit(file, this.#events);
    this.#joined.clear();
    this.#syslog.close();
  }

  #join(user: LogUser, name: string): LogFile {
    const file = this.#hostLogs.get(name, this.#events);
    file.plan(user);
    this.#files.set(user, file);
    this.#joined.add(file);
    return file;
  }
}
