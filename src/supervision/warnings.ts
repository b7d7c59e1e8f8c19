import type { EventName } from "../events/event-table.ts";
import type { HostExitEvents } from "../cleanup/host-exit.ts";
import type { LogEvents } from "../output/log-audience.ts";
import type { HostEvents } from "./host-events.ts";

const LOGFILE: readonly EventName[] = ["LOGFILE_FAILED", "LOGFILE", "EVENT"];

/** Reports log files that cannot be written: as a warning of Node if no listener is there. */
export function logEvents(host: HostEvents): LogEvents {
  return {
    failed: (file, { code = "", message }) => {
      if (!host.isHeard(LOGFILE))
        process.emitWarning(`Cannot write the log ${file}: ${message}`, { code });
      host.announce({ type: "LOGFILE_FAILED", file, code, message });
    },
    recovered: (file, lost) => host.announce({ type: "LOGFILE_RECOVERED", file, lost }),
  };
}

/**
 * Reports failures of the guardian. A promise that cannot be kept in full is not broken silently.
 */
export function hostExitEvents(host: HostEvents): HostExitEvents {
  const unguarded = (type: "GUARDIAN_FAILED" | "CGROUP_FAILED", what: string, reason: string) => {
    if (!host.isHeard([type, "GUARDIAN", "EVENT"])) {
      const message = `Without ${what} (${reason}), processes may be left behind`;
      process.emitWarning(message, { code: type });
    }
    host.announce({ type, reason });
  };
  return {
    lost: (reason) => host.announce({ type: "GUARDIAN_LOST", reason }),
    failed: (reason) => unguarded("GUARDIAN_FAILED", "a guardian", reason),
    cgroupFailed: (reason) => unguarded("CGROUP_FAILED", "cgroups", reason),
  };
}

/**
 * Reports that there are no FIFOs, which are not essential for programs: in the activity log, or as
 * a warning.
 */
export function fifosFailed(host: HostEvents, reason: string): void {
  const message = `Without FIFOs (${reason}), programs cannot open /dev/stdout by name for now`;
  if (!host.isHeard(["ACTIVITY"])) process.emitWarning(message, { code: "FIFOS_FAILED" });
  host.activity("WARN", message);
}

/** Reports a channel that was closed because of what a process sent, in the same way. */
export function channelFailed(host: HostEvents, name: string, problem: string): void {
  const message = `The channel of '${name}' was closed: it sent ${problem}`;
  if (!host.isHeard(["ACTIVITY"])) process.emitWarning(message, { code: "CHANNEL_FAILED" });
  host.activity("WARN", message);
}
