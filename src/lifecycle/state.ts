import type { Signal, ExitStatus, Survivor, StartFailureCode } from "../ports/signal.ts";

/** Milliseconds on the monotonic clock; `NEVER` means that no deadline is set. */
export type Instant = number;

export const NEVER: Instant = Infinity;

/** The part of the settings that decides about starts and stops. Durations are in ms. */
export interface Policy {
  readonly startMs: number;
  readonly startRetries: number;
  readonly stopMs: number;
  readonly stopSignal: Signal;
  readonly stopAsGroup: boolean;
  readonly killAsGroup: boolean;
  readonly autorestart: boolean | "unexpected";
  readonly exitCodes: readonly number[];
  /** Set if the process is RUNNING only when it is ready. */
  readonly readiness?: {
    /** How long a process may take to be ready, from its spawn on. */
    readonly waitMs: number;
    /** Whether a process that is not ours may answer in its place: asked before each spawn. */
    readonly isProbed: boolean;
    /** The names of the options that say when it is ready. */
    readonly options: readonly string[];
  };
}

/** The named parts of what a process said when it was ready. */
export type Captures = Readonly<Record<string, string>>;

/**
 * A state has all its data, and `until`: the instant at which the process leaves the state by
 * itself.
 *
 * `phase` is a step within the state. In the phase `sweeping`, the process has ended, but not all
 * processes that it left behind.
 *
 * `next` is what follows: a `retry` by the restart policy, a `start` by order, or neither (`stay`).
 * A BACKOFF whose attempts are used up becomes FATAL (`fatal`).
 *
 * STARTING goes through `vacancy` (does somebody else answer already?), `spawning` (the process is
 * asked for) and `proving` (the process is there, and has to stay up, or to become ready).
 */
export type State =
  | {
      readonly name: "STOPPED";
      readonly until: Instant;
      readonly next: "start" | "stay";
      readonly tries: number;
      readonly status?: ExitStatus;
      readonly reason?: string;
      readonly survivors: readonly Survivor[];
    }
  | {
      readonly name: "STARTING";
      readonly until: Instant;
      readonly phase: "vacancy" | "spawning" | "proving";
      /** What started the process: an order, or the restart policy. */
      readonly by: "order" | "policy";
      readonly tries: number;
      readonly pid?: number;
      /** The instant of the spawn, if the process has to become ready. */
      readonly since?: Instant;
      /** Set once the process is ready, before its spawn was reported. */
      readonly captures?: Captures;
      /** Why the process is not ready yet. */
      readonly reason?: string;
      /** Whether the time is over, but for an answer that may have come already. */
      readonly isLast?: true;
    }
  | {
      readonly name: "RUNNING";
      readonly until: Instant;
      readonly pid: number;
      /** Set if the process has become ready: its start fails if it ends before `startsecs`. */
      readonly proof?: {
        readonly since: Instant;
        /** How long it took to become ready, in ms. */
        readonly tookMs: number;
        readonly tries: number;
        readonly captures: Captures;
      };
    }
  | {
      readonly name: "BACKOFF";
      readonly until: Instant;
      readonly phase: "sweeping" | "waiting";
      /** With `start` and `stay`, which wait for the sweep, the process passes through STOPPED. */
      readonly next: "retry" | "fatal" | "start" | "stay";
      /** The instant of the retry, or of FATAL. */
      readonly due: Instant;
      readonly tries: number;
      readonly reason: string;
      readonly code?: StartFailureCode;
      readonly status?: ExitStatus;
    }
  | {
      readonly name: "STOPPING";
      readonly until: Instant;
      /**
       * `stuck`: SIGKILL has not ended the process for so long that no caller should wait any
       * longer.
       */
      readonly phase: "asked" | "killed" | "stuck" | "sweeping";
      /** With `retry`, the start has failed for the `reason`: the process was not ready in time. */
      readonly next: "retry" | "start" | "stay";
      readonly reason?: string;
      /** The instant at which SIGKILL was sent first. */
      readonly killedAt?: Instant;
      readonly tries: number;
      readonly pid: number;
      readonly status?: ExitStatus;
    }
  | {
      readonly name: "EXITED";
      readonly until: Instant;
      readonly phase: "sweeping" | "swept";
      readonly next: "retry" | "start" | "stay";
      /** The instant of the retry. */
      readonly due: Instant;
      readonly status: ExitStatus;
      readonly expected: boolean;
      /** Set if the process was ready, but ended before `startsecs`: attempts that had failed before. */
      readonly failedTries?: number;
      readonly survivors?: readonly Survivor[];
    }
  | {
      readonly name: "FATAL";
      readonly until: Instant;
      readonly reason: string;
      readonly code?: StartFailureCode;
      readonly status?: ExitStatus;
    }
  | {
      readonly name: "UNKNOWN";
      readonly until: Instant;
      /** `refused`: the system does not allow to kill the process. */
      readonly phase: "refused" | "sweeping";
      readonly tries: number;
      readonly pid: number;
      readonly reason: string;
      readonly status?: ExitStatus;
    };

/** The name of a state, as in supervisord. @useDeclaredType */
export type StateName = State["name"];

/**
 * Orders (`start`, `stop`, `restart`, `giveup`), facts (`spawned` … `swept`; of readiness, `vacant`,
 * `ready` and `lacks`), and the passing of `until`.
 */
export type Input =
  | { readonly type: "start" }
  | { readonly type: "stop" }
  | { readonly type: "restart" }
  | { readonly type: "giveup" }
  | { readonly type: "spawned"; readonly pid: number }
  | { readonly type: "failed"; readonly reason: string; readonly code?: StartFailureCode }
  | { readonly type: "exited"; readonly status: ExitStatus }
  | { readonly type: "swept"; readonly survivors: readonly Survivor[] }
  | { readonly type: "killFailed"; readonly reason: string }
  | { readonly type: "vacant" }
  | { readonly type: "ready"; readonly captures: Captures }
  | { readonly type: "lacks"; readonly reason: string }
  | { readonly type: "deadline" };

/**
 * `graceMs`: how long the processes that a process has left behind may take to stop when they are
 * asked; 0: they are killed at once.
 */
export type Effect =
  | { readonly do: "spawn" }
  | { readonly do: "cancel" }
  | { readonly do: "kill"; readonly signal: Signal; readonly group: boolean }
  | { readonly do: "sweep"; readonly graceMs: number };

export type Step = readonly [next: State, effect?: Effect];

export type In<N extends StateName> = Extract<State, { readonly name: N }>;

export type On<T extends Input["type"]> = Extract<Input, { readonly type: T }>;
