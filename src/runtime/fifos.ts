import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** One way: what is written to `write` can be read from `read`, which does not block. */
export interface Fifo {
  readonly read: number;
  readonly write: number;
}

/** As many as one call of mkfifo makes. */
const BATCH = 128;

/**
 * FIFOs without a name. Node's own pipes are socket pairs: two to three times slower on small writes,
 * and a child cannot open them anew (`/dev/stdout`).
 */
export class Fifos {
  readonly #ready: Fifo[] = [];
  #isImpossible = process.platform === "win32";

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
    let directory: string | undefined;
    try {
      directory = mkdtempSync(path.join(tmpdir(), "libsupervisor-"));
      const place = path.join(directory, "fifo");
      const files = Array.from({ length: Math.min(count, BATCH) }, (_, i) => `${place}${i}`);
      await mkfifo(files);
      for (const file of files) this.#ready.push(openBoth(file));
    } catch (error) {
      const isPassing = ["EMFILE", "ENFILE", "EAGAIN"].includes(codeOf(error));
      if (!isPassing) this.#isImpossible = true; // no mkfifo, no place: Node's pipes serve
    } finally {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    }
  }

  /** Closes those that nobody took. */
  close(): void {
    for (const fifo of this.#ready.splice(0)) closeFifo(fifo);
  }
}

function closeFifo({ read, write }: Fifo): void {
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
    execFile("mkfifo", ["-m", "600", ...files], { timeout: 5000 }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
