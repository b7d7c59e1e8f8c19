import type { Readable, Writable } from "node:stream";

/** The streams and the environment of `ctl()`. */
export interface CtlIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: NodeJS.ProcessEnv;
  /** The source of Ctrl-C: `process`. Without it, only the shell on a terminal notices Ctrl-C. */
  readonly interrupts?: Interrupts;
}

/** The part of `process` that tells of Ctrl-C. */
interface Interrupts {
  on(event: "SIGINT", listener: () => void): unknown;
  off(event: "SIGINT", listener: () => void): unknown;
}
