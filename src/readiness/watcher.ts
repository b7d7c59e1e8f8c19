import type { Captures, Input } from "../lifecycle/state.ts";
import type { ReadinessWatcher, Watch } from "../lifecycle/watch.ts";
import type { ChunkSink } from "../output/follow-buffer.ts";
import type { Clock } from "../ports/clock.ts";
import type { Answer, Probe, Prober } from "../ports/prober.ts";
import type { OutputStream } from "../ports/streams.ts";
import { LineWatch } from "./line-watch.ts";
import { pauseAfter } from "./pace.ts";
import { capturesIn, type Pattern } from "../schema/pattern.ts";

/** What has to be true for a process to be ready: all of it, each at some time since its spawn. */
export interface ReadinessPlan {
  /** Asked again and again until they succeed. */
  readonly probes: readonly Probe[];
  /** The probes that nobody else may answer before the spawn. */
  readonly vacancies: readonly Probe[];
  /** A line of either stream. */
  readonly line?: { readonly text: string; readonly pattern: Pattern };
  /** How long one attempt may take, in ms. */
  readonly attemptMs: number;
}

/** The parts that a watcher uses. */
export interface WatcherIo {
  readonly clock: Clock;
  readonly prober: Prober;
  /** The streams of the process. */
  readonly streams: {
    attach(sinkOf: (stream: OutputStream) => ChunkSink, signal: AbortSignal | undefined): void;
  };
}

type Tell = (fact: Input) => void;

/** Finds out whether one process is ready. */
export class PlannedWatcher implements ReadinessWatcher {
  readonly #plan: ReadinessPlan;
  readonly #io: WatcherIo;

  constructor(plan: ReadinessPlan, io: WatcherIo) {
    this.#plan = plan;
    this.#io = io;
  }

  vacancy(tell: Tell): Watch {
    const { vacancies, attemptMs } = this.#plan;
    const cancels = new Set<() => void>();
    let open = vacancies.length;
    const close = () => {
      for (const cancel of cancels) cancel();
    };
    for (const probe of vacancies) {
      const cancel = this.#io.prober.attempt(probe, attemptMs, ({ isReady }) => {
        cancels.delete(cancel);
        open--;
        if (isReady) {
          close();
          tell({ type: "failed", reason: takenBy(probe) });
        } else if (open === 0) tell({ type: "vacant" });
      });
      cancels.add(cancel);
    }
    return { close };
  }

  readiness(tell: Tell): Watch {
    return new Proof(this.#plan, this.#io, tell);
  }
}

/** The proof of one life: conditions that are met stay met. */
class Proof implements Watch {
  readonly #plan: ReadinessPlan;
  readonly #io: WatcherIo;
  readonly #tell: Tell;
  readonly #over = new AbortController();
  readonly #before = new Map<Probe, string | undefined>();
  /** What is not met yet, in the order of the plan, and why. */
  readonly #lacking = new Map<unknown, string | undefined>();
  #captures: Captures = {};

  constructor(plan: ReadinessPlan, io: WatcherIo, tell: Tell) {
    this.#plan = plan;
    this.#io = io;
    this.#tell = tell;
    const { probes, line } = plan;
    for (const probe of probes) {
      this.#lacking.set(probe, undefined);
      if (probe.kind === "file") this.#before.set(probe, io.prober.fileId(probe.path));
    }
    if (!line) return;
    this.#lacking.set(line, `no line with ${line.text}`);
    const pattern = new RegExp(line.pattern.source, line.pattern.flags);
    const look = (text: string) => {
      const captures = this.#lacking.has(line) ? capturesIn(text, pattern) : undefined;
      if (!captures) return;
      this.#captures = captures;
      this.#meet(line);
    };
    io.streams.attach(() => new LineWatch(look, io.clock), this.#over.signal);
  }

  spawned(): void {
    for (const probe of this.#plan.probes) this.#ask(probe, 0);
    this.#report();
  }

  close(): void {
    this.#over.abort();
  }

  #ask(probe: Probe, failures: number): void {
    const { clock, prober } = this.#io;
    const before = this.#before.get(probe);
    const question = probe.kind === "file" && before !== undefined ? { ...probe, before } : probe;
    const cancel = prober.attempt(question, this.#plan.attemptMs, (answer) => {
      this.#over.signal.removeEventListener("abort", cancel);
      this.#answered(probe, answer, failures, clock);
    });
    this.#over.signal.addEventListener("abort", cancel, { once: true });
  }

  #answered(probe: Probe, answer: Answer, failures: number, clock: Clock): void {
    if (this.#over.signal.aborted) return;
    if (answer.isReady) return this.#meet(probe);
    this.#lacking.set(probe, answer.reason);
    const again = () => {
      this.#over.signal.removeEventListener("abort", stop);
      this.#ask(probe, failures + 1);
    };
    const timer = clock.setTimeout(again, pauseAfter(failures + 1, "other"), true);
    const stop = () => clock.clearTimeout(timer);
    this.#over.signal.addEventListener("abort", stop, { once: true });
    this.#report();
  }

  #meet(condition: unknown): void {
    this.#lacking.delete(condition);
    if (this.#lacking.size > 0) return this.#report();
    this.#tell({ type: "ready", captures: this.#captures });
  }

  /** Tells why the process is not ready: for the first reason there is. */
  #report(): void {
    const reason = [...this.#lacking.values()].find((one) => one !== undefined);
    if (reason !== undefined) this.#tell({ type: "lacks", reason });
  }
}

function takenBy(probe: Probe): string {
  const where = probe.kind === "file" ? probe.path : probe.url;
  return `${where} answers already: another process listens there`;
}
