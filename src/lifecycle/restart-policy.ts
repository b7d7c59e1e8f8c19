import type { ExitStatus } from "../ports/signal.ts";
import type { Instant, Policy } from "./state.ts";

/** The part of a policy that decides about another attempt. */
export type RestartPolicy = Pick<Policy, "autorestart" | "exitCodes" | "startRetries">;

/** What has happened to a process so far. */
export interface History {
  /** Starts that have failed in a row, the one that has just ended included. */
  readonly tries: number;
}

/** How an attempt has ended. */
export interface Exit {
  /** Whether the start had failed: the process did not last for `startsecs`, or there was none. */
  readonly isEarly: boolean;
  readonly status?: ExitStatus;
}

/** What follows: another attempt from an instant on, or none. */
export type Decision =
  | { readonly do: "wait"; readonly until: Instant }
  | { readonly do: "giveUp"; readonly reason: "startretries" | "autorestart" };

/**
 * Decides what follows a failed start or an exit. Without an option that says otherwise it is what
 * supervisord does: the k-th failed start waits k seconds, an exit after `startsecs` does not wait.
 */
export function decide(
  { tries }: History,
  { isEarly, status }: Exit,
  policy: RestartPolicy,
  now: Instant,
): Decision {
  if (isEarly) {
    if (tries > policy.startRetries) return { do: "giveUp", reason: "startretries" };
    return { do: "wait", until: now + tries * 1000 };
  }
  const { autorestart } = policy;
  const isRestarted = autorestart === "unexpected" ? !isExpected(status, policy) : autorestart;
  return isRestarted ? { do: "wait", until: now } : { do: "giveUp", reason: "autorestart" };
}

/** Whether a process may end so. */
export function isExpected(
  status: ExitStatus | undefined,
  { exitCodes }: Pick<Policy, "exitCodes">,
): boolean {
  return typeof status?.code === "number" && exitCodes.includes(status.code);
}
