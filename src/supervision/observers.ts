import { linesOf } from "../events/activity-lines.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { NewEvent } from "../events/event-map.ts";
import { stateEvent } from "../events/state-event.ts";
import { isEnd, type Observer } from "../lifecycle/transition.ts";
import type { Listeners } from "../listeners/pools.ts";
import type { Subprocess } from "../subprocess.ts";

/** Releases the log files of a process that has ended. */
export const endStreams: Observer<Subprocess> = {
  transitioned(step) {
    if (isEnd(step)) step.process.endStreams();
  },
};

/** Writes supervisord's lines. Of a process that gives up while the supervisor stops there is none. */
export function activityLines(
  write: (level: ActivityLevel, message: string) => void,
  isStopping: () => boolean,
): Observer<Subprocess> {
  return {
    transitioned({ process: { name, config }, from, to }) {
      if (to.name === "FATAL" && isStopping()) return;
      for (const [level, message] of linesOf(name, from, to, config.policy)) write(level, message);
    },
  };
}

/** Announces each new state to the event listeners, and to the listeners of the host. */
export function stateEvents(announce: (event: NewEvent) => void): Observer<Subprocess> {
  return {
    transitioned({ process: { name, group }, from, to }) {
      if (from.name !== to.name) announce(stateEvent(name, group, from, to));
    },
  };
}

/** Tells a pool of each new state of its processes. */
export function listenerPools(pools: Pick<Listeners, "changed">): Observer<Subprocess> {
  return {
    transitioned({ process, from, to }) {
      if (from.name !== to.name && process.config.listener) pools.changed(process);
    },
  };
}

/** Settles the promises that wait for the state. */
export const waiters: Observer<Subprocess> = {
  transitioned({ process }) {
    process.checkWaiters();
  },
};
