import type { ExitStatus } from "../ports/signal.ts";
import {
  type Instant,
  NEVER,
  type Policy,
  type State,
  type StateName,
  type Input,
  type Effect,
  type Step,
  type In,
  type On,
} from "./state.ts";
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
