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
import { exists } from "./kill.ts";
import { temporaryDirectory } from "./places.ts";
import { needPipes } from "./shortage.ts";

/** One way: what is written to `write` can be read from `read`, which does not block. */
export interface Fifo {
  readonly read: number;
  readonly write: number;
}

/** How the directories are called in which FIFOs have a name, for some milliseconds; a pid follows. */
const PREFIX = "libsupervisor-fifo-";
/** As many as one call of mkfifo makes. */
const BATCH = 128;

/**
 * FIFOs without a name. Node's own pipes are socket pairs: two to three times slower on small writes,
 * and a child cannot open them anew (`/dev/stdout`).
 */
export class Fifos {
  readonly #ready: Fifo[] = [];
  // what a worker has opened, Node closes at its end, by number, also where a Socket has closed it
  // before, and somebody else has the number by then: there, what spawn() makes serves
  #isImpossible = process.platform === "win32" || !isMainThread;
  #isTidy = false;

  get canMake(): boolean {
    return !this.#isImpossible;
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** One of those that were made; whoever takes it closes both ends. */
  take(): Fifo | undefined {
    return this.#ready.pop();
  }

  /** Makes some. Where that cannot be done, there are none from then on. */
  async make(count: number): Promise<void> {
    if (this.#isImpossible) return;
    let directory: string | undefined;
    let files: readonly string[] = [];
    try {
      const base = temporaryDirectory();
      if (!this.#isTidy) removeLeftovers(base);
      this.#isTidy = true;
      directory = mkdtempSync(path.join(base, `${PREFIX}${process.pid}-`));
      const place = path.join(directory, "fifo");
      files = Array.from({ length: Math.min(count, BATCH) }, (_, i) => `${place}${i}`);
      await mkfifo(files);
      for (const file of files) this.#ready.push(openBoth(file));
      files = []; // they have no names any more
    } catch (error) {
      const isPassing = ["EMFILE", "ENFILE", "EAGAIN"].includes(codeOf(error));
      if (!isPassing) this.#isImpossible = true; // no mkfifo, no place: Node's pipes serve
    } finally {
      // not rmSync: it wants a descriptor, of which there may be none left
      for (const file of files) tryTo(() => unlinkSync(file));
      if (directory !== undefined) tryTo(() => rmdirSync(directory as string));
    }
  }

  /** Closes those that nobody took. */
  close(): void {
    for (const fifo of this.#ready.splice(0)) closeFifo(fifo);
  }
}

function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // it is gone already, or the next host does it
  }
}

/** A host that was killed while it made some has left their directory: it names whose it was. */
function removeLeftovers(base: string): void {
  const user = process.geteuid?.();
  for (const name of readdirSync(base)) {
    const pid = name.startsWith(PREFIX)
      ? Number.parseInt(name.slice(PREFIX.length), 10)
      : Number.NaN;
    const place = path.join(base, name);
    try {
      if (Number.isNaN(pid) || exists(pid) || lstatSync(place).uid !== user) continue;
      rmSync(place, { recursive: true, force: true });
    } catch {
      // somebody else was quicker
    }
  }
}

/** Writes to one, and closes that end in the end. */
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
    execFile("mkfifo", ["-m", "600", ...files], { timeout: 5000 }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
