import type { Difference } from "./diff.ts";
import { SupervisorError } from "../errors.ts";
import { launchAll, stopAll } from "./commands.ts";
import type { Registry } from "./registry.ts";
import type { Resolved } from "../settings/resolve.ts";
import type { WaitOptions } from "../lifecycle/wait.ts";
import type { Host, Subprocess } from "../subprocess.ts";

/** What an update has changed, or would change: names of programs. */
export type UpdateResult = Difference;

/**
 * From the settings that hold to these: stop, exchange, start. Until the exchange nothing has
 * changed: when something will not stop, or the settings cannot be had any more, what was stopped is
 * started again.
 */
export async function update(
  registry: Registry,
  goal: (current: Resolved) => Resolved,
  host: Host,
  options: WaitOptions,
): Promise<UpdateResult> {
  let next = goal(registry.resolved);
  let going = registry.affectedBy(next);
  const wanted = new Map<Subprocess, number>(); // with the count of stops that ours will make
  const isStillWanted = (process: Subprocess) => wanted.get(process) === process.stops;
  const relaunch = () => {
    const kept = [...wanted.keys()].filter(
      (process) => registry.processes.get(process.namespec) === process,
    );
    const isDown = (process: Subprocess) => process.isGone || process.state === "STOPPING";
    launchAll(kept.filter((process) => isDown(process) && isStillWanted(process)));
  };
  let difference: Difference;
  let fresh: readonly Subprocess[];
  try {
    let left = going;
    do {
      for (const process of left) if (process.isWanted) wanted.set(process, process.stops + 1);
      await stopAll(left, (process) => process.stop(options));
      next = goal(registry.resolved); // somebody may have added a program meanwhile
      going = registry.affectedBy(next);
      left = going.filter((process) => !process.isGone); // somebody has started one meanwhile
    } while (left.length > 0 && !host.isClosing());
    if (host.isClosing()) {
      throw new SupervisorError("SHUTDOWN_STATE", "Cannot update: the supervisor is shutting down");
    }
    difference = registry.differenceTo(next);
    fresh = registry.exchange(next);
  } catch (error) {
    relaunch();
    throw error;
  }
  relaunch(); // what was stopped, and is not to be replaced after all
  const replaced = new Map(going.map((process) => [process.namespec, process]));
  launchAll(
    fresh.filter(({ namespec, config }) => {
      const old = replaced.get(namespec);
      if (old && wanted.has(old)) return isStillWanted(old);
      // what is not up because somebody has stopped it stays so
      const wasStopped = old?.state === "STOPPED" && old.wasStarted;
      return host.hasBegun() && config.autostart && !wasStopped;
    }),
  );
  return difference;
}
