import { strictest, type RotationRule } from "./rotation.ts";

/** A stream of a process, or an activity log, that writes to a file. */
export interface LogUser {
  readonly rule: RotationRule;
}

interface Use {
  /** Marks that the user writes now and then: its rule counts in between, too. */
  readonly isPlanned: boolean;
  /** Marks that the user writes now: the file is open for it. */
  readonly isWriting: boolean;
}

const NO_USE: Use = { isPlanned: false, isWriting: false };

/** The users of one log file, and the rotation rule that holds for all of them. */
export class LogUsers {
  readonly #uses = new Map<LogUser, Use>();
  #rule: RotationRule = strictest([]);

  /** The strictest rule of all users. */
  get rule(): RotationRule {
    return this.#rule;
  }

  get isEmpty(): boolean {
    return this.#uses.size === 0;
  }

  /** Whether a user writes now. */
  get isWriting(): boolean {
    return [...this.#uses.values()].some((use) => use.isWriting);
  }

  plan(user: LogUser): void {
    this.#set(user, { isPlanned: true });
  }

  begin(user: LogUser): void {
    this.#set(user, { isWriting: true });
  }

  /** Marks that the user does not write now. Returns whether it was writing. */
  end(user: LogUser): boolean {
    const wasWriting = this.#uses.get(user)?.isWriting ?? false;
    if (wasWriting) this.#set(user, { isWriting: false });
    return wasWriting;
  }

  /** Removes the plan of a user. A user that is writing continues until its end. */
  unplan(user: LogUser): void {
    this.#set(user, { isPlanned: false });
  }

  #set(user: LogUser, change: Partial<Use>): void {
    const use = { ...(this.#uses.get(user) ?? NO_USE), ...change };
    if (use.isPlanned || use.isWriting) this.#uses.set(user, use);
    else this.#uses.delete(user);
    this.#rule = strictest([...this.#uses.keys()].map(({ rule }) => rule));
  }
}
