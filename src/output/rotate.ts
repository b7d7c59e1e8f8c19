import * as fs from "node:fs";
import type { Clock } from "../ports/clock.ts";
import type { LogAudience } from "./log-audience.ts";
import type { LogUsers } from "./log-users.ts";
import type { OpenedLog } from "./opened-log.ts";
import { freeNumber, isFull, rotationSteps, type RotationStep } from "./rotation.ts";

/** A file above this size is closed in a thread: to free its blocks takes time. */
const LARGE_BYTES = 1 << 20;
/** The pause after a failed rotation before the next attempt. */
const RETRY_MS = 1000;
/** The largest number of steps of a rotation in one turn of the event loop. */
const STEPS_AT_ONCE = 256;

const NO_STEPS: readonly RotationStep[] = [];

/**
 * Rotates one log file. A failed rotation is tried again; until then, bytes are written to the full
 * file.
 */
export class Rotator {
  readonly #log: OpenedLog;
  readonly #users: LogUsers;
  readonly #clock: Clock;
  readonly #audience: LogAudience;
  #failedAt = -Infinity;

  constructor(log: OpenedLog, users: LogUsers, clock: Clock, audience: LogAudience) {
    this.#log = log;
    this.#users = users;
    this.#clock = clock;
    this.#audience = audience;
  }

  /** Whether the last rotation has failed. */
  get isFailing(): boolean {
    return this.#failedAt !== -Infinity;
  }

  /** Rotates a full file. Returns false if that takes too long for one turn of the event loop. */
  rotateNow(): boolean {
    const steps = this.#stepsDue();
    if (steps.length > STEPS_AT_ONCE) return false;
    for (const _ of this.#run(steps)); // runs all steps
    return true;
  }

  /** Rotates a full file; yields where the event loop may turn. */
  rotate(): Iterable<void> {
    return this.#run(this.#stepsDue());
  }

  #stepsDue(): readonly RotationStep[] {
    const { rule } = this.#users;
    if (!isFull(this.#log.size, rule)) return NO_STEPS;
    if (this.#clock.now() - this.#failedAt < RETRY_MS) return NO_STEPS;
    const isTaken = (n: number) => isThere(`${this.#log.file}.${n}`);
    return rotationSteps(this.#log.file, rule, freeNumber(isTaken, rule.backups));
  }

  *#run(steps: readonly RotationStep[]): Generator<void> {
    if (steps.length === 0) return;
    try {
      for (const [i, step] of steps.entries()) {
        if (step.do === "truncate") {
          this.#log.truncate();
          return;
        }
        carryOut(step);
        if (i % STEPS_AT_ONCE === STEPS_AT_ONCE - 1) yield;
      }
      this.#log.open();
      if (this.isFailing) this.#audience.recovered(0);
      this.#failedAt = -Infinity;
    } catch (error) {
      this.#failedAt = this.#clock.now();
      this.#audience.failed(error);
    }
  }
}

/** Removes or renames a file; a missing file is not an error. */
function carryOut(step: Exclude<RotationStep, { readonly do: "truncate" }>): void {
  try {
    if (step.do === "remove") removeSoon(step.file);
    else fs.renameSync(step.file, step.to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // the renaming reports the reason
  }
}

/** Removes a file; a thread frees the blocks of a large file. */
function removeSoon(file: string): void {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return;
  let fd: number | undefined;
  if (stat.isFile() && stat.size > LARGE_BYTES) {
    const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
    try {
      fd = fs.openSync(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    } catch {
      // the file cannot be read, but perhaps removed
    }
  }
  try {
    fs.unlinkSync(file);
  } finally {
    if (fd !== undefined) fs.close(fd);
  }
}
