import {
  NEVER,
  type In,
  type Input,
  type Instant,
  type On,
  type Policy,
  type State,
  type StateName,
  type Step,
} from "./state.ts";
import {
  backoff,
  finish,
  giveUp,
  launch,
  NOT_READY,
  ordered,
  proven,
  settle,
  spawn,
  stopped,
  terminate,
  tooLate,
  TOO_QUICKLY,
  unstarted,
  waiting,
} from "./steps.ts";

type Cell<S, I> = (state: S, policy: Policy, now: Instant, input: I) => Step;
type Table = {
  readonly [N in StateName]: { readonly [T in Input["type"]]?: Cell<In<N>, On<T>> };
};

// One row per state, one cell per input of the state. No cell: the state ignores the input.
export const table: Table = {
  STOPPED: {
    start: (s, p, now) => launch(s.tries, p, now),
    deadline: (s, p, now) => launch(s.tries, p, now),
    stop: (s) => [{ ...s, next: "stay", until: NEVER }],
    restart: (s, p, now) => launch(s.tries, p, now),
  },
  STARTING: {
    vacant: (s) => (s.phase === "vacancy" ? spawn(s.tries, s.by) : [s]),
    spawned: (s, p, now, { pid }) => {
      const proving = { ...s, phase: "proving", pid } as const;
      if (!p.readiness) return [{ ...proving, until: now + p.startMs }];
      const { captures } = s; // a process may be ready before its spawn is reported
      const awaited = { ...proving, since: now, until: now + p.readiness.waitMs };
      return [captures ? proven(awaited, captures, now) : awaited];
    },
    ready: (s, _p, now, { captures }) => [
      s.phase === "vacancy" || s.captures ? s : proven({ ...s, captures }, captures, now),
    ],
    lacks: (s, _p, _now, { reason }) => [
      s.phase !== "proving" || s.reason === reason ? s : { ...s, reason },
    ],
    failed: (s, p, now, { reason, code }) => {
      const failed = waiting(backoff(s.tries, reason, p, now));
      return [{ ...failed, ...(code && { code }) }];
    },
    exited: (s, p, now, { status }) => [
      backoff(s.tries, p.readiness ? NOT_READY : TOO_QUICKLY, p, now, status),
      { do: "sweep", graceMs: 0 },
    ],
    deadline: (s, p, now) => {
      if (s.phase === "vacancy") return spawn(s.tries, s.by); // no answer in time
      if (s.pid === undefined) return [{ ...s, until: NEVER }];
      if (!p.readiness) return [{ name: "RUNNING", until: NEVER, pid: s.pid }];
      // after a stall of the host, the answer may have come, and not been read
      if (!s.isLast) return [{ ...s, isLast: true, until: now + LAST_ANSWER_MS }];
      const reason = tooLate(p.readiness.waitMs, s.reason);
      return terminate(s.pid, s.tries, p, now, { next: "retry", reason });
    },
    stop: (s, p, now) => {
      if (s.phase === "vacancy") return [stopped(s.tries)];
      if (s.pid === undefined) return [stopped(s.tries), { do: "cancel" }];
      return terminate(s.pid, s.tries, p, now);
    },
    restart: (s, p, now) => {
      if (s.phase === "vacancy") return [s];
      if (s.pid === undefined) return [settle(stopped(s.tries), "start", now), { do: "cancel" }];
      return terminate(s.pid, s.tries, p, now, { next: "start" });
    },
  },
  RUNNING: {
    exited: finish,
    stop: (s, p, now) => terminate(s.pid, 0, p, now),
    restart: (s, p, now) => terminate(s.pid, 0, p, now, { next: "start" }),
  },
  BACKOFF: {
    swept: (s, _p, now, { survivors }) => {
      if (s.next === "retry" || s.next === "fatal")
        return [{ ...s, phase: "waiting", until: s.due }];
      return [settle({ ...unstarted(s), survivors }, s.next, now)];
    },
    deadline: (s, p, now) => (s.next === "fatal" ? [giveUp(s)] : launch(s.tries, p, now, "policy")),
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
    swept: (s, p, now, { survivors }) => {
      const { next, tries, reason = "", status } = s;
      if (next === "retry") return [waiting(backoff(tries, reason, p, now, status))];
      return [settle({ ...stopped(tries, status), survivors }, next, now)];
    },
    start: (s) => [s.next === "retry" ? s : ordered(s, "start")], // a restart is a stop, then a start
    restart: (s) => [ordered(s, "start")],
    stop: (s) => [ordered(s, "stay")],
    killFailed: (s, _p, _now, { reason }) => [
      { name: "UNKNOWN", until: NEVER, phase: "refused", tries: s.tries, pid: s.pid, reason },
    ],
  },
  EXITED: {
    swept: (s, p, now, { survivors }) => {
      if (s.next === "retry" && s.failedTries !== undefined)
        return [waiting(backoff(s.failedTries, TOO_QUICKLY, p, s.due, s.status))];
      const until = s.next === "start" ? now : Math.max(s.due, now);
      return [{ ...s, phase: "swept", until, ...(survivors.length > 0 && { survivors }) }];
    },
    deadline: (s, p, now) => launch(0, p, now, s.next === "retry" ? "policy" : "order"),
    start: (s, p, now) => (s.phase === "swept" ? launch(0, p, now) : [{ ...s, next: "start" }]),
    stop: (s) => [{ ...s, next: "stay", due: NEVER, until: NEVER }],
    restart: (s, p, now) => (s.phase === "swept" ? launch(0, p, now) : [{ ...s, next: "start" }]),
  },
  FATAL: {
    start: (_s, p, now) => launch(0, p, now),
    restart: (_s, p, now) => launch(0, p, now),
  },
  UNKNOWN: {
    exited: (s, _p, _now, { status }) => [
      { ...s, phase: "sweeping", status },
      { do: "sweep", graceMs: 0 },
    ],
    swept: (s, _p, _now, { survivors }) => [{ ...stopped(s.tries, s.status), survivors }],
    stop: (s, p, now) => (s.phase === "sweeping" ? [s] : terminate(s.pid, s.tries, p, now)),
    restart: (s, p, now) =>
      s.phase === "sweeping" ? [s] : terminate(s.pid, s.tries, p, now, { next: "start" }),
  },
};

/** A process that SIGKILL does not end in this time is in uninterruptible sleep. */
const STUCK_MS = 5000;

/** How long an answer is waited for that may have come while the host stood still. */
const LAST_ANSWER_MS = 100;

/** Computes the next state. Pure: has no effects, reads no clock. */
export function transition(state: State, input: Input, policy: Policy, now: Instant): Step {
  // the only cast: row and cell are looked up together
  const cell = table[state.name][input.type] as Cell<State, Input> | undefined;
  return cell?.(state, policy, now, input) ?? [state];
}
