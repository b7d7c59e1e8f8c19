import { failureOf, type GuardianEnd } from "./guardian.ts";
import type { Clock } from "../ports/clock.ts";

/** What is kept: a guardian, or what stands for one in a test. */
export interface Kept {
  /** Has it go, and settles when it has. */
  dismiss(): Promise<void>;
}

/** What a keeper asks and tells. */
export interface KeeperHooks<G extends Kept> {
  /** Starts a guardian, which knows all that it has to. May throw. */
  hire(lost: (end: GuardianEnd) => void): G;
  /** Whether there is something to guard. */
  isNeeded(): boolean;
  /** The guardian has died; there is another one. */
  lost(reason: string): void;
  /** There is no guardian. */
  failed(reason: string): void;
}

/** One that ends so soon, so often, does not stay. */
const HASTY_MS = 1000;
const PATIENCE = 3;
/** The first pause before another attempt, and the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * Sees to it that there is a guardian while there is something to guard. One that has died is replaced
 * at once. Where that does not help, or none can be started for now, there is another attempt after a
 * pause, which grows, and with each start of a program; that is told once, until a guardian stays.
 */
export class GuardianKeeper<G extends Kept> {
  readonly #hooks: KeeperHooks<G>;
  readonly #clock: Clock;
  #guardian: G | undefined;
  #dismissed: Promise<void> | undefined;
  #isDisabled: boolean;
  #hired = 0;
  #deaths = 0; // since one has stayed
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
   * Starts one, if there is none.
   * @throws what is lacking for it, and will be there again
   */
  awaken(): void {
    if (this.#guardian || this.#isDisabled) return;
    this.#hired = this.#clock.now();
    try {
      const guardian = this.#hooks.hire((end) => {
        if (guardian === this.#guardian) this.#lost(end);
      });
      this.#guardian = guardian;
    } catch (error) {
      const end = failureOf(error as NodeJS.ErrnoException);
      this.#lost(end);
      if (end.kind === "short") throw error;
    }
  }

  /** Starts one, if there is none, now or as soon as what is lacking for it is there again. */
  awakenSoon(): void {
    try {
      this.awaken();
    } catch {
      // another attempt follows
    }
  }

  /** Dismisses it, if there is one: there is nothing to guard. */
  close(): void {
    this.#stopRetrying();
    if (!this.#guardian) return;
    this.#dismissed = this.#guardian.dismiss();
    this.#guardian = undefined;
  }

  /** Settles when the guardian that was dismissed last has gone; nothing, if there was none. */
  get dismissed(): Promise<void> | undefined {
    return this.#dismissed;
  }

  #lost({ reason, kind }: GuardianEnd): void {
    this.#guardian = undefined;
    if (kind === "died" && this.#clock.now() - this.#hired >= HASTY_MS) {
      this.#deaths = 0;
      this.#isTold = false;
      this.#pause = FIRST_PAUSE_MS;
    }
    if (kind === "died" && ++this.#deaths <= PATIENCE) {
      this.#hooks.lost(reason);
      if (this.#hooks.isNeeded()) this.awakenSoon();
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
        if (this.#hooks.isNeeded()) this.awakenSoon();
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
