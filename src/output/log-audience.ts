/** The methods that a log file calls when it cannot be written, and when it can be again. */
export interface LogEvents {
  /** Nothing can be written, or rotated; called once for each cause. */
  failed(file: string, error: NodeJS.ErrnoException): void;
  /** All that was kept is written; `lost` bytes had to be dropped meanwhile. */
  recovered(file: string, lost: number): void;
}

/** All supervisors and activity logs that are told of the failures of one log file. */
export class LogAudience {
  readonly #file: string;
  readonly #members = new Set<LogEvents>();
  #failure: NodeJS.ErrnoException | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The failure that was told, until the recovery is told. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** A new member is told of the present failure. */
  add(member: LogEvents): void {
    if (this.#members.has(member)) return;
    this.#members.add(member);
    if (this.#failure) member.failed(this.#file, this.#failure);
  }

  delete(member: LogEvents): void {
    this.#members.delete(member);
  }

  failed(error: unknown): void {
    const failure = error as NodeJS.ErrnoException;
    const known = this.#failure;
    if (known && known.syscall === failure.syscall && known.code === failure.code) return;
    this.#failure = failure;
    for (const member of this.#members) member.failed(this.#file, failure);
  }

  recovered(lost: number): void {
    this.#failure = undefined;
    for (const member of this.#members) member.recovered(this.#file, lost);
  }
}
