import type { Answer, Probe, Prober } from "../ports/prober.ts";

/** One attempt to find out whether a process is ready. */
export interface FakeAttempt {
  /** What was asked. */
  readonly probe: Probe;
  /** The URL, or the path of the file. */
  readonly target: string;
  /** Whether the attempt was given up before it was answered. */
  readonly isOver: boolean;
}

/** A prober that asks nobody: the test answers. */
export class FakeProber implements Prober {
  /** Every attempt so far, in order. */
  readonly attempts: readonly FakeAttempt[] = [];
  readonly #answers = new Map<string, true | string>();
  readonly #files = new Map<string, string>();

  /**
   * Sets the answer to all attempts from now on, until it is set again: `true` for a success, a text
   * for the reason why it is none, undefined for none at all, which is also the answer of a target
   * that was never set. Open attempts are answered, too.
   *
   * @param target - The URL as in `ready_url`, or the path of `ready_file`.
   */
  answer(target: string, answer: true | string | undefined): void {
    if (answer === undefined) this.#answers.delete(target);
    else this.#answers.set(target, answer);
    for (const attempt of this.attempts)
      if (attempt.target === target) (attempt as OpenAttempt).answer(answer);
  }

  /** Sets the text that identifies the file at a path; undefined: there is none. */
  setFile(path: string, id: string | undefined): void {
    if (id === undefined) this.#files.delete(path);
    else this.#files.set(path, id);
  }

  /** Answers on a later microtask, if an answer was set. */
  attempt(probe: Probe, _limitMs: number, done: (answer: Answer) => void): () => void {
    const target = probe.kind === "file" ? probe.path : probe.url;
    const attempt = new OpenAttempt(probe, target, done);
    (this.attempts as FakeAttempt[]).push(attempt);
    void Promise.resolve().then(() => attempt.answer(this.#answers.get(target)));
    return () => attempt.end();
  }

  /** The text that was set for the path. */
  fileId(path: string): string | undefined {
    return this.#files.get(path);
  }
}

class OpenAttempt implements FakeAttempt {
  readonly probe: Probe;
  readonly target: string;
  isOver = false;
  readonly #done: (answer: Answer) => void;

  constructor(probe: Probe, target: string, done: (answer: Answer) => void) {
    this.probe = probe;
    this.target = target;
    this.#done = done;
  }

  answer(answer: true | string | undefined): void {
    if (this.isOver || answer === undefined) return;
    this.isOver = true;
    this.#done(answer === true ? { isReady: true } : { isReady: false, reason: answer });
  }

  end(): void {
    this.isOver = true;
  }
}
