import { descendantsOf } from "../cleanup/descendants.ts";
import type { RunMarks } from "../cleanup/run-mark.ts";
import type { Identity } from "../system/proc.ts";

/** The descendants of a process that were seen while it lived: they may be out of sight when it has ended. */
export class SeenDescendants {
  readonly #known = new Map<string, Identity>(); // by pid and beginning
  #looking: Promise<Identity[]> | undefined;

  /** All that were seen by any look. */
  get known(): readonly Identity[] {
    return [...this.#known.values()];
  }

  /** A look that is not over. */
  get looking(): Promise<unknown> | undefined {
    return this.#looking;
  }

  /** Looks at them, and adds them to those known; a promise while they are many. */
  look(marks: RunMarks): Promise<void> | undefined {
    const found = this.#looking ?? visible(marks);
    if (!Array.isArray(found)) {
      this.#looking = found;
      return found.then((all) => {
        this.#looking = undefined;
        this.#add(all);
      });
    }
    this.#add(found);
    return undefined;
  }

  #add(found: readonly Identity[]): void {
    for (const one of found) this.#known.set(`${one.pid} ${one.began}`, one);
  }
}

/** The descendants; without some of them in a shortage: then their marks have to do. */
function visible(marks: RunMarks): Identity[] | Promise<Identity[]> {
  try {
    const found = descendantsOf(marks);
    return Array.isArray(found) ? found : found.catch(() => []);
  } catch {
    return [];
  }
}
