import type { LogEvents } from "./log-audience.ts";
import { LogFile } from "./log-file.ts";
import { identitiesOf } from "./open-file.ts";
import { absolute } from "../system/directories.ts";
import type { Clock } from "../ports/clock.ts";

/** One for each host, which has one clock; tests in virtual time have a clock, and writers, of their own. */
const hosts = new WeakMap<Clock, Writers>();

/** The writers of the host that has this clock. */
export function writersOf(clock: Clock): Writers {
  const known = hosts.get(clock) ?? new Writers(clock);
  hosts.set(clock, known);
  return known;
}

/**
 * All files that a host writes to, whichever supervisor or activity log names them: one writer for
 * each file, however it is spelt. Two would rotate it under each other.
 */
export class Writers {
  readonly #clock: Clock;
  readonly #files = new Map<string, LogFile>(); // by name and by identity
  readonly #keys = new Map<LogFile, Set<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one writer of a file, who tells these, too, from now on. */
  get(file: string, events: LogEvents): LogFile {
    return this.#join(absolute(file), events);
  }

  /** Tells them no more; what nobody else needs is given up. */
  quit(file: LogFile, events: LogEvents): void {
    file.abandon();
    file.audience.delete(events);
  }

  /** Whether it is still needed: written to, or to be written to. */
  has(file: LogFile): boolean {
    return this.#keys.has(file);
  }

  #join(name: string, events: LogEvents): LogFile {
    const file = this.#files.get(name) ?? this.#find(name) ?? this.#make(name);
    file.audience.add(events);
    return file;
  }

  /** One that is known by another name. */
  #find(name: string): LogFile | undefined {
    const identities = identitiesOf(name);
    for (const identity of identities) {
      const file = this.#files.get(identity);
      // a number may belong to another file by now
      if (file && identitiesOf(file.file).includes(identity)) return this.#note(file, name);
    }
    return undefined;
  }

  #make(name: string): LogFile {
    const file = new LogFile(name, this.#clock, undefined, () => this.#drop(file));
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
