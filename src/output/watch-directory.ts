import * as fs from "node:fs";
import { systemClock } from "../system/clock.ts";

/** How often a directory is read if the kernel cannot watch it. */
const LOOK_MS = 500;

/**
 * Calls `changed` when something happens in a directory, as the kernel reports it. If the kernel
 * cannot watch the directory (no inotify instance or watch is left, or the directory was removed or
 * replaced), calls `changed` every half second, until the kernel can. Does not keep the host alive.
 * Uses the system's clock: files change in real time, also where a test has its own clock.
 */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #changed: () => void;
  #watcher: fs.FSWatcher | undefined;
  #inode: number | undefined;
  #timer: unknown;
  #isClosed = false;

  constructor(directory: string, changed: () => void) {
    this.#directory = directory;
    this.#changed = changed;
    this.#begin();
  }

  close(): void {
    this.#isClosed = true;
    this.#watcher?.close();
    systemClock.clearTimeout(this.#timer);
  }

  #begin(): void {
    this.#inode = inodeOf(this.#directory);
    try {
      this.#watcher = fs.watch(this.#directory, { persistent: false });
      this.#watcher.on("change", () => this.#noticed());
      this.#watcher.on("error", () => this.#lose());
    } catch {
      this.#lose();
    }
  }

  #noticed(): void {
    if (inodeOf(this.#directory) === this.#inode) this.#changed();
    else this.#lose(); // another directory has the name now, or none has
  }

  #lose(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#isClosed) return;
    systemClock.clearTimeout(this.#timer);
    const look = () => {
      this.#begin(); // first: nothing falls in between
      this.#changed();
    };
    this.#timer = systemClock.setTimeout(look, LOOK_MS, false);
  }
}

function inodeOf(directory: string): number | undefined {
  try {
    return fs.statSync(directory).ino;
  } catch {
    return undefined;
  }
}
