import { linesOf } from "../events/activity-lines.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { NewEvent } from "../events/event-map.ts";
import { stateEvent } from "../events/state-event.ts";
import { isEnd, type Observer } from "../lifecycle/transition.ts";
import type { ListenerPools } from "../listeners/pools.ts";
import type { StreamEvents } from "../output/streams.ts";
import type { ManagedProcess } from "./managed-process.ts";

/** Releases the log files of a process that has ended. */
export const endStreams: Observer<ManagedProcess> = {
  transitioned(step) {
    if (isEnd(step)) step.process.streams.end();
  },
};

/**
 * Writes supervisord's log lines. A process that becomes FATAL while the supervisor stops has no
 * line.
 */
export function activityLines(
  write: (level: ActivityLevel, message: string) => void,
  supervisor: { readonly isStopping: boolean },
): Observer<ManagedProcess> {
  return {
    transitioned({ process: { name, config }, from, to }) {
      if (to.name === "FATAL" && supervisor.isStopping) return;
      for (const [level, message] of linesOf(name, from, to, config.policy)) write(level, message);
    },
  };
}

/** Announces each new state to the event listeners, and to the listeners of the host. */
export function stateEvents(announce: (event: NewEvent) => void): Observer<ManagedProcess> {
  return {
    transitioned({ process, from, to }) {
      if (from.name === to.name) return;
      const { restarts } = process.runs;
      announce(stateEvent({ ...namesOf(process), restarts }, from, to));
    },
  };
}

/** Reports each new state of its processes to a pool. */
export function listenerPools(pools: Pick<ListenerPools, "changed">): Observer<ManagedProcess> {
  return {
    transitioned({ process, from, to }) {
      if (from.name !== to.name && process.config.listener) pools.changed(process);
    },
  };
}

/** Settles the promises that wait for the state. */
export const waiters: Observer<ManagedProcess> = {
  transitioned({ process }) {
    process.waiters.check();
  },
};

/**
 * Announces the output of a process, where it is an event, and passes the output of event listeners
 * to their pool.
 */
export function outputEvents(
  announce: (event: NewEvent) => void,
  pools: Pick<ListenerPools, "heard">,
): (process: ManagedProcess) => StreamEvents {
  return (process) => {
    const { runs, config } = process;
    const names = () => ({ ...namesOf(process), pid: runs.pid });
    return {
      wrote: (channel, data) =>
        announce({ type: `PROCESS_LOG_${SUFFIX[channel]}`, ...names(), channel, data }),
      communicated: (channel, data) =>
        announce({ type: `PROCESS_COMMUNICATION_${SUFFIX[channel]}`, ...names(), data }),
      ...(config.listener && { printed: (chunk) => pools.heard(process, chunk) }),
    };
  };
}

/** Announces the messages of a process that has a channel. */
export function messageEvents(
  announce: (event: NewEvent) => void,
): (process: ManagedProcess, message: unknown) => void {
  return (process, message) =>
    announce({ type: "PROCESS_MESSAGE", ...namesOf(process), pid: process.runs.pid, message });
}

/** The names of a process as its events have them. */
function namesOf({ name, group, namespec }: ManagedProcess) {
  return { processname: name, groupname: group, namespec };
}

/** The last part of the names of event types. */
const SUFFIX = { stdout: "STDOUT", stderr: "STDERR" } as const;
