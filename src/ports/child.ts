import type { ExitStatus, Signal, StartFailureCode, Survivor } from "./signal.ts";
import type { Command } from "./command.ts";
import type { Outputs } from "./streams.ts";

/** Starts children. Replace it (`new Supervisor(settings, { spawner })`) to test without processes. */
export interface Spawner {
  /**
   * Starts a child, at once or soon. Never throws for a child that cannot start: that is
   * `events.failed`.
   */
  spawn(command: Command, events: ChildEvents, outputs: Outputs): Child;
  /**
   * No child follows with these outputs unless a caller asks for one: what is kept for the next one can
   * go. What a descendant that is left still writes should arrive.
   */
  rest?(outputs: Outputs): void;
  /** No child will follow with these outputs: what is kept for the next one can go. */
  release(outputs: Outputs): void;
}

/** One child, from the request to start it to the last of its process group. */
export interface Child {
  /**
   * Sends a signal that is to end the child, to it or to its process group. A child that is gone
   * already is no error; anything else throws, or rejects where what belongs to the child takes time to
   * find out first. (Windows: ends the child and its descendants at once.)
   */
  kill(signal: Signal, group: boolean): void | Promise<void>;
  /** Sends any signal to the child alone. A child that is gone already is no error; anything else throws. */
  signal(signal: Signal): void;
  /** Takes back a start that has not happened yet; no event follows. */
  cancel(): void;
  /**
   * Called once, after `exited`: ends what the child has left behind, and calls `done` when nothing is
   * left, or with those that did not exit. With a `graceMs` above 0, each process is first sent
   * `stopsignal`, unless `kill` has sent it to its group already, and SIGKILL after that time; with 0
   * it is SIGKILL at once.
   */
  sweep(graceMs: number, done: (survivors: readonly Survivor[]) => void): void;
  /** Writes to the child's standard input; `done` is called once it is in the pipe, or with what went wrong. */
  write(chunk: Uint8Array, done: (error?: Error) => void): void;
  /** Whether the child keeps the host alive. */
  setRef(ref: boolean): void;
}

/** Why a child could not be started. */
export interface StartFailure {
  /** What kind of failure it is: `start()` rejects at once for all but `FAILED`. */
  readonly code: StartFailureCode;
  /** In words; supervisord's where it has some. */
  readonly reason: string;
}

/** What a child reports. `spawned` or `failed` comes first, and may come during `spawn()`. */
export interface ChildEvents {
  /** The child runs. */
  spawned(pid: number): void;
  /** The child could not be started; nothing else follows. A text alone is a `FAILED` of that reason. */
  failed(failure: StartFailure | string): void;
  /** The process is gone, and what it wrote was reported. A descendant that holds its streams may write more. */
  exited(status: ExitStatus): void;
}
