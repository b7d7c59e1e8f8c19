import type { ProgramSettings, Subprocess, Supervisor, SupervisorSettings } from "../../index.ts";
import type { RpcValue } from "./codec.ts";

/** A group of some settings, and its programs. */
export interface Group {
  readonly programs: Readonly<Record<string, ProgramSettings>>;
  readonly groups: NonNullable<SupervisorSettings["groups"]>;
}

/** What all servers of one supervisor share. */
export interface ServerState {
  /** The settings that were read last, if any were; see `lastRead`. */
  read?: SupervisorSettings;
  /** The groups that were removed here, as they were. */
  readonly removed: Map<string, Group>;
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
  /** Those of the processes: they come later than the event of a start. */
  readonly pids: readonly (number | undefined)[];
  readonly infos: RpcValue[];
}

const states = new WeakMap<Supervisor, ServerState>();

/** The memory of the servers of this supervisor. */
export function serverStateOf(supervisor: Supervisor): ServerState {
  let memory = states.get(supervisor);
  if (!memory) {
    memory = { added: [], removed: new Map(), isLeaving: false, unsent: new WeakMap() };
    states.set(supervisor, memory);
  }
  return memory;
}

/** Notices, while a server is open, what has happened; the function returned ends that. */
export function trackChanges(supervisor: Supervisor): () => void {
  const memory = serverStateOf(supervisor);
  const forget = () => (memory.report = undefined);
  const ignore = supervisor.observe("PROCESS_STATE", forget);
  return () => {
    ignore();
    forget();
  };
}
