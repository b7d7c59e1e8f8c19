import * as fs from "node:fs";
import { isFull, strictest, type RotationRule, type RotationStep } from "./rotation.ts";
import { Backlog } from "./backlog.ts";
import { emptyFile, openToAppend } from "./open-file.ts";
import type { Clock } from "../ports/clock.ts";
import { carryOut, planRotation } from "./rotate.ts";

/** A write that takes longer than this holds up the host: the next ones go to a thread. */
const SLOW_MS = 5;
/** What is kept for a file that takes nothing: the latest. */
const BACKLOG_BYTES = 1 << 20;
/** How often a file that takes nothing is tried again, and one that is written to is looked for. */
const RETRY_MS = 1000;
/** More steps of a rotation than these are not done in one turn of the event loop. */
const STEPS_AT_ONCE = 256;

const NO_STEPS: readonly RotationStep[] = [];

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
  #former: fs.Stats | undefined; // the next one gets its owner and mode
  #isOutdated = false; // it is to be opened anew, once no thread writes to it
  #turned = -Infinity; // when a rotation was last tried in vain
  /** How writing goes: `thread` while a write is under way in one, `failing` while nothing can be written. */
  #mode: "fast" | "slow" | "thread" | "failing" = "fast";
  #trouble: NodeJS.ErrnoException | undefined; // what was announced
  readonly #backlog = new Backlog();
  #lost = 0;
  #idle: (() => void)[] = [];
  #retry: unknown;
  readonly #unused: () => void;

  /** `unused` is called when the file was closed and nobody is going to write to it. */
  constructor(file: string, clock: Clock, events: LogEvents, unused: () => void = () => {}) {
    this.file = file;
    this.#clock = clock;
    this.#events = events;
    this.#unused = unused;
  }

  /** Somebody is going to write, now and then: from now on it is turned over as he wishes, too. */
  plan(user: LogUser): void {
    this.#plans.add(user);
    this.#judge();
  }

  /** Somebody is not going to write any more. */
  unplan(user: LogUser): void {
    this.#plans.delete(user);
    this.release(user);
    this.#judge();
    if (this.#mode === "fast" || this.#mode === "slow") this.#tellUnused();
  }

  /** How full a file may get, and how many are kept: the strictest of those who write. */
  get rule(): RotationRule {
    return this.#rule;
  }

  /** The descriptor, while it is open: a child may write by itself. */
  get fd(): number | undefined {
    return this.#fd;
  }

  /** Why nothing can be written, or rotated. */
  get trouble(): NodeJS.ErrnoException | undefined {
    return this.#trouble;
  }

  /** How many bytes are kept that have still to be written. */
  get behind(): number {
    return this.#mode === "failing" ? 0 : this.#backlog.bytes; // of those it drops the oldest by itself
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

  /** Gives up what is still kept for a file that takes nothing, if nobody will be there to write it. */
  abandon(): void {
    if (this.#users.size > 0 || this.#plans.size > 0 || this.#mode !== "failing") return;
    this.#backlog.take();
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
      return this.#isInThread ? this.settled() : undefined;
    }
    this.#keep(chunk);
    if (this.#mode === "slow") void this.#writeInThread();
    return this.settled();
  }

  /** Settles when all is written that can be. */
  settled(): Promise<void> {
    if (!this.#isInThread) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Makes it empty, open or not; the rotated ones stay. */
  clear(): void {
    emptyFile(this.file);
    this.#size = Math.min(this.#size, 0); // that of a device is below
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

  /** Asked anew where a call in between may have changed it. */
  get #isInThread(): boolean {
    return this.#mode === "thread";
  }

  #judge(): void {
    this.#rule = strictest([...this.#plans, ...this.#users].map(({ rule }) => rule));
  }

  /** What is to be written to somewhere else from now on is written there: the former file is closed last. */
  #open(): void {
    if (this.#fd !== undefined) this.#remember(fs.fstatSync(this.#fd));
    const { fd, stat } = openToAppend(this.file, this.#former);
    this.#close();
    this.#fd = fd;
    this.#remember(stat);
    this.#size = stat.isFile() ? stat.size : -Infinity; // a device is never full
    this.#looked = this.#clock.now();
  }

  #remember(stat: fs.Stats): void {
    if (stat.isFile()) this.#former = stat;
  }

  /** Closes it; what cannot be written yet is kept until it can. */
  #shut(): void {
    if (this.#backlog.bytes > 0) return this.#flush(); // which comes back here
    this.#clock.clearTimeout(this.#retry);
    this.#mode = "fast";
    this.#close();
    this.#tellUnused();
  }

  #tellUnused(): void {
    if (this.#plans.size === 0 && this.#users.size === 0) this.#unused();
  }

  #close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      fs.closeSync(fd);
    } catch (error) {
      this.#announce(error); // what a remote disk has not taken: the descriptor is closed all the same
    }
  }

  /** What to write to. Now and then, a file that was deleted is noticed, and made anew. */
  #current(): number {
    const now = this.#clock.now();
    if (this.#isOutdated) {
      this.#isOutdated = false;
      this.#open();
    } else if (this.#fd !== undefined && now - this.#looked >= RETRY_MS) {
      this.#looked = now;
      const stat = fs.fstatSync(this.#fd);
      if (stat.nlink === 0) {
        this.#remember(stat);
        this.#close();
      }
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
      for (;;) {
        for (const _ of this.#rotate(this.#stepsDue())) await this.#turn();
        const chunk = this.#backlog.first;
        if (!chunk) break;
        const begun = this.#clock.now();
        const written = await writeSoon(this.#current(), chunk);
        took = Math.max(took, this.#clock.now() - begun);
        this.#backlog.shift(written);
        this.#size += written;
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

  /** Lets the event loop turn once. */
  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, 0, true);
    });
  }

  #turnOver(): void {
    const steps = this.#stepsDue();
    if (steps.length === 0) return;
    if (steps.length > STEPS_AT_ONCE) void this.#writeInThread(); // it does them by and by
    else for (const _ of this.#rotate(steps)); // all at once
  }

  /** What a rotation has to do now, if there is to be one. */
  #stepsDue(): readonly RotationStep[] {
    if (!isFull(this.#size, this.#rule)) return NO_STEPS;
    if (this.#clock.now() - this.#turned < RETRY_MS) return NO_STEPS;
    return planRotation(this.file, this.#rule);
  }

  /**
   * Rotates; yields after each so many steps. A rotation that fails is told, and tried again; what is
   * written meanwhile goes where it went.
   */
  *#rotate(steps: readonly RotationStep[]): Generator<void> {
    if (steps.length === 0) return;
    try {
      for (const [i, step] of steps.entries()) {
        if (step.do === "truncate") {
          if (this.#fd !== undefined) fs.ftruncateSync(this.#fd);
          this.#size = 0;
          return;
        }
        carryOut(step);
        if (i % STEPS_AT_ONCE === STEPS_AT_ONCE - 1) yield;
      }
      this.#open();
      if (this.#turned !== -Infinity) this.#recover();
      this.#turned = -Infinity;
    } catch (error) {
      this.#turned = this.#clock.now();
      this.#announce(error);
    }
  }

  #keep(chunk: Uint8Array): void {
    this.#backlog.push(chunk);
    if (this.#mode === "failing") this.#lost += this.#backlog.trim(BACKLOG_BYTES);
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
    const kept = this.#backlog.take();
    this.#mode = "fast";
    for (const [i, chunk] of kept.entries()) {
      try {
        if (this.#isInThread) this.#keep(chunk); // a long rotation is under way
        else this.#writeNow(chunk);
      } catch (error) {
        this.#mode = "failing";
        for (const later of kept.slice(i + 1)) this.#keep(later);
        this.#fail(error);
        return;
      }
    }
    this.#recover();
    if (this.#users.size === 0 && !this.#isInThread) this.#shut();
  }

  #recover(): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#trouble = undefined;
    this.#events.recovered(this.file, lost);
  }

  #announce(error: unknown): void {
    const cause = error as NodeJS.ErrnoException;
    const known = this.#trouble;
    if (known && known.syscall === cause.syscall && known.code === cause.code) return;
    this.#trouble = cause;
    this.#events.failed(this.file, cause);
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
