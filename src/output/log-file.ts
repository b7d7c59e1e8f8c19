import type { Clock } from "../ports/clock.ts";
import { Backlog } from "./backlog.ts";
import { drain } from "./drain.ts";
import { FAST, SLOW, type Mode } from "./log-mode.ts";
import { LogAudience } from "./log-audience.ts";
import { LogUsers, type LogUser } from "./log-users.ts";
import { OpenedLog } from "./opened-log.ts";
import { lastBytes } from "./read-file.ts";
import { Rotator } from "./rotate.ts";
import type { RotationRule } from "./rotation.ts";

/** A write that takes longer than this blocks the host: the next writes are done in a thread. */
const SLOW_MS = 5;
/** How many bytes are kept for a file that cannot be written: the latest. */
const BACKLOG_BYTES = 1 << 20;
/** How often a file that cannot be written is tried again. */
const RETRY_MS = 1000;

/**
 * A file that is appended to and rotated, with one writer for all users of the file. The writer
 * writes synchronously where the disk is fast (which costs least), and in a thread where the disk
 * is slow. Where the file cannot be written, the writer keeps the latest bytes, until it can be
 * written again.
 */
export class LogFile {
  readonly file: string;
  readonly audience: LogAudience;
  readonly #clock: Clock;
  readonly #log: OpenedLog;
  readonly #rotator: Rotator;
  readonly #users = new LogUsers();
  readonly #backlog = new Backlog();
  readonly #unused: () => void;
  #mode: Mode = FAST;

  /** Calls `unused` when the file was closed and no user is going to write to it. */
  constructor(file: string, clock: Clock, unused: () => void = () => {}) {
    this.file = file;
    this.#clock = clock;
    this.#unused = unused;
    this.audience = new LogAudience(file);
    this.#log = new OpenedLog(file, clock, this.audience);
    this.#rotator = new Rotator(this.#log, this.#users, clock, this.audience);
  }

  /** The strictest rule of the users: how full a file may get, and how many are kept. */
  get rule(): RotationRule {
    return this.#users.rule;
  }

  /** The descriptor, while the file is open: a child may write to it directly. */
  get fd(): number | undefined {
    return this.#log.fd;
  }

  /** The number of bytes that have still to be written. */
  get behind(): number {
    return this.#mode.name === "failing" ? 0 : this.#backlog.bytes; // a failing log drops the oldest bytes itself
  }

  /** Adds a user, which is going to write now and then: from now on the rule of the user counts. */
  plan(user: LogUser): void {
    this.#users.plan(user);
  }

  /** Removes a user, which is not going to write any more. */
  unplan(user: LogUser): void {
    this.#users.unplan(user);
    this.release(user);
    if (this.#mode.name === "fast" || this.#mode.name === "slow") this.#reportUnused();
  }

  /** Opens the file for the first user that writes; it stays open while there is such a user. */
  acquire(user: LogUser): void {
    this.#users.begin(user);
    if (this.fd !== undefined) return;
    try {
      this.#log.open();
      const isWell = this.#mode.name === "fast" && !this.#rotator.isFailing;
      if (isWell && this.audience.failure !== undefined) this.audience.recovered(0);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Closes the file after the last user that writes, once all bytes are written that can be. */
  release(user: LogUser): void {
    if (!this.#users.end(user)) return;
    if (!this.#users.isWriting && !this.#isInThread) this.#shut();
  }

  /** Drops the bytes that are kept for a file that cannot be written, if no user is left. */
  abandon(): void {
    if (!this.#users.isEmpty || this.#mode.name !== "failing") return;
    this.#backlog.take();
    this.#shut();
  }

  /** Appends a chunk. If a promise is returned, the caller must not send more before it settles. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    switch (this.#mode.name) {
      case "fast":
        this.#writeTimed(chunk);
        return this.#isInThread ? this.settled() : undefined;
      case "slow":
        this.#backlog.push(chunk);
        void this.#writeInThread();
        return this.settled();
      case "inThread":
        this.#backlog.push(chunk);
        return this.settled();
      default:
        this.#keep(chunk); // the process continues
        return undefined;
    }
  }

  /** Settles when all bytes are written that can be. */
  settled(): Promise<void> {
    const mode = this.#mode;
    if (mode.name !== "inThread") return Promise.resolve();
    return new Promise((resolve) => {
      mode.waiting.push(resolve);
    });
  }

  /** Returns the last bytes of what was written, or has still to be written. */
  last(bytes: number): Buffer {
    const kept = this.#backlog.last(bytes);
    const length = bytes - kept.length;
    if (length === 0) return kept;
    // a thread may have written a part of what is kept
    const end = this.fd === undefined ? Infinity : Math.max(0, this.#log.size);
    return Buffer.concat([lastBytes(this.file, length, end), kept]);
  }

  /** Empties the file, open or not; rotated files stay. */
  clear(): void {
    this.#log.clear();
  }

  /** Opens the file again after it was renamed (by logrotate). */
  reopen(): void {
    if (this.fd === undefined) return;
    if (this.#isInThread) return this.#log.outdate();
    try {
      this.#log.open();
    } catch (error) {
      this.audience.failed(error);
    }
  }

  get #isInThread(): boolean {
    return this.#mode.name === "inThread";
  }

  #writeTimed(chunk: Uint8Array): void {
    const begun = this.#clock.now();
    try {
      this.#writeNow(chunk);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#mode === FAST && this.#clock.now() - begun > SLOW_MS) this.#mode = SLOW;
  }

  /** Writes a chunk at once. Keeps the bytes that cannot be written. */
  #writeNow(chunk: Uint8Array): void {
    let at = 0;
    try {
      this.#log.refresh();
      while (at < chunk.length) at += this.#log.write(chunk.subarray(at));
    } catch (error) {
      this.#keep(chunk.subarray(at));
      throw error;
    }
    if (!this.#rotator.rotateNow()) void this.#writeInThread(); // which lets the event loop turn
  }

  #keep(chunk: Uint8Array): void {
    this.#backlog.push(chunk);
    if (this.#mode.name === "failing") this.#mode.lost += this.#backlog.trim(BACKLOG_BYTES);
  }

  async #writeInThread(): Promise<void> {
    const waiting: (() => void)[] = [];
    this.#mode = { name: "inThread", waiting };
    try {
      const tookMs = await drain(this.#backlog, this.#log, this.#rotator, this.#clock);
      this.#mode = tookMs > SLOW_MS / 2 ? SLOW : FAST;
    } catch (error) {
      this.#fail(error);
    }
    for (const resolve of waiting) resolve();
    if (!this.#users.isWriting) this.#shut();
  }

  #fail(error: unknown): void {
    const lost = this.#endRetries();
    const retry = this.#clock.setTimeout(() => this.#flush(), RETRY_MS, false);
    this.#mode = { name: "failing", retry, lost };
    this.audience.failed(error);
  }

  /** Returns how many bytes were lost while the log was failing. */
  #endRetries(): number {
    if (this.#mode.name !== "failing") return 0;
    this.#clock.clearTimeout(this.#mode.retry);
    return this.#mode.lost;
  }

  /** Tries again to write the kept bytes. */
  #flush(): void {
    try {
      this.#log.refresh();
    } catch (error) {
      return this.#fail(error);
    }
    const lost = this.#endRetries();
    const kept = this.#backlog.take();
    this.#mode = FAST;
    for (const [i, chunk] of kept.entries()) {
      try {
        if (this.#isInThread) this.#keep(chunk); // a long rotation is running
        else this.#writeNow(chunk);
      } catch (error) {
        this.#mode = { name: "failing", retry: undefined, lost };
        for (const later of kept.slice(i + 1)) this.#keep(later);
        return this.#fail(error);
      }
    }
    this.audience.recovered(lost);
    if (!this.#users.isWriting && !this.#isInThread) this.#shut();
  }

  /** Closes the file. Bytes that cannot be written yet are kept until they can. */
  #shut(): void {
    if (this.#backlog.bytes > 0) return this.#flush(); // the flush calls this again
    this.#endRetries();
    this.#mode = FAST;
    this.#log.close();
    this.#reportUnused();
  }

  #reportUnused(): void {
    if (this.#users.isEmpty) this.#unused();
  }
}
