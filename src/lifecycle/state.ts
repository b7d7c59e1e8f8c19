import type { Signal, ExitStatus, Survivor, StartFailureCode } from "../ports/signal.ts";

/** Milliseconds on the monotonic clock; `NEVER` means that nothing is due. */
export type Instant = number;

export const NEVER: Instant = Infinity;

/** The part of the settings that decides about life and death. Durations in ms. */
export interface Policy {
  readonly startMs: number;
  readonly startRetries: number;
  readonly stopMs: number;
  readonly stopSignal: Signal;
  readonly stopAsGroup: boolean;
  readonly killAsGroup: boolean;
  readonly autorestart: boolean | "unexpected";
  readonly exitCodes: readonly number[];
}

/**
 * A state carries all that is true of it, and `until`: the instant at which it leaves by itself.
 * `wanted`: what comes after is a start. `swept`: nothing of the process's group is left.
 */
export type State =
  | {
      readonly name: "STOPPED";
      readonly until: Instant;
      readonly tries: number;
      readonly status?: ExitStatus;
      readonly reason?: string;
      readonly survivors: readonly Survivor[];
    }
  | {
      readonly name: "STARTING";
      readonly until: Instant;
      readonly tries: number;
      readonly pid?: number;
    }
  | { readonly name: "RUNNING"; readonly until: Instant; readonly pid: number }
  | {
      readonly name: "BACKOFF";
      readonly until: Instant;
      readonly due: Instant;
      readonly tries: number;
      readonly reason: string;
      readonly code?: StartFailureCode;
      readonly status?: ExitStatus;
      readonly swept: boolean;
      /** A stop came before the sweep was over: it passes through STOPPED, whatever follows. */
      readonly stopped?: true;
      readonly wanted: boolean;
    }
  | {
      readonly name: "STOPPING";
      readonly until: Instant;
      /** When SIGKILL was sent first. */
      readonly killed?: Instant;
      /** SIGKILL has not ended it for so long that nobody should wait any more. */
      readonly isStuck?: true;
      readonly tries: number;
      readonly pid: number;
      readonly status?: ExitStatus;
      readonly wanted: boolean;
    }
  | {
      readonly name: "EXITED";
      readonly until: Instant;
      readonly status: ExitStatus;
      readonly expected: boolean;
      readonly swept: boolean;
      readonly survivors?: readonly Survivor[];
      readonly wanted: boolean;
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
      readonly tries: number;
      readonly pid: number;
      readonly reason: string;
      readonly status?: ExitStatus;
    };

/** The word for a state, as supervisord has it. @useDeclaredType */
export type StateName = State["name"];

/** Orders (`start`, `stop`, `giveup`), facts (`spawned` … `swept`), and the passing of `until`. */
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
  | { readonly type: "deadline" };

/** `graceMs`: how long what a process has left may take to stop when it is asked; 0: it is killed at once. */
export type Effect =
  | { readonly do: "spawn" }
  | { readonly do: "cancel" }
  | { readonly do: "kill"; readonly signal: Signal; readonly group: boolean }
  | { readonly do: "sweep"; readonly graceMs: number };

export type Step = readonly [next: State, effect?: Effect];

export type In<N extends StateName> = Extract<State, { readonly name: N }>;

export type On<T extends Input["type"]> = Extract<Input, { readonly type: T }>;
