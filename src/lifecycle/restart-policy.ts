import type { ExitStatus } from "../ports/signal.ts";
import type { Instant, Policy } from "./state.ts";

/** The part of a policy that decides about another attempt. */
export type RestartPolicy = Pick<Policy, "autorestart" | "exitCodes" | "startRetries">;

/** The history of a process that decides about another attempt. */
export interface History {
  /** Starts that have failed in a row, including the one that has just ended. */
  readonly tries: number;
}

/** How an attempt has ended. */
export interface Exit {
  /**
   * Whether the start had failed: the process did not run for `startsecs`, or there was no process.
   */
  readonly isEarly: boolean;
  readonly status?: ExitStatus;
}

/** The decision: another attempt from an instant on, or none. */
export type Decision =
  | { readonly do: "wait"; readonly until: Instant }
  | { readonly do: "giveUp"; readonly reason: "startretries" | "autorestart" };

/**
 * Decides what follows a failed start or an exit. Without an option for it, this is supervisord's
 * behaviour: the k-th failed start waits k seconds, an exit after `startsecs` does not wait.
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

/** Whether this exit is expected. */
export function isExpected(
  status: ExitStatus | undefined,
  { exitCodes }: Pick<Policy, "exitCodes">,
): boolean {
  return typeof status?.code === "number" && exitCodes.includes(status.code);
}
