import { Cgroup, cgroupBase } from "../system/cgroup.ts";
import { isShortage } from "../system/shortage.ts";
import { isPidInUse } from "../system/signals.ts";

/** The cgroups of one supervisor. */
export class Cgroups {
  readonly #failed: (reason: string) => void;
  readonly #open = new Set<Cgroup>();
  #base: string | undefined;
  #isDisabled = false;

  /** Calls `failed` once with the reason why no cgroup can be made. */
  constructor(failed: (reason: string) => void) {
    this.#failed = failed;
  }

  /** The numbers of the cgroups that were not removed. */
  get runs(): readonly number[] {
    return [...this.#open].map(({ run }) => run);
  }

  /**
   * The common beginning of the paths of all cgroups; empty where no cgroup can be made.
   * @throws if descriptors or memory to find the path are lacking
   */
  prefix(): string {
    try {
      this.#base ??= cgroupBase(isPidInUse);
      return Cgroup.prefix(this.#base);
    } catch (error) {
      if (isShortage(error)) throw error;
      return "";
    }
  }

  /**
   * Makes a cgroup for a run; undefined where no cgroup can be made.
   * @throws if a resource to make the cgroup is lacking
   */
  make(run: number): Cgroup | undefined {
    if (this.#isDisabled) return undefined;
    try {
      this.#base ??= cgroupBase(isPidInUse);
      const cgroup = Cgroup.make(this.#base, run);
      this.#open.add(cgroup);
      return cgroup;
    } catch (error) {
      // EAGAIN: the system allows no more cgroups
      if (isShortage(error) && (error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      this.#isDisabled = true;
      this.#failed((error as Error).message);
      return undefined;
    }
  }

  /** Removes an empty cgroup. */
  remove(cgroup: Cgroup): void {
    cgroup.remove();
    this.#open.delete(cgroup);
  }
}
