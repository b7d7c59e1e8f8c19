import { failureOf, type GuardianEnd } from "./guardian.ts";
import type { Clock } from "../ports/clock.ts";

/** A guardian, or its substitute in a test. */
export interface Stoppable {
  /** Makes the guardian exit, and settles when it has exited. */
  stop(): Promise<void>;
}

/** The callbacks of a keeper. */
export interface KeeperHooks<G extends Stoppable> {
  /** Starts a guardian, and registers all processes and files with it. May throw. */
  startGuardian(lost: (end: GuardianEnd) => void): G;
  /** Whether there is anything to guard. */
  isNeeded(): boolean;
  /** The guardian has died, and another guardian was started. */
  lost(reason: string): void;
  /** There is no guardian. */
  failed(reason: string): void;
}

/** A guardian that runs for less than this time, PATIENCE times in a row, counts as not staying. */
const HASTY_MS = 1000;
const PATIENCE = 3;
/** The first pause before another attempt, and the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * Keeps a guardian running while there is something to guard. A guardian that has died is replaced
 * at once. If the next guardians die, too, or a guardian cannot be started for now, another attempt
 * follows after a pause, which grows, and with each start of a program. The keeper reports this
 * once, until a guardian stays.
 */
export class GuardianKeeper<G extends Stoppable> {
  readonly #hooks: KeeperHooks<G>;
  readonly #clock: Clock;
  #guardian: G | undefined;
  #stopped: Promise<void> | undefined;
  #isDisabled: boolean;
  #started = 0;
  #deaths = 0; // since a guardian has stayed
  #isTold = false;
  #pause = FIRST_PAUSE_MS;
  #retry: unknown;

  constructor(isDisabled: boolean, hooks: KeeperHooks<G>, clock: Clock) {
    this.#isDisabled = isDisabled;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  get guardian(): G | undefined {
    return this.#guardian;
  }

  /**
   * Starts a guardian, if there is none.
   * @throws if a resource for the guardian is lacking for now
   */
  startGuardian(): void {
    if (this.#guardian || this.#isDisabled) return;
    this.#started = this.#clock.now();
    try {
      const guardian = this.#hooks.startGuardian((end) => {
        if (guardian === this.#guardian) this.#lost(end);
      });
      this.#guardian = guardian;
    } catch (error) {
      const end = failureOf(error as NodeJS.ErrnoException);
      this.#lost(end);
      if (end.kind === "short") throw error;
    }
  }

  /**
   * Starts a guardian, if there is none, now or as soon as the resources for it are available
   * again.
   */
  startGuardianSoon(): void {
    try {
      this.startGuardian();
    } catch {
      // another attempt follows
    }
  }

  /** Stops the guardian, if there is one: there is nothing to guard. */
  stopGuardian(): void {
    this.#stopRetrying();
    if (!this.#guardian) return;
    this.#stopped = this.#guardian.stop();
    this.#guardian = undefined;
  }

  /**
   * Settles when the guardian that was stopped last has exited; undefined if no guardian was
   * stopped.
   */
  get stopped(): Promise<void> | undefined {
    return this.#stopped;
  }

  #lost({ reason, kind }: GuardianEnd): void {
    this.#guardian = undefined;
    if (kind === "died" && this.#clock.now() - this.#started >= HASTY_MS) {
      this.#deaths = 0;
      this.#isTold = false;
      this.#pause = FIRST_PAUSE_MS;
    }
    if (kind === "died" && ++this.#deaths <= PATIENCE) {
      this.#hooks.lost(reason);
      if (this.#hooks.isNeeded()) this.startGuardianSoon();
      return;
    }
    this.#isDisabled = kind === "impossible";
    if (!this.#isDisabled && !this.#hooks.isNeeded()) return; // the next start is the next attempt
    if (!this.#isTold) this.#hooks.failed(reason);
    this.#isTold = true;
    if (!this.#isDisabled) this.#retryLater();
  }

  #retryLater(): void {
    if (this.#retry !== undefined) return; // a start of a program was the attempt
    this.#retry = this.#clock.setTimeout(
      () => {
        this.#retry = undefined;
        this.#pause = Math.min(LONGEST_PAUSE_MS, 2 * this.#pause);
        if (this.#hooks.isNeeded()) this.startGuardianSoon();
      },
      this.#pause,
      false,
    );
  }

  #stopRetrying(): void {
    this.#clock.clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}
