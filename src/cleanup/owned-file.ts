import { lstatSync, unlinkSync, type BigIntStats } from "node:fs";
import path from "node:path";
import { SupervisorError } from "../errors.ts";
import { show } from "../schema/show.ts";

/**
 * The file of that name, to be owned.
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

/** A file that is ours, and no other that may have taken its name since. */
export class OwnedFile {
  readonly path: string;
  readonly #born: BigIntStats;

  /** Remembers the file as it is now; throws if there is none. */
  constructor(file: string) {
    this.path = path.resolve(file);
    this.#born = lstatSync(this.path, { bigint: true });
    if (this.#born.isDirectory()) throw new Error(`EISDIR: is a directory, '${file}'`);
  }

  /** Device, inode and second of the last change, as stat(1) has them: an inode alone is soon used again. */
  get identity(): string {
    const { dev, ino, ctimeNs } = this.#born;
    return `${dev}:${ino}:${ctimeNs / 1_000_000_000n}`;
  }

  /** Whether the name still leads to it. */
  get isThere(): boolean {
    try {
      const { dev, ino, birthtimeNs } = lstatSync(this.path, { bigint: true });
      const born = this.#born;
      return dev === born.dev && ino === born.ino && birthtimeNs === born.birthtimeNs;
    } catch {
      return false;
    }
  }

  /** Removes it, if it is still there. */
  remove(): void {
    try {
      if (this.isThere) unlinkSync(this.path);
    } catch {
      // without permission, or gone meanwhile
    }
  }
}
