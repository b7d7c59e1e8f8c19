import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import type { Clock } from "../ports/clock.ts";
import type { Signal } from "../ports/signal.ts";
import { forksSoFar, pidLimit } from "../system/proc.ts";
import { UnrelatedCache } from "./unrelated-cache.ts";

/**
 * The marks that tell the processes of one run (our child and its relatives) from all other
 * processes.
 */
export interface RunMarks {
  /** The pid of our child, which is also the number of its process group and of its session. */
  readonly pid: number;
  /**
   * A variable in the environment of each process, unless a process has cleaned its environment:
   * `NAME=value`.
   */
  readonly tag: string;
  /** How many processes the system had started when our child was started. */
  readonly forks: number;
  /** The number of pids after which pids are given again. */
  readonly limit: number;
  readonly supervisor: SupervisorMarks;
}

/** The knowledge of a supervisor about the processes of the machine. */
export interface SupervisorMarks {
  /** The common name of the tags of all runs. */
  readonly name: string;
  /** The process groups of the runs that are not over. */
  readonly pgids: ReadonlyMap<number, unknown>;
  readonly unrelated: UnrelatedCache;
}

/** How old a count of processes may be. */
const COUNT_MS = 100;

/** Marks the runs of one supervisor. */
export class RunMarker {
  readonly #supervisor: SupervisorMarks;
  readonly #clock: Clock;
  readonly #limit = pidLimit();
  #runs = 0;
  #forks = 0;
  #counted = -Infinity;

  constructor(pgids: ReadonlyMap<number, unknown>, clock: Clock) {
    const name = `LIBSUPERVISOR_${randomBytes(8).toString("hex")}`;
    this.#supervisor = { name, pgids, unrelated: new UnrelatedCache() };
    this.#clock = clock;
  }

  /** The variable that marks the environment of all our processes, and of no others. */
  get name(): string {
    return this.#supervisor.name;
  }

  /**
   * Returns the number of a run that is about to begin, and its marks. The tag of the run ends with
   * its stop signal (`NAME=7-15`).
   */
  mark(stopsignal: Signal): { readonly run: number; readonly marks: Omit<RunMarks, "pid"> } {
    const now = this.#clock.now();
    if (now - this.#counted > COUNT_MS) {
      this.#counted = now;
      this.#forks = forksSoFar();
    }
    const run = ++this.#runs;
    const tag = `${this.name}=${run}-${numberOf(stopsignal)}`;
    const marks = { tag, forks: this.#forks, limit: this.#limit, supervisor: this.#supervisor };
    return { run, marks };
  }
}

/** The number of a signal. */
export function numberOf(signal: Signal): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}
