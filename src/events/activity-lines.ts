import type { In, Policy, State } from "../lifecycle/state.ts";
import type { ExitStatus, Signal } from "../ports/signal.ts";
import { pidOf } from "../lifecycle/outcome.ts";
import type { ActivityLevel } from "./levels.ts";

/** A line of the activity log. */
export type Line = readonly [level: ActivityLevel, message: string];

/** The text that supervisord logs for a step from one state to another, word for word. */
export function linesOf(name: string, from: State, to: State, policy: Policy): Line[] {
  const lines: Line[] = [];
  if (pidOf(from) === undefined && pidOf(to) !== undefined && to.name === "STARTING")
    lines.push(["INFO", `spawned: '${name}' with pid ${pidOf(to)}`]);
  if (from.name === "STOPPING" && to.name === "STOPPING") {
    if (from.phase === "asked" && to.phase === "killed") {
      lines.push(["WARN", `killing '${name}' (${to.pid}) with SIGKILL`]);
      lines.push(killing(name, to.pid, "SIGKILL", policy.killAsGroup));
    }
  }
  if (from.name === to.name) return lines;
  if (to.name === "STOPPING") {
    lines.push(killing(name, to.pid, policy.stopSignal, policy.stopAsGroup));
  } else if (to.name === "RUNNING") {
    lines.push(["INFO", `success: ${name} entered RUNNING state, ${proofOf(to, policy)}`]);
  } else if (to.name === "BACKOFF") {
    if (to.status)
      lines.push(["WARN", `exited: ${name} (${ending(to.status)}; not expected)`], REAPED);
    else lines.push(["INFO", `spawnerr: ${to.reason}`]);
  } else if (to.name === "FATAL") {
    const message = `gave up: ${name} entered FATAL state, too many start retries too quickly`;
    lines.push(["INFO", message]);
  } else if (to.name === "EXITED") {
    lines.push(
      to.expected
        ? ["INFO", `exited: ${name} (${ending(to.status)}; expected)`]
        : ["WARN", `exited: ${name} (${ending(to.status)}; not expected)`],
      REAPED,
    );
  } else if (to.name === "STOPPED" && from.name === "STOPPING" && to.status) {
    const { code } = to.status;
    const isExpected = code !== null && policy.exitCodes.includes(code);
    lines.push([isExpected ? "INFO" : "WARN", `stopped: ${name} (${ending(to.status)})`], REAPED);
  } else if (to.name === "UNKNOWN") {
    lines.push(["CRIT", `unknown problem killing ${name} (${to.pid}):${to.reason}`]);
  }
  return lines;
}

function proofOf({ proof }: In<"RUNNING">, { startMs, readiness }: Policy): string {
  if (!proof || !readiness)
    return `process has stayed up for > than ${startMs / 1000} seconds (startsecs)`;
  const seconds = (proof.tookMs / 1000).toFixed(2);
  return `is ready after ${seconds} seconds (${readiness.options.join(", ")})`;
}

const REAPED: Line = ["DEBG", "received SIGCHLD indicating a child quit"];

function killing(name: string, pid: number, signal: Signal, asGroup: boolean): Line {
  const whom = asGroup ? "process group " : "";
  return ["DEBG", `killing ${name} (pid ${pid}) ${whom}with signal ${named(signal)}`];
}

/** A signal as supervisord's log names it. */
export function named(signal: Signal): string {
  return typeof signal === "number" ? `signal ${signal}` : signal;
}

function ending({ code, signal }: ExitStatus): string {
  return signal === null ? `exit status ${code}` : `terminated by ${signal}`;
}
