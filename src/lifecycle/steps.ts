import type { ExitStatus } from "../ports/signal.ts";
import { decide, isExpected } from "./restart-policy.ts";
import {
  NEVER,
  type Captures,
  type In,
  type Instant,
  type On,
  type Policy,
  type State,
  type Step,
} from "./state.ts";

/** supervisord's text for a process that did not run for startsecs. */
export const TOO_QUICKLY = "Exited too quickly (process log may have details)";

/** The same for a process that had to become ready. */
export const NOT_READY = "Exited before it was ready (process log may have details)";

/** How long the question may take whether somebody else answers in place of a process. */
const VACANCY_MS = 500;

/** A process that was never started. */
export function initial(): In<"STOPPED"> {
  return stopped(0);
}

/**
 * A child that has outlived startsecs is RUNNING, however late the timer: the state handles
 * `deadline` first.
 */
export function isOverdue(state: State, now: Instant): boolean {
  const isProving = state.name === "STARTING" && state.phase === "proving";
  return isProving && state.since === undefined && state.until <= now;
}

/** Begins an attempt: with the question whether somebody else answers already, if there is one. */
export function launch(
  tries: number,
  { readiness }: Policy,
  now: Instant,
  by: In<"STARTING">["by"] = "order",
): Step {
  if (!readiness?.isProbed) return spawn(tries, by);
  return [{ name: "STARTING", until: now + VACANCY_MS, phase: "vacancy", by, tries }];
}

export function spawn(tries: number, by: In<"STARTING">["by"]): Step {
  return [{ name: "STARTING", until: NEVER, phase: "spawning", by, tries }, { do: "spawn" }];
}

/** The process is ready: RUNNING, once its spawn was reported. */
export function proven(state: In<"STARTING">, captures: Captures, now: Instant): State {
  const { pid, since, tries } = state;
  if (pid === undefined || since === undefined) return state;
  const proof = { since, tookMs: now - since, tries, captures };
  return { name: "RUNNING", until: NEVER, pid, proof };
}

/** Why a process is not ready in time. */
export function tooLate(waitMs: number, reason: string | undefined): string {
  const limit = `Not ready within ${waitMs / 1000} seconds (startwaitsecs)`;
  return reason === undefined ? limit : `${limit}: ${reason}`;
}

/**
 * A start has failed. If there was a process, the processes that it left behind are swept first.
 */
export function backoff(
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

/** A failed start after which nothing has to be swept. */
export function waiting(failed: In<"BACKOFF">): In<"BACKOFF"> {
  return { ...failed, phase: "waiting", until: failed.due };
}

export function giveUp({ reason, code, status }: In<"BACKOFF">): State {
  return { name: "FATAL", until: NEVER, reason, ...(code && { code }), ...(status && { status }) };
}

export function terminate(
  pid: number,
  tries: number,
  policy: Policy,
  now: Instant,
  then: Pick<In<"STOPPING">, "next" | "reason"> = { next: "stay" },
): Step {
  return [
    { name: "STOPPING", until: later(now, policy.stopMs), phase: "asked", ...then, tries, pid },
    { do: "kill", signal: policy.stopSignal, group: policy.stopAsGroup },
  ];
}

/** `stopwaitsecs: 0` kills on the next turn of the event loop, but never in a busy loop. */
function later(now: Instant, ms: number): Instant {
  return now + Math.max(1, ms);
}

/** What follows by an order: the failure of the start is forgotten. */
export function ordered(
  { reason: _reason, ...state }: In<"STOPPING">,
  next: "start" | "stay",
): In<"STOPPING"> {
  return { ...state, next };
}

export function finish(
  { proof }: In<"RUNNING">,
  policy: Policy,
  now: Instant,
  { status }: On<"exited">,
): Step {
  if (proof && now - proof.since < policy.startMs) {
    const next = policy.autorestart === false ? "stay" : "retry"; // a failed start
    const due = next === "stay" ? NEVER : now;
    const failed = { status, expected: false, failedTries: proof.tries } as const;
    return [
      { name: "EXITED", until: NEVER, phase: "sweeping", next, due, ...failed },
      { do: "sweep", graceMs: 0 },
    ];
  }
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

export function stopped(tries: number, status?: ExitStatus): In<"STOPPED"> {
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
export function unstarted({ tries, reason }: In<"BACKOFF">): In<"STOPPED"> {
  return { ...stopped(tries), reason };
}

/** STOPPED, and due at once if a start is to follow. */
export function settle(
  state: In<"STOPPED">,
  next: In<"STOPPED">["next"],
  now: Instant,
): In<"STOPPED"> {
  return { ...state, next, until: next === "start" ? now : NEVER };
}
