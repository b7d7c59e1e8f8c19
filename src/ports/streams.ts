/**
 * The destinations of the streams of a child; the same for all children that run one after another
 * as one process.
 */
export interface Outputs {
  /**
   * Called before each start. Returns a descriptor to which the child writes directly, or `push`.
   */
  stdout(): number | "push";
  /** The same, or `stdout`: where that goes. */
  stderr(): number | "push" | "stdout";
  /**
   * Called after each start, also after a failed one: closes the descriptors that were opened for
   * the child alone.
   */
  started(): void;
  /**
   * Bytes that a child wrote, or a descendant that still holds its streams. The chunk is only lent: copy
   * what is kept. When a promise comes back, the writer has to wait until it settles.
   */
  push(stream: OutputStream, chunk: Uint8Array): Promise<void> | undefined;
  /** The number of the streams that are going to be pushed. */
  pushed(): number;
  /** How many bytes may gather in the pipe before they are read, to save wake-ups. */
  gather(stream: OutputStream): number;
}

/** One of the two streams that a process writes to. */
export type OutputStream = "stdout" | "stderr";
