import type { LogEvents } from "./log-audience.ts";
import { LogFile } from "./log-file.ts";
import { identitiesOf } from "./open-file.ts";
import { absolute } from "../system/directories.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * One object for each host, which has one clock; a test in virtual time has its own clock, and its
 * own files.
 */
const hosts = new WeakMap<Clock, HostLogs>();

/** The log files of the host that has this clock. */
export function hostLogsOf(clock: Clock): HostLogs {
  const known = hosts.get(clock) ?? new HostLogs(clock);
  hosts.set(clock, known);
  return known;
}

/**
 * All log files of a host, shared by its supervisors and activity logs: one writer for each file,
 * however its name is spelt. Two writers would each rotate the file while the other writer writes
 * to it.
 */
export class HostLogs {
  readonly #clock: Clock;
  readonly #files = new Map<string, LogFile>(); // by name and by identity
  readonly #keys = new Map<LogFile, Set<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns the one writer of a file. From now on, the writer reports failures to this audience,
   * too.
   */
  get(file: string, events: LogEvents): LogFile {
    return this.#join(absolute(file), events);
  }

  /**
   * Stops reporting failures to this audience. A file without users drops the bytes that it could
   * not write.
   */
  quit(file: LogFile, events: LogEvents): void {
    file.abandon();
    file.audience.delete(events);
  }

  /** Whether the file still has users, or bytes to be written. */
  has(file: LogFile): boolean {
    return this.#keys.has(file);
  }

  #join(name: string, events: LogEvents): LogFile {
    const file = this.#files.get(name) ?? this.#find(name) ?? this.#make(name);
    file.audience.add(events);
    return file;
  }

  /** Finds a file that is known by another name. */
  #find(name: string): LogFile | undefined {
    const identities = identitiesOf(name);
    for (const identity of identities) {
      const file = this.#files.get(identity);
      // the inode number may belong to another file by now
      if (file && identitiesOf(file.file).includes(identity)) return this.#note(file, name);
    }
    return undefined;
  }

  #make(name: string): LogFile {
    const file = new LogFile(name, this.#clock, () => this.#drop(file));
    this.#keys.set(file, new Set());
    return this.#note(file, name);
  }

  #note(file: LogFile, name: string): LogFile {
    for (const key of [name, ...identitiesOf(name)]) {
      this.#keys.get(file)?.add(key);
      this.#files.set(key, file);
    }
    return file;
  }

  #drop(file: LogFile): void {
    for (const key of this.#keys.get(file) ?? []) {
      if (this.#files.get(key) === file) this.#files.delete(key);
    }
    this.#keys.delete(file);
  }
}
