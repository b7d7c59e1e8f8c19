import * as fs from "node:fs";
import type { Clock } from "../ports/clock.ts";
import type { LogAudience } from "./log-audience.ts";
import { emptyFile, openToAppend } from "./open-file.ts";

/** How often the existence of an open file is checked: it may have been deleted. */
const LOOK_MS = 1000;

/** The descriptor of a log file: opened to append, opened again when the file was deleted or renamed. */
export class OpenedLog {
  readonly file: string;
  readonly #clock: Clock;
  readonly #audience: LogAudience;
  #fd: number | undefined;
  #size = 0;
  #looked = 0;
  #former: fs.Stats | undefined; // the next file gets the owner and the mode of this one
  #isOutdated = false;

  constructor(file: string, clock: Clock, audience: LogAudience) {
    this.file = file;
    this.#clock = clock;
    this.#audience = audience;
  }

  /** The descriptor, while it is open. */
  get fd(): number | undefined {
    return this.#fd;
  }

  /** The size in bytes; below 0 for a device, which is never full. */
  get size(): number {
    return this.#size;
  }

  /** Opens the file by its name. The former descriptor is closed last: until then it can be written to. */
  open(): void {
    if (this.#fd !== undefined) this.#remember(fs.fstatSync(this.#fd));
    const { fd, stat } = openToAppend(this.file, this.#former);
    this.close();
    this.#fd = fd;
    this.#isOutdated = false;
    this.#remember(stat);
    this.#size = stat.isFile() ? stat.size : -Infinity;
    this.#looked = this.#clock.now();
  }

  /** Makes the next write open the file again: until then, a thread uses the descriptor. */
  outdate(): void {
    this.#isOutdated = true;
  }

  /** Opens the file if that is needed. Now and then, it checks whether the file was deleted. */
  refresh(): void {
    const now = this.#clock.now();
    if (this.#isOutdated) {
      this.#isOutdated = false;
      this.open();
    } else if (this.#fd !== undefined && now - this.#looked >= LOOK_MS) {
      this.#looked = now;
      const stat = fs.fstatSync(this.#fd);
      if (stat.nlink === 0) {
        this.#remember(stat);
        this.close();
      }
    }
    if (this.#fd === undefined) this.open();
  }

  /** Writes as many of the bytes as the system takes at once; returns how many. */
  write(chunk: Uint8Array): number {
    const written = fs.writeSync(this.#descriptor, chunk);
    this.#size += written;
    return written;
  }

  /** The same, in a thread. */
  async writeInThread(chunk: Uint8Array): Promise<number> {
    const written = await writeSoon(this.#descriptor, chunk);
    this.#size += written;
    return written;
  }

  /** Empties the file that is open. */
  truncate(): void {
    if (this.#fd !== undefined) fs.ftruncateSync(this.#fd);
    this.#size = 0;
  }

  /** Empties the file that has the name, open or not. */
  clear(): void {
    emptyFile(this.file);
    this.#size = Math.min(this.#size, 0);
  }

  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      fs.closeSync(fd);
    } catch (error) {
      this.#audience.failed(error); // a remote disk has not taken all bytes; the descriptor is closed anyway
    }
  }

  get #descriptor(): number {
    if (this.#fd === undefined)
      throw new Error("The log is not open. This is a bug in libsupervisor");
    return this.#fd;
  }

  #remember(stat: fs.Stats): void {
    if (stat.isFile()) this.#former = stat;
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
