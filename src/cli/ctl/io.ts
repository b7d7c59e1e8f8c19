import type { Readable, Writable } from "node:stream";

/** What `ctl()` reads from and writes to. */
export interface CtlIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: NodeJS.ProcessEnv;
  /** Who hears Ctrl-C: `process`. Without it, only what a terminal says in the shell is heard. */
  readonly interrupts?: Interrupts;
}

/** The part of `process` that Ctrl-C goes through. */
interface Interrupts {
  on(event: "SIGINT", listener: () => void): unknown;
  off(event: "SIGINT", listener: () => void): unknown;
}
