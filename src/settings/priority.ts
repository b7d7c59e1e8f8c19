/** Where a process stands among the others. Lower numbers start first and stop last. */
export interface Rank {
  readonly group: string;
  readonly groupPriority: number;
  readonly priority: number;
}
