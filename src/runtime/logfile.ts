import * as fs from "node:fs";
import { isFull, rotationSteps, strictest, type RotationRule } from "../core/rotation.ts";
import type { Clock } from "./ports.ts";

/** A write that takes longer than this holds up the host: the next ones go to a thread. */
const SLOW_MS = 5;
/** What is kept for a file that takes nothing: the latest. */
const BACKLOG_BYTES = 1 << 20;
/** How often a file that takes nothing is tried again, and one that is written to is looked for. */
const RETRY_MS = 1000;

/** Whom a log file tells. */
export interface LogEvents {
  /** Nothing can be written (once for each cause); `lost` bytes had to be dropped by now. */
  failed(file: string, error: NodeJS.ErrnoException): void;
  /** All that was kept is written. */
  recovered(file: string, lost: number): void;
}

/** Somebody's wish to write to a file. */
export interface LogUser {
  readonly rule: RotationRule;
}

/**
 * A file that is appended to and rotated, by one writer for all who name it. Writes at once where the
 * disk is fast (it costs least), in a thread where it is slow, and keeps the latest bytes where it
 * takes nothing, until it does again.
 */
export class LogFile {
  readonly file: string;
  readonly #clock: Clock;
  readonly #events: LogEvents;
  readonly #plans = new Set<LogUser>();
  readonly #users = new Set<LogUser>();
  #rule: RotationRule = { maxbytes: 0, backups: 0 };
  #fd: number | undefined;
  #size = 0;
  #looked = 0;
  #permissions = 0o666; // those of the former file, where there was one
  #isOutdated = false; // it is to be opened anew, once no thread writes to it
  #turned = -Infinity; // when a rotation was last tried in vain
  /** How writing goes: `thread` while a write is under way in one, `failing` while nothing can be written. */
  #mode: "fast" | "slow" | "thread" | "failing" = "fast";
  #trouble: string | undefined; // what was announced
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #lost = 0;
  #idle: (() => void)[] = [];
  #retry: unknown;

  constructor(file: string, clock: Clock, events: LogEvents) {
    this.file = file;
    this.#clock = clock;
    this.#events = events;
  }

  /** Somebody is going to write, now and then: from now on it is turned over as he wishes, too. */
  plan(user: LogUser): void {
    this.#plans.add(user);
    this.#judge();
  }

  /** Somebody is not going to write any more; is anybody? */
  unplan(user: LogUser): boolean {
    this.release(user);
    this.#plans.delete(user);
    this.#judge();
    return this.#plans.size > 0 || this.#mode === "failing" || this.#mode === "thread";
  }

  /** How full a file may get, and how many are kept: the strictest of those who write. */
  get rule(): RotationRule {
    return this.#rule;
  }

  /** The descriptor, while it is open: a child may write by itself. */
  get fd(): number | undefined {
    return this.#fd;
  }

  /** How many bytes are kept that have still to be written. */
  get behind(): number {
    return this.#mode === "failing" ? 0 : this.#queued; // of those it drops the oldest by itself
  }

  /** Opens the file for the first user; it stays open while there is one. */
  acquire(user: LogUser): void {
    this.#users.add(user);
    this.#judge();
    if (this.#fd !== undefined) return;
    try {
      this.#open();
      const isWell = this.#mode === "fast" && this.#turned === -Infinity;
      if (isWell && this.#trouble !== undefined) this.#recover();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Closes the file behind the last user, once all is written that can be. */
  release(user: LogUser): void {
    if (!this.#users.delete(user)) return;
    this.#judge();
    if (this.#users.size === 0 && this.#mode !== "thread") this.#shut();
  }

  /** Gives up what is still kept for a file that takes nothing: nobody will be there to write it. */
  abandon(): void {
    if (this.#users.size > 0 || this.#mode !== "failing") return;
    this.#queue.length = 0;
    this.#queued = 0;
    this.#shut();
  }

  /** Appends. When a promise comes back, nothing more should be sent before it settles. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#mode === "failing") {
      this.#keep(chunk); // the process lives on
      return undefined;
    }
    if (this.#mode === "fast") {
      const begun = this.#clock.now();
      try {
        this.#writeNow(chunk);
      } catch (error) {
        this.#fail(error);
      }
      if (this.#mode === "fast" && this.#clock.now() - begun > SLOW_MS) this.#mode = "slow";
      return undefined;
    }
    this.#keep(chunk);
    if (this.#mode === "slow") void this.#writeInThread();
    return this.settled();
  }

  /** Settles when all is written that can be. */
  settled(): Promise<void> {
    if (this.#mode !== "thread") return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Makes it empty, open or not; the rotated ones stay. */
  clear(): void {
    try {
      fs.truncateSync(this.file);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    this.#size = 0;
  }

  /** Opens it again, for one whose name was taken away (by logrotate). */
  reopen(): void {
    this.#isOutdated = this.#mode === "thread"; // which has the descriptor
    if (this.#fd === undefined || this.#isOutdated) return;
    try {
      this.#open();
    } catch (error) {
      this.#announce(error);
    }
  }

  #judge(): void {
    this.#rule = strictest([...this.#plans, ...this.#users].map(({ rule }) => rule));
  }

  /** What is to be written to somewhere else from now on is written there: the former file is closed last. */
  #open(): void {
    const fd = openToAppend(this.file, this.#permissions);
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = fd;
    const stat = fs.fstatSync(fd);
    this.#size = stat.isFile() ? stat.size : -Infinity; // a device is never full
    if (stat.isFile()) this.#permissions = stat.mode & 0o777;
    this.#looked = this.#clock.now();
  }

  /** Closes it; what cannot be written yet is kept until it can. */
  #shut(): void {
    if (this.#queued > 0) return this.#flush(); // which comes back here
    this.#clock.clearTimeout(this.#retry);
    this.#mode = "fast";
    this.#close();
  }

  #close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** What to write to. Now and then, a file that was deleted is noticed, and made anew. */
  #current(): number {
    const now = this.#clock.now();
    if (this.#isOutdated) {
      this.#isOutdated = false;
      this.#open();
    } else if (this.#fd !== undefined && now - this.#looked >= RETRY_MS) {
      this.#looked = now;
      if (fs.fstatSync(this.#fd).nlink === 0) this.#close();
    }
    if (this.#fd === undefined) this.#open();
    return this.#fd as unknown as number;
  }

  /** What cannot be written is kept. */
  #writeNow(chunk: Uint8Array): void {
    let at = 0;
    try {
      const fd = this.#current();
      while (at < chunk.length) at += fs.writeSync(fd, chunk, at);
    } catch (error) {
      this.#keep(chunk.subarray(at));
      throw error;
    } finally {
      this.#size += at;
    }
    this.#turnOver();
  }

  async #writeInThread(): Promise<void> {
    this.#mode = "thread";
    let took = 0;
    try {
      for (let chunk; (chunk = this.#queue[0]);) {
        const begun = this.#clock.now();
        const written = await writeSoon(this.#current(), chunk);
        took = Math.max(took, this.#clock.now() - begun);
        this.#queued -= written;
        if (written < chunk.length) this.#queue[0] = chunk.subarray(written);
        else this.#queue.shift();
        this.#size += written;
        this.#turnOver();
      }
      this.#mode = took > SLOW_MS / 2 ? "slow" : "fast";
    } catch (error) {
      this.#fail(error);
    }
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
    if (this.#users.size === 0) this.#shut();
  }

  /** A rotation that fails is told, and tried again; what is written meanwhile goes where it went. */
  #turnOver(): void {
    if (!isFull(this.#size, this.#rule)) return;
    const now = this.#clock.now();
    if (now - this.#turned < RETRY_MS) return;
    try {
      for (const step of rotationSteps(this.file, this.#rule)) {
        if (step.do === "truncate") {
          if (this.#fd !== undefined) fs.ftruncateSync(this.#fd);
          this.#size = 0;
          return;
        }
        tolerateMissing(() => {
          if (step.do === "remove") removeSoon(step.file);
          else fs.renameSync(step.file, step.to);
        });
      }
      this.#open();
      if (this.#turned !== -Infinity) this.#recover();
      this.#turned = -Infinity;
    } catch (error) {
      this.#turned = now;
      this.#announce(error);
    }
  }

  #keep(chunk: Uint8Array): void {
    this.#queue.push(new Uint8Array(chunk)); // it is only lent
    this.#queued += chunk.length;
    if (this.#mode !== "failing") return;
    while (this.#queued > BACKLOG_BYTES) {
      const first = this.#queue[0] as Uint8Array;
      const excess = Math.min(first.length, this.#queued - BACKLOG_BYTES);
      if (excess === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(excess);
      this.#queued -= excess;
      this.#lost += excess;
    }
  }

  #fail(error: unknown): void {
    this.#mode = "failing";
    this.#announce(error);
    this.#clock.clearTimeout(this.#retry);
    this.#retry = this.#clock.setTimeout(() => this.#flush(), RETRY_MS, false);
  }

  /** Tries what has failed. */
  #flush(): void {
    try {
      this.#current();
    } catch (error) {
      this.#fail(error);
      return;
    }
    const kept = this.#queue.splice(0);
    this.#queued = 0;
    this.#mode = "fast";
    for (const [i, chunk] of kept.entries()) {
      try {
        this.#writeNow(chunk);
      } catch (error) {
        this.#mode = "failing";
        for (const later of kept.slice(i + 1)) this.#keep(later);
        this.#fail(error);
        return;
      }
    }
    this.#recover();
    if (this.#users.size === 0) this.#shut();
  }

  #recover(): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#trouble = undefined;
    this.#events.recovered(this.file, lost);
  }

  #announce(error: unknown): void {
    const cause = error as NodeJS.ErrnoException;
    const trouble = `${cause.syscall} ${cause.code}`;
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#events.failed(this.file, cause);
  }
}

/** A link that somebody else has laid is not followed: it could lead root to any file. */
function openToAppend(file: string, permissions: number): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants; // the last is not on Windows
  const flags = O_WRONLY | O_APPEND | O_CREAT;
  const link = linkAt(file);
  if (!link) return fs.openSync(file, flags | O_NOFOLLOW, permissions);
  if (link.uid !== 0 && link.uid !== process.geteuid?.()) {
    const message = `EPERM: a symbolic link that belongs to uid ${link.uid}, open '${file}'`;
    throw Object.assign(new Error(message), { code: "EPERM", syscall: "open" });
  }
  return fs.openSync(file, flags, permissions);
}

/** The symbolic link of that name, if it is one. */
function linkAt(file: string): fs.Stats | undefined {
  try {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() ? stat : undefined;
  } catch {
    return undefined; // opening it will tell
  }
}

function writeSoon(fd: number, chunk: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, chunk, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}

/** Removes a file whose blocks a thread gives back: that of a large one takes its time. */
function removeSoon(file: string): void {
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch {
    // not to be read, but perhaps to be removed
  }
  try {
    fs.unlinkSync(file);
  } finally {
    if (fd !== undefined) fs.close(fd);
  }
}

function tolerateMissing(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
