import { HostExit } from "../cleanup/host-exit.ts";
import type { NewEvent } from "../events/event-map.ts";
import type { EventName } from "../events/event-table.ts";
import { Iterators } from "../events/iterate.ts";
import { Ticks } from "../events/ticks.ts";
import { ListenerPools } from "../listeners/pools.ts";
import { Logs } from "../output/logs.ts";
import type { Spawner } from "../ports/child.ts";
import type { Prober } from "../ports/prober.ts";
import { SystemProber } from "../readiness/system-prober.ts";
import type { Clock } from "../ports/clock.ts";
import type { ProcessConfig } from "../settings/process-config.ts";
import { resolveSettings } from "../settings/resolve.ts";
import type { SupervisorSettings } from "../settings/supervisor.ts";
import { SystemSpawner } from "../spawn/spawner.ts";
import { systemClock } from "../system/clock.ts";
import { HostEvents, type HostListeners } from "./host-events.ts";
import { Lifetime } from "./lifetime.ts";
import { ManagedProcess } from "./managed-process.ts";
import {
  activityLines,
  endStreams,
  listenerPools,
  messageEvents,
  outputEvents,
  stateEvents,
  waiters,
} from "./observers.ts";
import { Registry, type ProgramBook } from "./registry.ts";
import { Updates } from "./update.ts";
import { channelFailed, hostExitEvents, fifosFailed, logEvents } from "./warnings.ts";

/** The parts that a supervisor uses in place of the real ones; for tests. */
export interface SupervisorIo {
  /** The clock; see `FakeClock` in `libsupervisor/testing`. */
  readonly clock?: Clock;
  /**
   * Starts processes; see `FakeSpawner` in `libsupervisor/testing`. The guardian belongs to the
   * default spawner. With another spawner there is no guardian, and that spawner has to end its
   * children when the host ends.
   */
  readonly spawner?: Spawner;
  /** Asks whether processes are ready; see `FakeProber` in `libsupervisor/testing`. */
  readonly prober?: Prober;
}

/** The parts of a supervisor. */
export interface Assembly {
  readonly registry: Registry;
  readonly lifetime: Lifetime;
  readonly updates: Updates;
  readonly hostExit: HostExit;
  readonly ticks: Ticks;
  readonly iterators: Iterators;
  /** Sends events to the pools of event listeners, and then to the listeners of the host. */
  readonly announce: (event: NewEvent) => void;
}

const TICKS: readonly EventName[] = ["TICK_5", "TICK_60", "TICK_3600", "TICK", "EVENT"];

/**
 * Creates a supervisor from the bottom up: each part is given the parts that it uses.
 * @throws {SettingsError} with everything that is wrong with the settings
 */
export function assemble(
  settings: SupervisorSettings,
  { clock = systemClock, spawner, prober = new SystemProber(systemClock) }: SupervisorIo,
  listeners: HostListeners,
  book: ProgramBook,
): Assembly {
  const resolved = resolveSettings(settings);
  const host = new HostEvents(listeners, clock);
  const activity = host.activity.bind(host);
  const logs = new Logs(clock, logEvents(host));
  const guarding = {
    guardian: spawner === undefined && resolved.guardian,
    waitSecs: resolved.guardian_waitsecs,
  };
  const hostExit = new HostExit(guarding, hostExitEvents(host), systemClock);
  const io = {
    clock,
    logs,
    prober,
    spawner:
      spawner ??
      new SystemSpawner({
        clock: systemClock, // real processes run in real time
        hostExit,
        unpiped: (reason) => fifosFailed(host, reason),
        garbled: (name, problem) => channelFailed(host, name, problem),
      }),
  };
  const registry = new Registry(resolved, book);
  const pools = new ListenerPools({
    clock,
    identifier: () => registry.resolved.identifier,
    members: (program) => registry.members.get(program) ?? [],
    plan: (program) => registry.resolved.listeners.get(program),
    activity,
  });
  const announce = (event: NewEvent) => {
    pools.accept(event);
    host.announce(event);
  };
  const ticks = new Ticks(
    clock,
    (period, when) => announce({ type: `TICK_${period}`, when }),
    () => host.isHeard(TICKS) || pools.isHeard(TICKS),
  );
  pools.watch(() => ticks.look());
  const iterators = new Iterators();
  const lifetime = new Lifetime({
    registry,
    host,
    announce,
    clock,
    logs,
    hostExit,
    pools,
    ticks,
    iterators,
  });
  const reports = {
    // a caller who has waited reads only text that has been written and events that have been
    // announced
    observers: [
      endStreams,
      activityLines(activity, lifetime),
      stateEvents(announce),
      listenerPools(pools),
      waiters,
    ],
    written: outputEvents(announce, pools),
    received: messageEvents(announce),
    activity,
  };
  const make = (config: ProcessConfig) => new ManagedProcess(config, io, reports, lifetime);
  registry.exchange(resolved, make);
  const updates = new Updates({ registry, make, announce, lifetime }, settings.environment);
  return { registry, lifetime, updates, hostExit, ticks, iterators, announce };
}
