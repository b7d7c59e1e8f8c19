import { pidOf } from "../lifecycle/outcome.ts";
import type { State } from "../lifecycle/state.ts";
import type { Transition } from "../lifecycle/transition.ts";

/**
 * The pid of a process's last run, the times when that run began and ended, in milliseconds since
 * 1970 (0 if never), and the number of starts by the restart policy.
 */
export class RunRecord {
  pid = 0;
  start = 0;
  stop = 0;
  restarts = 0;

  note({ from, to, at }: Pick<Transition, "from" | "to" | "at">): void {
    const pid = pidOf(to);
    if (pid !== undefined) this.pid = pid;
    else if (pidOf(from) !== undefined) this.stop = at;
    if (isSpawning(to) && !isSpawning(from)) this.start = at;
    if (from.name !== to.name && to.name === "STARTING" && to.by === "policy") this.restarts++;
  }
}

function isSpawning(state: State): boolean {
  return state.name === "STARTING" && state.phase === "spawning";
}
