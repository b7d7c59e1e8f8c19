import type { Clock } from "../ports/clock.ts";
import type { Signal, Survivor } from "../ports/signal.ts";
import type { Cgroup } from "../system/cgroup.ts";
import {
  canSeeProcesses,
  identitiesOf,
  inSlices,
  isAlive,
  livingOf,
  membersOf,
  type Identity,
} from "../system/proc.ts";
import { isShortage } from "../system/shortage.ts";
import { isWindows } from "../system/platform.ts";
import { isPidInUse, sendSignal } from "../system/signals.ts";
import { relativesOf } from "./relatives.ts";
import type { RunMarks } from "./run-mark.ts";
import { SweepMemory } from "./sweep-memory.ts";

/**
 * How long killed processes may take to disappear before they are reported. Only uninterruptible
 * sleep takes longer.
 */
const LIMIT_MS = 2000;
/**
 * The least number of kills before processes are reported, in case the machine was suspended for
 * that time.
 */
const KILLS = 20;

/** The target of a sweep: the processes that a process may have left behind. */
export interface SweepTarget extends RunMarks {
  /** Whether to end its process group alone, or all its relatives. */
  readonly scope: "group" | "all";
  /** Descendants that were seen while the process lived. */
  readonly known: readonly Identity[];
  /** The stop signal for each of them. */
  readonly stopsignal: Signal;
  /** Whether its process group was sent the stop signal together with it. */
  readonly isGroupAsked: boolean;
  /** The cgroup of the run: a process in it cannot leave it. */
  readonly cgroup?: Cgroup;
}

/**
 * Ends the processes that a process has left behind after its exit. Calls `done` when no process is
 * left, or with the processes that did not exit. Each process is asked to stop, once, and killed
 * `graceMs` from now; killed at once if `graceMs` is 0. The system does not notify us when a
 * process ends that is not our child. So while (and only while) there is such a process, this looks
 * again after 1, 2, 4 … 50 ms, until it has found no process twice.
 */
export function sweep(
  target: SweepTarget,
  graceMs: number,
  clock: Clock,
  done: (survivors: readonly Survivor[]) => void,
): void {
  const memory = new SweepMemory();
  const left = isWindows ? [] : leftoversOf(target, memory);
  if (Array.isArray(left) && left.length === 0 && !memory.isInDoubt && !memory.isBlind) done([]);
  else void new Sweep(target, graceMs, clock, memory).end(left).then(done);
}

/** Ends what is left, look by look. */
class Sweep {
  readonly #target: SweepTarget;
  readonly #graceMs: number;
  readonly #clock: Clock;
  readonly #memory: SweepMemory;
  readonly #asked = new Set<string>();

  constructor(target: SweepTarget, graceMs: number, clock: Clock, memory: SweepMemory) {
    this.#target = target;
    this.#graceMs = graceMs;
    this.#clock = clock;
    this.#memory = memory;
  }

  async end(first: Identity[] | Promise<Identity[]>): Promise<readonly Survivor[]> {
    const begun = this.#clock.now();
    const graceMs = this.#graceMs;
    const memory = this.#memory;
    let left = await first;
    let clean = 0;
    let kills = 0;
    for (let pause = 1; ; pause = Math.min(50, pause * 2)) {
      clean = left.length === 0 && !memory.isBlind ? clean + 1 : 0;
      const waited = this.#clock.now() - begun;
      if (clean === 2 || (waited > graceMs + LIMIT_MS && kills >= KILLS))
        return left.map(({ pid, name }) => ({ pid, name }));
      if (waited < graceMs) await this.#ask(left);
      else if (left.length > 0 || memory.isBlind) {
        this.#target.cgroup?.kill();
        await kill(left);
        kills++;
      }
      await this.#wait(waited >= graceMs ? pause : Math.min(pause, graceMs - waited));
      left = await leftoversOf(this.#target, memory);
    }
  }

  /**
   * Sends the stop signal to each process once: many programs take a second signal as a request to
   * end at once.
   */
  #ask(processes: readonly Identity[]): void | Promise<void> {
    const { pid, stopsignal, isGroupAsked } = this.#target;
    return inSlices(processes, (one) => {
      const key = `${one.pid} ${one.began}`;
      if (this.#asked.has(key) || (isGroupAsked && one.pgid === pid)) return;
      this.#asked.add(key);
      signalOne(one, stopsignal);
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, ms, true);
    });
  }
}

/**
 * The processes that are left. Where processes cannot be listed, the number of the group stands for
 * all processes in it.
 */
function leftoversOf(target: SweepTarget, memory: SweepMemory): Identity[] | Promise<Identity[]> {
  const blind = (error: unknown) => {
    if (!isShortage(error)) throw error;
    memory.isBlind = true;
    return groupOf(target);
  };
  memory.isBlind = false;
  try {
    const found = canSeeProcesses() ? seenOf(target, memory) : groupOf(target);
    return Array.isArray(found) ? found : found.catch(blind);
  } catch (error) {
    return blind(error);
  }
}

function groupOf({ pid }: SweepTarget): Identity[] {
  return isPidInUse(-pid) ? [{ pid: -pid, name: "process group", began: "", pgid: pid }] : [];
}

function seenOf(target: SweepTarget, memory: SweepMemory): Identity[] | Promise<Identity[]> {
  const { pid, scope, known, cgroup } = target;
  const looks: Look[] = [];
  if (scope === "all")
    looks.push(
      () => relativesOf(target, memory),
      () => livingOf(known),
    );
  else if (isPidInUse(-pid)) looks.push(() => membersOf(pid));
  if (cgroup) looks.push(() => identitiesOf(cgroup.members()));
  return inOrder(looks);
}

type Look = () => Identity[] | Promise<Identity[]>;

/**
 * Collects the results of the looks, one after another; synchronously, unless one of the looks
 * returns a promise.
 */
function inOrder(looks: readonly Look[]): Identity[] | Promise<Identity[]> {
  const [look, ...others] = looks;
  const found = look?.() ?? [];
  if (!Array.isArray(found)) return found.then(async (some) => some.concat(await inOrder(others)));
  if (others.length === 0) return found;
  const rest = inOrder(others);
  return Array.isArray(rest) ? found.concat(rest) : rest.then((more) => found.concat(more));
}

/**
 * Kills the processes. All processes are stopped first, so that none can start another while the
 * first ones are killed.
 */
async function kill(processes: readonly Identity[]): Promise<void> {
  for (const signal of ["SIGSTOP", "SIGKILL"] as const)
    await inSlices(processes, (one) => signalOne(one, signal));
}

/** A negative number is a process group. */
function signalOne(one: Identity, signal: Signal): void {
  try {
    if (one.began === "" || isAlive(one)) sendSignal(Math.abs(one.pid), signal, one.pid < 0);
  } catch {
    // the process is gone, or belongs to another user by now: the next look shows which
  }
}
