import { execFile } from "node:child_process";
import {
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import type { Writable } from "node:stream";
import { isMainThread } from "node:worker_threads";
import { isPidInUse } from "../system/signals.ts";
import { temporaryDirectories } from "../system/directories.ts";
import { isWindows } from "../system/platform.ts";
import { isShortage, needPipes, spareDescriptors } from "../system/shortage.ts";

/** A one-way pipe: what is written to `write` can be read from `read`, which does not block. */
export interface Fifo {
  readonly read: number;
  readonly write: number;
}

/**
 * The beginning of the names of the directories in which FIFOs have a name, for some milliseconds;
 * a pid follows.
 */
const PREFIX = "libsupervisor-fifo-";
/** The number of FIFOs for the next few starts, which one call of mkfifo makes. */
const BATCH = 64;

/**
 * FIFOs without a name. Node's own pipes are socket pairs: two to three times slower on small writes,
 * and a child cannot open them again by name (`/dev/stdout`).
 */
export class Fifos {
  readonly #ready: Fifo[] = [];
  // what a worker has opened, Node closes at its end, by number, also where a Socket has closed it
  // before, and another file has the number by then: there, Node's own pipes serve
  #isImpossible = isWindows || !isMainThread;
  readonly #tidied = new Set<string>();
  readonly #places: () => Iterable<string>;

  /** `places` returns the directories to try, in this order. */
  constructor(places: () => Iterable<string> = temporaryDirectories) {
    this.#places = places;
  }

  get canMake(): boolean {
    return !this.#isImpossible;
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** Returns a FIFO that is ready; the caller closes both ends. */
  take(): Fifo | undefined {
    return this.#ready.pop();
  }

  /**
   * Makes up to `count` FIFOs, and at least `least`, if enough descriptors are left for the host
   * itself. Rejects if there are not enough, and with any other failure after which a later attempt
   * may succeed.
   */
  async make(count: number, least: number): Promise<void> {
    if (this.#isImpossible) return;
    const some = affordable(Math.min(count, BATCH), least);
    let problem: Error | undefined;
    for (const base of this.#places()) {
      try {
        return await this.#makeIn(base, some);
      } catch (error) {
        if (isShortage(error)) throw error;
        if (isMissing(error)) {
          this.#isImpossible = true; // no mkfifo: Node's pipes are used
          return;
        }
        problem ??= error as Error; // the directory is full, or takes no FIFOs: another directory may
      }
    }
    throw problem ?? new Error("there is no directory for temporary files");
  }

  async #makeIn(base: string, count: number): Promise<void> {
    let directory: string | undefined;
    let files: readonly string[] = [];
    try {
      if (!this.#tidied.has(base)) removeLeftovers(base);
      this.#tidied.add(base);
      directory = mkdtempSync(path.join(base, `${PREFIX}${process.pid}-`));
      const place = path.join(directory, "fifo");
      files = Array.from({ length: count }, (_, i) => `${place}${i}`);
      await mkfifo(files);
      for (const file of files) this.#ready.push(openBoth(file));
      files = []; // they have no names any more
    } finally {
      // not rmSync: it needs a descriptor, and none may be left
      for (const file of files) tryTo(() => unlinkSync(file));
      if (directory !== undefined) tryTo(() => rmdirSync(directory as string));
    }
  }

  /** Closes the FIFOs that were not taken. */
  close(): void {
    for (const fifo of this.#ready.splice(0)) closeFifo(fifo);
  }
}

/**
 * Computes how many FIFOs can be made, with one more descriptor for each start, which takes for
 * example `least` FIFOs.
 * @throws EMFILE or ENFILE if the number is less than `least`
 */
function affordable(count: number, least: number): number {
  for (let some = Math.max(count, least); ; some = Math.max(least, some >> 1)) {
    try {
      spareDescriptors(2 * some + Math.ceil(some / least));
      return some;
    } catch (error) {
      if (some === least) throw error;
    }
  }
}

function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // the directory was removed already, or the next host removes it
  }
}

/** Removes the directories of hosts that were killed while they made FIFOs: the names have the pid. */
function removeLeftovers(base: string): void {
  const user = process.geteuid?.();
  for (const name of readdirSync(base)) {
    const pid = name.startsWith(PREFIX)
      ? Number.parseInt(name.slice(PREFIX.length), 10)
      : Number.NaN;
    const place = path.join(base, name);
    try {
      if (Number.isNaN(pid) || isPidInUse(pid) || lstatSync(place).uid !== user) continue;
      rmSync(place, { recursive: true, force: true });
    } catch {
      // another host was quicker
    }
  }
}

/** Writes to a FIFO, and closes that end at the end. */
export function writerOf({ write }: Fifo): Writable {
  return new Socket({ fd: write, readable: false, writable: true });
}

/** Closes both ends. */
export function closeFifo({ read, write }: Fifo): void {
  closeSync(read);
  closeSync(write);
}

function openBoth(file: string): Fifo {
  const read = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const write = openSync(file, constants.O_WRONLY);
    unlinkSync(file);
    return { read, write };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}

function mkfifo(files: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    needPipes(3);
    execFile("mkfifo", ["-m", "600", ...files], { timeout: 5000 }, (error, _, said) => {
      if (!error) resolve();
      else if (typeof error.code === "string") reject(error); // it was not started
      else reject(new Error(said.split("\n", 1)[0] || error.message));
    });
  });
}

/** Whether no program that makes FIFOs exists, or none that may be executed. */
function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall?.startsWith("spawn") ?? false;
}
