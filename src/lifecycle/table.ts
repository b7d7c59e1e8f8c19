import type { ExitStatus } from "../ports/signal.ts";
import {
  type Instant,
  NEVER,
  type Policy,
  type State,
  type StateName,
  type Input,
  type Step,
  type In,
  type On,
} from "./state.ts";
import { decide, isExpected } from "./restart-policy.ts";

type Cell<S, I> = (state: S, policy: Policy, now: Instant, input: I) => Step;
type Table = {
  readonly [N in StateName]: { readonly [T in Input["type"]]?: Cell<In<N>, On<T>> };
};

// One row per state, one cell per input of the state. No cell: the state ignores the input.
export const table: Table = {
  STOPPED: {
    start: (s) => launch(s.tries),
    deadline: (s) => launch(s.tries),
    stop: (s) => [{ ...s, next: "stay", until: NEVER }],
    restart: (s) => launch(s.tries),
  },
  STARTING: {
    spawned: (s, p, now, { pid }) => [{ ...s, pid, until: now + p.startMs }],
    failed: (s, p, now, { reason, code }) => {
      const failed = backoff(s.tries, reason, p, now);
      return [{ ...failed, phase: "waiting", until: failed.due, ...(code && { code }) }];
    },
    exited: (s, p, now, { status }) => [
      backoff(s.tries, TOO_QUICKLY, p, now, status),
      { do: "sweep", graceMs: 0 },
    ],
    deadline: (s) => [
      s.pid === undefined ? { ...s, until: NEVER } : { name: "RUNNING", until: NEVER, pid: s.pid },
    ],
    stop: (s, p, now) =>
      s.pid === undefined
        ? [stopped(s.tries), { do: "cancel" }]
        : terminate(s.pid, s.tries, p, now),
    restart: (s, p, now) =>
      s.pid === undefined
        ? [settle(stopped(s.tries), "start", now), { do: "cancel" }]
        : terminate(s.pid, s.tries, p, now, "start"),
  },
  RUNNING: {
    exited: finish,
    stop: (s, p, now) => terminate(s.pid, 0, p, now),
    restart: (s, p, now) => terminate(s.pid, 0, p, now, "start"),
  },
  BACKOFF: {
    swept: (s, _p, now, { survivors }) => {
      if (s.next === "retry" || s.next === "fatal")
        return [{ ...s, phase: "waiting", until: s.due }];
      return [settle({ ...unstarted(s), survivors }, s.next, now)];
    },
    deadline: (s) => (s.next === "fatal" ? [giveUp(s)] : launch(s.tries, "policy")),
    start: (s) => [{ ...s, next: s.next === "stay" ? "start" : s.next }],
    stop: (s) => [s.phase === "waiting" ? unstarted(s) : { ...s, next: "stay" }],
    restart: (s, _p, now) => [
      s.phase === "waiting" ? settle(unstarted(s), "start", now) : { ...s, next: "start" },
    ],
    giveup: (s) => [s.phase === "waiting" ? giveUp(s) : { ...s, next: "stay" }],
  },
  STOPPING: {
    deadline: (s, p, now) => {
      const { killedAt = now } = s;
      const phase = now - killedAt >= STUCK_MS ? "stuck" : "killed";
      const again = now + Math.max(p.stopMs, 1000);
      const until = phase === "stuck" ? again : Math.min(again, killedAt + STUCK_MS);
      return [
        { ...s, phase, killedAt, until },
        { do: "kill", signal: "SIGKILL", group: p.killAsGroup },
      ];
    },
    exited: (s, _p, now, { status }) => [
      { ...s, phase: "sweeping", status, until: NEVER },
      // the processes left behind may use the rest of stopwaitsecs, unless it was over for the
      // process itself
      { do: "sweep", graceMs: s.phase === "asked" ? Math.max(0, s.until - now) : 0 },
    ],
    swept: (s, _p, now, { survivors }) => [
      settle({ ...stopped(s.tries, s.status), survivors }, s.next, now),
    ],
    start: (s) => [{ ...s, next: "start" }], // a restart is a stop, then a start
    restart: (s) => [{ ...s, next: "start" }],
    stop: (s) => [{ ...s, next: "stay" }],
    killFailed: (s, _p, _now, { reason }) => [
      { name: "UNKNOWN", until: NEVER, phase: "refused", tries: s.tries, pid: s.pid, reason },
    ],
  },
  EXITED: {
    swept: (s, _p, now, { survivors }) => [
      {
        ...s,
        phase: "swept",
        until: s.next === "start" ? now : Math.max(s.due, now),
        ...(survivors.length > 0 && { survivors }),
      },
    ],
    deadline: (s) => launch(0, s.next === "retry" ? "policy" : "order"),
    start: (s) => (s.phase === "swept" ? launch(0) : [{ ...s, next: "start" }]),
    stop: (s) => [{ ...s, next: "stay", due: NEVER, until: NEVER }],
    restart: (s) => (s.phase === "swept" ? launch(0) : [{ ...s, next: "start" }]),
  },
  FATAL: { start: () => launch(0), restart: () => launch(0) },
  UNKNOWN: {
    exited: (s, _p, _now, { status }) => [
      { ...s, phase: "sweeping", status },
      { do: "sweep", graceMs: 0 },
    ],
    swept: (s, _p, _now, { survivors }) => [{ ...stopped(s.tries, s.status), survivors }],
    stop: (s, p, now) => (s.phase === "sweeping" ? [s] : terminate(s.pid, s.tries, p, now)),
    restart: (s, p, now) =>
      s.phase === "sweeping" ? [s] : terminate(s.pid, s.tries, p, now, "start"),
  },
};

/** A process that SIGKILL does not end in this time is in uninterruptible sleep. */
const STUCK_MS = 5000;

/** supervisord's text for a process that did not run for startsecs. */
export const TOO_QUICKLY = "Exited too quickly (process log may have details)";

/** Computes the next state. Pure: has no effects, reads no clock. */
export function transition(state: State, input: Input, policy: Policy, now: Instant): Step {
  // the only cast: row and cell are looked up together
  const cell = table[state.name][input.type] as Cell<State, Input> | undefined;
  return cell?.(state, policy, now, input) ?? [state];
}

/** A process that was never started. */
export function initial(): In<"STOPPED"> {
  return stopped(0);
}

/**
 * A child that has outlived startsecs is RUNNING, however late the timer: the state handles
 * `deadline` first.
 */
export function isOverdue(state: State, now: Instant): boolean {
  return state.name === "STARTING" && state.until <= now;
}

function launch(tries: number, by: In<"STARTING">["by"] = "order"): Step {
  return [{ name: "STARTING", until: NEVER, by, tries }, { do: "spawn" }];
}

/**
 * A start has failed. If there was a process, the processes that it left behind are swept first.
 */
function backoff(
  before: number,
  reason: string,
  policy: Policy,
  now: Instant,
  status?: ExitStatus,
): In<"BACKOFF"> {
  const tries = before + 1;
  const exit = { isEarly: true, ...(status && { status }) };
  const decision = decide({ tries }, exit, policy, now);
  const isOver = decision.do === "giveUp";
  return {
    name: "BACKOFF",
    until: NEVER,
    phase: "sweeping",
    next: isOver ? "fatal" : "retry",
    due: isOver ? now : decision.until,
    tries,
    reason,
    ...(status && { status }),
  };
}

function giveUp({ reason, code, status }: In<"BACKOFF">): State {
  return { name: "FATAL", until: NEVER, reason, ...(code && { code }), ...(status && { status }) };
}

function terminate(
  pid: number,
  tries: number,
  policy: Policy,
  now: Instant,
  next: "start" | "stay" = "stay",
): Step {
  return [
    { name: "STOPPING", until: later(now, policy.stopMs), phase: "asked", next, tries, pid },
    { do: "kill", signal: policy.stopSignal, group: policy.stopAsGroup },
  ];
}

/** `stopwaitsecs: 0` kills on the next turn of the event loop, but never in a busy loop. */
function later(now: Instant, ms: number): Instant {
  return now + Math.max(1, ms);
}

function finish(_s: In<"RUNNING">, policy: Policy, now: Instant, { status }: On<"exited">): Step {
  const decision = decide({ tries: 0 }, { isEarly: false, status }, policy, now);
  const isOver = decision.do === "giveUp";
  return [
    {
      name: "EXITED",
      until: NEVER,
      phase: "sweeping",
      next: isOver ? "stay" : "retry",
      due: isOver ? NEVER : decision.until,
      status,
      expected: isExpected(status, policy),
    },
    { do: "sweep", graceMs: 0 },
  ];
}

function stopped(tries: number, status?: ExitStatus): In<"STOPPED"> {
  return {
    name: "STOPPED",
    until: NEVER,
    next: "stay",
    tries,
    ...(status && { status }),
    survivors: [],
  };
}

/** Stopped between two attempts: the reason of the first failure is kept. */
function unstarted({ tries, reason }: In<"BACKOFF">): In<"STOPPED"> {
  return { ...stopped(tries), reason };
}

/** STOPPED, and due at once if a start is to follow. */
function settle(state: In<"STOPPED">, next: In<"STOPPED">["next"], now: Instant): In<"STOPPED"> {
  return { ...state, next, until: next === "start" ? now : NEVER };
}
