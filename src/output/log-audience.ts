/** The callbacks of a log file for when it cannot be written, and when it can be written again. */
export interface LogEvents {
  /** Called when nothing can be written, or rotated; once for each cause. */
  failed(file: string, error: NodeJS.ErrnoException): void;
  /** Called when all kept bytes are written; `lost` bytes were dropped meanwhile. */
  recovered(file: string, lost: number): void;
}

/** All supervisors and activity logs that receive the failures of one log file. */
export class LogAudience {
  readonly #file: string;
  readonly #members = new Set<LogEvents>();
  #failure: NodeJS.ErrnoException | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The failure that was reported, until the recovery is reported. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** A new member receives the present failure. */
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
