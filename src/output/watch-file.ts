import * as fs from "node:fs";
import { systemClock } from "../system/clock.ts";

/** How often a directory is looked at of which the system does not tell. */
const LOOK_MS = 500;

/**
 * Calls `news` when something happens in a directory, as the kernel tells it. Where the kernel cannot
 * (no inotify instance or watch is left, the directory is gone or was replaced), it calls `news` every
 * half second, until the kernel can. Does not keep the host alive.
 */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #news: () => void;
  #watcher: fs.FSWatcher | undefined;
  #inode: number | undefined;
  #timer: unknown;
  #isClosed = false;

  constructor(directory: string, news: () => void) {
    this.#directory = directory;
    this.#news = news;
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
      this.#watcher.on("change", () => this.#heard());
      this.#watcher.on("error", () => this.#lose());
    } catch {
      this.#lose();
    }
  }

  #heard(): void {
    if (inodeOf(this.#directory) === this.#inode) this.#news();
    else this.#lose(); // another directory has the name now, or none
  }

  #lose(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#isClosed) return;
    systemClock.clearTimeout(this.#timer);
    const look = () => {
      this.#begin(); // first: nothing falls in between
      this.#news();
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
