/** How a log file is written at this time. */
export type Mode =
  /** Chunks are written at once. */
  | { readonly name: "fast" }
  /** The next chunk is written in a thread. */
  | { readonly name: "slow" }
  /** A thread writes the backlog, to which chunks are added. */
  | { readonly name: "inThread"; readonly waiting: (() => void)[] }
  /** Nothing can be written: the backlog keeps the latest bytes; `lost` counts dropped ones. */
  | { readonly name: "failing"; readonly retry: unknown; lost: number };

export const FAST: Mode = { name: "fast" };
export const SLOW: Mode = { name: "slow" };
