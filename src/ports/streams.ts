/** Where the streams of a child go; the same for all the children that follow each other as one process. */
export interface Outputs {
  /** Asked before each start: a descriptor to which the child writes by itself, or `push`. */
  stdout(): number | "push";
  /** The same, or `stdout`: where that goes. */
  stderr(): number | "push" | "stdout";
  /**
   * Called after each start, also one that failed: the descriptors that were opened for it alone are
   * closed.
   */
  started(): void;
  /**
   * Bytes that a child wrote, or a descendant that still holds its streams. The chunk is only lent: copy
   * what is kept. When a promise comes back, the writer has to wait until it settles.
   */
  push(stream: OutputStream, chunk: Uint8Array): Promise<void> | undefined;
  /** How many of the streams are going to be pushed. */
  pushed(): number;
  /** How many bytes may gather in the pipe before they are read, to save wake-ups. */
  gather(stream: OutputStream): number;
}

/** One of the two streams a process writes to. */
export type OutputStream = "stdout" | "stderr";
