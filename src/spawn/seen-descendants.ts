import { descendantsOf } from "../cleanup/descendants.ts";
import type { RunMarks } from "../cleanup/run-mark.ts";
import type { Identity } from "../system/proc.ts";

/** The descendants of a process that were seen while it lived: they may not be found after its exit. */
export class SeenDescendants {
  readonly #known = new Map<string, Identity>(); // by pid and start time
  #looking: Promise<Identity[]> | undefined;

  /** All descendants that any look has found. */
  get known(): readonly Identity[] {
    return [...this.#known.values()];
  }

  /** A look that is not over. */
  get looking(): Promise<unknown> | undefined {
    return this.#looking;
  }

  /** Finds the descendants, and adds them to the known ones. Returns a promise if they are many. */
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

/** Finds the descendants; some may be missing if resources are lacking: then the marks must be enough. */
function visible(marks: RunMarks): Identity[] | Promise<Identity[]> {
  try {
    const found = descendantsOf(marks);
    return Array.isArray(found) ? found : found.catch(() => []);
  } catch {
    return [];
  }
}
