/** Milliseconds on the monotonic clock; `NEVER` means that nothing is due. */
export type Instant = number;
export const NEVER: Instant = Infinity;

/** A signal by its name, or by its number where it has no name in Node (real-time signals). */
export type Signal = NodeJS.Signals | number;

/** How a process ended: by itself (`code`), or by a signal. */
export interface ExitStatus {
  /** The exit code, or null when a signal ended the process. */
  readonly code: number | null;
  /** The signal that ended the process, or null when it exited by itself. */
  readonly signal: NodeJS.Signals | null;
}

/** A process that would not go. */
export interface Survivor {
  /** Its process id. */
  readonly pid: number;
  /** Its name, as the system has it. */
  readonly name: string;
}

/**
 * Why there is no process: its command cannot be found (`NO_FILE`), or cannot be executed, whatever
 * stands in the way (`NOT_EXECUTABLE`). Anything else, which may pass, is `FAILED`: no descriptors, say.
 */
export type StartFailureCode = "NO_FILE" | "NOT_EXECUTABLE" | "FAILED";

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
type On<T extends Input["type"]> = Extract<Input, { readonly type: T }>;
type Cell<S, I> = (state: S, policy: Policy, now: Instant, input: I) => Step;
type Table = {
  readonly [N in StateName]: { readonly [T in Input["type"]]?: Cell<In<N>, On<T>> };
};

// One row per state, one cell per input the state answers. No cell: the input is ignored there.
export const table: Table = {
  STOPPED: {
    start: (s) => launch(s.tries),
    deadline: (s) => launch(s.tries),
    stop: (s) => [{ ...s, until: NEVER }],
    restart: (s) => launch(s.tries),
  },
  STARTING: {
    spawned: (s, p, now, { pid }) => [{ ...s, pid, until: now + p.startMs }],
    failed: (s, p, now, { reason, code }) => [
      { ...retry(s.tries, reason, p, now, true), ...(code && { code }) },
    ],
    exited: (s, p, now, { status }) => [
      { ...retry(s.tries, TOO_QUICKLY, p, now, false), status },
      { do: "sweep", graceMs: 0 },
    ],
    deadline: (s) => [
      s.pid === undefined ? { ...s, until: NEVER } : { name: "RUNNING", until: NEVER, pid: s.pid },
    ],
    stop: (s, p, now) =>
      s.pid === undefined
        ? [settled(s.tries), { do: "cancel" }]
        : terminate(s.pid, s.tries, p, now),
    restart: (s, p, now) =>
      s.pid === undefined
        ? [{ ...settled(s.tries), until: now }, { do: "cancel" }]
        : terminate(s.pid, s.tries, p, now, true),
  },
  RUNNING: {
    exited: finish,
    stop: (s, p, now) => terminate(s.pid, 0, p, now),
    restart: (s, p, now) => terminate(s.pid, 0, p, now, true),
  },
  BACKOFF: {
    swept: (s, _p, now, { survivors }) => [
      s.stopped
        ? {
            ...settled(s.tries, undefined, s.reason),
            survivors,
            until: s.wanted ? now : NEVER,
          }
        : { ...s, swept: true, until: s.due },
    ],
    deadline: (s, p) => (s.tries > p.startRetries ? [surrender(s)] : launch(s.tries)),
    start: (s) => [{ ...s, wanted: true }],
    stop: (s) => [
      s.swept ? settled(s.tries, undefined, s.reason) : { ...s, stopped: true, wanted: false },
    ],
    restart: (s, _p, now) => [
      s.swept
        ? { ...settled(s.tries, undefined, s.reason), until: now }
        : { ...s, stopped: true, wanted: true },
    ],
    giveup: (s) => [s.swept ? surrender(s) : { ...s, stopped: true, wanted: false }],
  },
  STOPPING: {
    deadline: (s, p, now) => [
      {
        ...s,
        until: now + Math.max(p.stopMs, 1000),
        killed: s.killed ?? now,
        ...(now - (s.killed ?? now) >= STUCK_MS && { isStuck: true }),
      },
      { do: "kill", signal: "SIGKILL", group: p.killAsGroup },
    ],
    exited: (s, _p, now, { status }) => [
      { ...s, status, until: NEVER },
      // what it leaves may use what remains of stopwaitsecs, unless that was over for the process itself
      { do: "sweep", graceMs: s.killed === undefined ? Math.max(0, s.until - now) : 0 },
    ],
    swept: (s, _p, now, { survivors }) => [
      { ...settled(s.tries, s.status), survivors, until: s.wanted ? now : NEVER },
    ],
    start: (s) => [{ ...s, wanted: true }], // a restart is a stop, then a start
    restart: (s) => [{ ...s, wanted: true }],
    stop: (s) => [{ ...s, wanted: false }],
    killFailed: (s, _p, _now, { reason }) => [
      { name: "UNKNOWN", until: NEVER, tries: s.tries, pid: s.pid, reason },
    ],
  },
  EXITED: {
    swept: (s, _p, now, { survivors }) => [
      {
        ...s,
        swept: true,
        until: s.wanted ? now : NEVER,
        ...(survivors.length > 0 && { survivors }),
      },
    ],
    deadline: () => launch(0),
    start: (s) => (s.swept ? launch(0) : [{ ...s, wanted: true }]),
    stop: (s) => [{ ...s, wanted: false, until: NEVER }],
    restart: (s) => (s.swept ? launch(0) : [{ ...s, wanted: true }]),
  },
  FATAL: { start: () => launch(0), restart: () => launch(0) },
  UNKNOWN: {
    exited: (s, _p, _now, { status }) => [
      { ...s, status },
      { do: "sweep", graceMs: 0 },
    ],
    swept: (s, _p, _now, { survivors }) => [{ ...settled(s.tries, s.status), survivors }],
    stop: (s, p, now) => (s.status ? [s] : terminate(s.pid, s.tries, p, now)),
    restart: (s, p, now) => (s.status ? [s] : terminate(s.pid, s.tries, p, now, true)),
  },
};

/** A process that SIGKILL does not end in this time waits for something uninterruptible. */
const STUCK_MS = 5000;

/** What supervisord says of a process that did not last for startsecs. */
export const TOO_QUICKLY = "Exited too quickly (process log may have details)";

/** What happens next. Pure: performs nothing, reads no clock. */
export function transition(state: State, input: Input, policy: Policy, now: Instant): Step {
  // the one cast: row and cell are looked up together
  const cell = table[state.name][input.type] as Cell<State, Input> | undefined;
  return cell?.(state, policy, now, input) ?? [state];
}

/** A process that was never started; `until` is now for one that is to start by itself. */
export function initial(until: Instant): State {
  return { name: "STOPPED", until, tries: 0, survivors: [] };
}

/** A child that has outlived startsecs is RUNNING, however late the timer: let it hear `deadline` first. */
export function isOverdue(state: State, now: Instant): boolean {
  return state.name === "STARTING" && state.until <= now;
}

function launch(tries: number): Step {
  return [{ name: "STARTING", until: NEVER, tries }, { do: "spawn" }];
}

/** The k-th failure waits k seconds; the one too many is FATAL at once. */
function retry(
  before: number,
  reason: string,
  { startRetries }: Policy,
  now: Instant,
  swept: boolean,
): In<"BACKOFF"> {
  const tries = before + 1;
  const due = tries > startRetries ? now : now + tries * 1000;
  return { name: "BACKOFF", until: swept ? due : NEVER, due, tries, reason, swept, wanted: true };
}

function surrender({ reason, code, status }: In<"BACKOFF">): State {
  return { name: "FATAL", until: NEVER, reason, ...(code && { code }), ...(status && { status }) };
}

function terminate(pid: number, tries: number, p: Policy, now: Instant, wanted = false): Step {
  const kill: Effect = { do: "kill", signal: p.stopSignal, group: p.stopAsGroup };
  return [{ name: "STOPPING", until: later(now, p.stopMs), tries, pid, wanted }, kill];
}

/** `stopwaitsecs: 0` kills on the next turn, but never in a spin. */
function later(now: Instant, ms: number): Instant {
  return now + Math.max(1, ms);
}

function finish(_s: In<"RUNNING">, p: Policy, _now: Instant, { status }: On<"exited">): Step {
  const expected = status.code !== null && p.exitCodes.includes(status.code);
  const wanted = p.autorestart === true || (p.autorestart === "unexpected" && !expected);
  return [
    { name: "EXITED", until: NEVER, status, expected, swept: false, wanted },
    { do: "sweep", graceMs: 0 },
  ];
}

function settled(tries: number, status?: ExitStatus, reason?: string): In<"STOPPED"> {
  return {
    name: "STOPPED",
    until: NEVER,
    tries,
    ...(status && { status }),
    ...(reason !== undefined && { reason }),
    survivors: [],
  };
}
