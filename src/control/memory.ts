import type { Subprocess, Supervisor, SupervisorSettings } from "../index.ts";
import type { RpcValue } from "./xmlrpc.ts";

/** What all servers of one supervisor share. */
export interface Memory {
  /** The settings that were read last; `addProcessGroup` takes from these. */
  read: SupervisorSettings;
  /** The groups that were added here since the beginning, the latest last. */
  added: readonly string[];
  /** Whether a shutdown or a restart was ordered here and is not over. */
  isLeaving: boolean;
  /** Bytes that wait for the standard input of each process. */
  readonly unsent: WeakMap<object, number>;
  /** What `getAllProcessInfo` has told last: it holds for a second, unless something happens. */
  report?: Report | undefined;
}

/** All processes at a moment. */
export interface Report {
  readonly now: number;
  readonly processes: readonly Subprocess[];
  readonly infos: RpcValue[];
}

const memories = new WeakMap<Supervisor, Memory>();

/** The memory of the servers of this supervisor. */
export function memoryOf(supervisor: Supervisor): Memory {
  let memory = memories.get(supervisor);
  if (!memory) {
    memory = { read: supervisor.settings, added: [], isLeaving: false, unsent: new WeakMap() };
    memories.set(supervisor, memory);
    const fresh = memory;
    const forget = () => (fresh.report = undefined);
    supervisor.on("PROCESS_STATE", forget);
  }
  return memory;
}
