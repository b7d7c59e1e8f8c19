import { Cgroup, cgroupBase } from "../system/cgroup.ts";
import { isShortage } from "../system/shortage.ts";
import { exists } from "../system/signals.ts";

/** The cgroups of one supervisor. */
export class Cgroups {
  readonly #failed: (reason: string) => void;
  readonly #open = new Set<Cgroup>();
  #base: string | undefined;
  #isDisabled = false;

  /** `failed` is told why none can be made, once. */
  constructor(failed: (reason: string) => void) {
    this.#failed = failed;
  }

  /** The numbers of those that were not removed. */
  get runs(): readonly number[] {
    return [...this.#open].map(({ run }) => run);
  }

  /**
   * What the paths of all begin with; empty where none can be made.
   * @throws where something is lacking to find it
   */
  prefix(): string {
    try {
      this.#base ??= cgroupBase(exists);
      return Cgroup.prefix(this.#base);
    } catch (error) {
      if (isShortage(error)) throw error;
      return "";
    }
  }

  /**
   * Makes one for a run; undefined where none can be made.
   * @throws where something is lacking to make it
   */
  make(run: number): Cgroup | undefined {
    if (this.#isDisabled) return undefined;
    try {
      this.#base ??= cgroupBase(exists);
      const cgroup = Cgroup.make(this.#base, run);
      this.#open.add(cgroup);
      return cgroup;
    } catch (error) {
      // EAGAIN: as many as the system allows
      if (isShortage(error) && (error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      this.#isDisabled = true;
      this.#failed((error as Error).message);
      return undefined;
    }
  }

  /** Removes one that is empty. */
  remove(cgroup: Cgroup): void {
    cgroup.remove();
    this.#open.delete(cgroup);
  }
}
