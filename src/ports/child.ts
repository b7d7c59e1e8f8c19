import type { ExitStatus, Signal, StartFailureCode, Survivor } from "./signal.ts";
import type { Command } from "./command.ts";
import type { Outputs } from "./streams.ts";

/**
 * Starts children. Give another spawner (`new Supervisor(settings, { spawner })`) to test without
 * processes.
 */
export interface Spawner {
  /**
   * Starts a child, at once or soon. Never throws for a child that cannot be started:
   * `events.failed` reports it.
   */
  spawn(command: Command, events: ChildEvents, outputs: Outputs): Child;
  /**
   * Called when no child follows with these outputs unless a caller asks for one: resources that are
   * kept for the next child can be released. Output of descendants should still arrive.
   */
  rest?(outputs: Outputs): void;
  /**
   * Called when no child will follow with these outputs: resources that are kept for the next child
   * can be released.
   */
  release(outputs: Outputs): void;
}

/** One child, from the request to start it to the end of the last process of its group. */
export interface Child {
  /**
   * Sends a signal that is to end the child, to the child alone or to its process group. A child
   * that has exited already is not an error. Any other failure throws, or rejects if the processes
   * of the child have to be looked up first. (Windows: ends the child and its descendants at once.)
   */
  kill(signal: Signal, group: boolean): void | Promise<void>;
  /**
   * Sends any signal to the child alone. A child that has exited already is not an error; any other
   * failure throws.
   */
  signal(signal: Signal): void;
  /** Cancels a start that has not happened yet; no event follows. */
  cancel(): void;
  /**
   * Called once, after `exited`: ends what the child has left behind, and calls `done` when nothing is
   * left, or with those that did not exit. With a `graceMs` above 0, each process is first sent
   * `stopsignal`, unless `kill` has sent it to its group already, and SIGKILL after that time; with 0
   * it is SIGKILL at once.
   */
  sweep(graceMs: number, done: (survivors: readonly Survivor[]) => void): void;
  /**
   * Writes to the child's standard input. Calls `done` once the data is in the pipe, or with the
   * error.
   */
  write(chunk: Uint8Array, done: (error?: Error) => void): void;
  /**
   * Sends a message, given as JSON, to a child whose command has `ipc`. Calls `done` once the message
   * is in the channel, or with the error. A spawner without this method has no channels.
   */
  sendMessage?(json: string, done: (error?: Error) => void): void;
  /** Sets whether the child keeps the host alive. */
  setRef(ref: boolean): void;
}

/** The reason why a child could not be started. */
export interface StartFailure {
  /** The kind of the failure: `start()` rejects at once for all kinds but `FAILED`. */
  readonly code: StartFailureCode;
  /** The reason as text; supervisord's text if it has one. */
  readonly reason: string;
}

/** The events of a child. `spawned` or `failed` comes first, and may come during `spawn()`. */
export interface ChildEvents {
  /** The child runs. */
  spawned(pid: number): void;
  /**
   * The child could not be started; no other event follows. A string alone is a `FAILED` with that
   * reason.
   */
  failed(failure: StartFailure | string): void;
  /** The process is gone, and what it wrote was reported. A descendant that holds its streams may write more. */
  exited(status: ExitStatus): void;
  /**
   * The child, whose command has `ipc`, has sent a message. Called after `spawned` and before
   * `exited`. The supervisor always gives this method; it is optional for other callers of a spawner.
   */
  message?(value: unknown): void;
}
