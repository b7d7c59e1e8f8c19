import type { Supervisor, SupervisorSettings } from "../index.ts";

/** What all servers of one supervisor share. */
export interface Memory {
  /** The settings that were read last; `addProcessGroup` takes from these. */
  read: SupervisorSettings;
  /** Whether a shutdown or a restart was ordered here and is not over. */
  isLeaving: boolean;
  /** Bytes that wait for the standard input of each process. */
  readonly unsent: WeakMap<object, number>;
}

const memories = new WeakMap<Supervisor, Memory>();

/** The memory of the servers of this supervisor. */
export function memoryOf(supervisor: Supervisor): Memory {
  let memory = memories.get(supervisor);
  if (!memory) {
    memory = { read: supervisor.settings, isLeaving: false, unsent: new WeakMap() };
    memories.set(supervisor, memory);
  }
  return memory;
}
