import { lstatSync, unlinkSync, type BigIntStats } from "node:fs";
import path from "node:path";
import { SupervisorError } from "../errors.ts";
import { show } from "../schema/show.ts";

/**
 * Identifies the file of that name, which is to be removed later.
 * @throws {SupervisorError} `NO_FILE`
 */
export function findToOwn(file: string): OwnedFile {
  try {
    return new OwnedFile(file);
  } catch (cause) {
    const message = `Cannot own ${show(file)}: ${(cause as Error).message}`;
    throw new SupervisorError("NO_FILE", message, { cause });
  }
}

/** The identity of a file that is ours: another file may take its name later. */
export class OwnedFile {
  readonly path: string;
  readonly #born: BigIntStats;

  /** Remembers the file as it is now; throws if there is no such file. */
  constructor(file: string) {
    this.path = path.resolve(file);
    this.#born = lstatSync(this.path, { bigint: true });
    if (this.#born.isDirectory()) throw new Error(`EISDIR: is a directory, '${file}'`);
  }

  /**
   * Device, inode and second of the last change, as stat(1) prints them. The inode alone is not
   * enough: it is soon used again.
   */
  get identity(): string {
    const { dev, ino, ctimeNs } = this.#born;
    return `${dev}:${ino}:${ctimeNs / 1_000_000_000n}`;
  }

  /** Whether the name still leads to this file. */
  get isThere(): boolean {
    try {
      const { dev, ino, birthtimeNs } = lstatSync(this.path, { bigint: true });
      const born = this.#born;
      return dev === born.dev && ino === born.ino && birthtimeNs === born.birthtimeNs;
    } catch {
      return false;
    }
  }

  /** Removes the file, if it is still there. */
  remove(): void {
    try {
      if (this.isThere) unlinkSync(this.path);
    } catch {
      // no permission, or the file was removed meanwhile
    }
  }
}
