/** The memory of one sweep from look to look. */
export class SweepMemory {
  /** Processes without a tag, by pid and start time. */
  readonly untagged = new Set<string>();
  /**
   * Processes that have shown no environment at all, as a process does that is about to execute a
   * program.
   */
  readonly doubted = new Set<string>();
  /** Whether the last look has found one of these processes for the first time. */
  isInDoubt = false;
  /**
   * Whether the last look has failed because resources were lacking: it saw no process, but there
   * may be some.
   */
  isBlind = false;
}
