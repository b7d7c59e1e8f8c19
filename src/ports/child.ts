import type { ExitStatus, Signal, StartFailureCode, Survivor } from "../lifecycle/table.ts";

/** Time as the library sees it. Replace it (`new Supervisor(settings, { clock })`) to test in virtual time. */
export interface Clock {
  /** Monotonic milliseconds from any origin. All waiting is measured with it. */
  now(): number;
  /** The wall clock, in milliseconds since 1970. It only labels events and `info()`. */
  date(): number;
  /**
   * Calls `fn` once, on a later turn of the event loop, `ms` from now.
   * With `ref` false, the wait does not keep the host alive. May fire early; never throws for a large `ms`.
   */
  setTimeout(fn: () => void, ms: number, ref: boolean): unknown;
  /** Forgets what `setTimeout` returned; anything else is ignored. */
  clearTimeout(timer: unknown): void;
}

/** What is to be started, complete but for the host's own environment. */
export interface Command {
  /** The process's full name, `group:process` or just `process`; for messages. */
  readonly name: string;
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment of the host. */
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory; the host's own if not given. */
  readonly directory?: string;
  /** The file mode creation mask; the host's own if not given. */
  readonly umask?: number;
  /** The name or uid of the user to run as; the host's own if not given. */
  readonly user?: string;
  /** Whether what the process leaves behind is ended after it: all, its process group, or nothing. */
  readonly sweep: boolean | "group";
  /** Whether the process gets a cgroup of its own, where one can be made. */
  readonly cgroup: boolean;
  /** Whether the end of its standard input asks the process to stop, too. */
  readonly stopstdin: boolean;
  /** The signal that asks the process to stop. */
  readonly stopsignal: Signal;
  /** What its standard input is, in place of a pipe. */
  readonly socket?: SharedSocket;
  /** Whether it can open its standard input by name (`/dev/stdin`), where that can be had. */
  readonly fifo?: boolean;
}

/** A listening socket that all processes of a program share. */
export interface SharedSocket {
  /** Its address as supervisord writes it: `unix:///path` or `tcp://host:port`. */
  readonly url: string;
  /** The same in parts. */
  readonly address:
    | {
        /** The file of a unix socket. */
        readonly path: string;
      }
    | {
        /** A name or an address. */
        readonly host: string;
        /** The port. */
        readonly port: number;
      };
  /** How many connections may wait; the system may lower it. */
  readonly backlog: number;
  /** The mode of a unix socket's file. */
  readonly mode: number;
  /** Whose a unix socket's file becomes; the host's own if not given. */
  readonly owner?: {
    /** The user. */
    readonly uid: number;
    /** The group. */
    readonly gid: number;
  };
}

/** Starts children. Replace it (`new Supervisor(settings, { spawner })`) to test without processes. */
export interface Spawner {
  /**
   * Starts a child, at once or soon. Never throws for a child that cannot start: that is
   * `events.failed`.
   */
  spawn(command: Command, events: ChildEvents, outputs: Outputs): Child;
  /**
   * No child follows with these outputs unless somebody asks for one: what is kept for the next one can
   * go. What somebody still writes who is left should arrive.
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
   * Called once, after `exited`: ends what the child has left behind, and calls `done` when nobody is
   * there, or with those that would not go. With a `graceMs` above 0, each process is first sent
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
  /** The process is gone, and what it wrote was reported. Who holds its streams still may write more. */
  exited(status: ExitStatus): void;
}

/** Where the streams of a child go; the same for all the children that follow each other as one process. */
export interface Outputs {
  /** Asked before each start: a descriptor to which the child writes by itself, or `push`. */
  stdout(): number | "push";
  /** The same, or wherever stdout goes. */
  stderr(): number | "push" | "stdout";
  /**
   * Called after each start, also one that failed: the descriptors that were opened for it alone are
   * closed.
   */
  started(): void;
  /**
   * Bytes that a child wrote, or somebody who holds its streams still. The chunk is only lent: copy
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
