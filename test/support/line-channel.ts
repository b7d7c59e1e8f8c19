import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { scratch } from "./processes.ts";

/**
 * Hears the lines that processes write to a FIFO, `$CHANNEL`; each is handed out once. Beside it is
 * `$CHANNEL.never`, from which nothing ever comes: see `stay`.
 */
export class LineChannel {
  readonly path: string;
  #end: () => Promise<void> = () => Promise.resolve();
  readonly #lines: string[] = [];
  readonly #waiting: { readonly pattern: RegExp; readonly heard: (line: string) => void }[] = [];

  constructor(t: TestContext) {
    const directory = scratch(t);
    chmodSync(directory, 0o1777); // other users have something to say, too
    this.path = path.join(directory, "channel");
    execFileSync("mkfifo", ["-m", "666", this.path, `${this.path}.never`]);
    const reader = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(this.path, constants.O_WRONLY); // else the first to close ends it
    const socket = new Socket({ fd: reader, readable: true, writable: false });
    createInterface({ input: socket }).on("line", (line) => {
      const index = this.#waiting.findIndex(({ pattern }) => pattern.test(line));
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.heard(line);
      else this.#lines.push(line);
    });
    t.after(async () => {
      try {
        await this.#end();
      } finally {
        socket.destroy();
        closeSync(writer);
      }
    });
  }

  /** The next line that matches; the words of it that the pattern captures, or else all of it. */
  async hear(pattern: RegExp): Promise<string> {
    const index = this.#lines.findIndex((line) => pattern.test(line));
    const line =
      index >= 0
        ? (this.#lines.splice(index, 1)[0] as string)
        : await new Promise<string>((heard) => this.#waiting.push({ pattern, heard }));
    const found = pattern.exec(line);
    return found?.[1] ?? line;
  }

  /** Hears `name pid`, and gives the pid. */
  async pid(name: string): Promise<number> {
    return Number(await this.hear(new RegExp(`^${name} (\\d+)$`)));
  }

  /** Sets what is to be done at the end of the test while somebody still listens. */
  before(end: () => Promise<void>): void {
    this.#end = end;
  }

  /** What was said and not asked for yet. */
  get rest(): readonly string[] {
    return this.#lines;
  }
}
