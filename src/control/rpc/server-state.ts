import type { ProgramSettings, Subprocess, Supervisor, SupervisorSettings } from "../../index.ts";
import type { RpcValue } from "./codec.ts";

/** A group in settings, and its programs. */
export interface Group {
  readonly programs: Readonly<Record<string, ProgramSettings>>;
  readonly groups: NonNullable<SupervisorSettings["groups"]>;
}

/** The state that all servers of one supervisor share. */
export interface ServerState {
  /** The settings that were read last, if any were; see `lastRead`. */
  read?: SupervisorSettings;
  /** The groups that `removeGroup` has removed, as they were. */
  readonly removed: Map<string, Group>;
  /** The groups that `addGroup` has added, the latest last. */
  added: readonly string[];
  /** Whether a shutdown or a restart that a caller has asked for is under way. */
  isShuttingDown: boolean;
  /** Bytes that each process has not read from its standard input yet. */
  readonly unsent: WeakMap<object, number>;
  /** The last answer of `getAllProcessInfo`: valid for a second, unless the state of a process changes. */
  report?: Report | undefined;
}

/** The reports of all processes at a moment. */
export interface Report {
  readonly now: number;
  readonly processes: readonly Subprocess[];
  /** The pids of the processes, which become known later than the event of a start. */
  readonly pids: readonly (number | undefined)[];
  readonly infos: RpcValue[];
}

const states = new WeakMap<Supervisor, ServerState>();

/** The state of the servers of this supervisor. */
export function serverStateOf(supervisor: Supervisor): ServerState {
  let state = states.get(supervisor);
  if (!state) {
    state = { added: [], removed: new Map(), isShuttingDown: false, unsent: new WeakMap() };
    states.set(supervisor, state);
  }
  return state;
}

/** Drops the report when the state of a process changes; the function returned ends that. */
export function trackChanges(supervisor: Supervisor): () => void {
  const state = serverStateOf(supervisor);
  const forget = () => (state.report = undefined);
  const ignore = supervisor.observe("PROCESS_STATE", forget);
  return () => {
    ignore();
    forget();
  };
}
