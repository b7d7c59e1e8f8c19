import type { StateName, Subprocess, Supervisor } from "../../../index.ts";
import { serverStateOf, type Report } from "../server-state.ts";
import type { RpcValue } from "../codec.ts";

/** supervisord's numbers for the states. */
const STATES: Readonly<Record<StateName, number>> = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
};

const MAX_INT = 2 ** 31 - 1;

/** The answer of `getProcessInfo`. */
export function infoOf(process: Subprocess): Record<string, RpcValue> {
  const info = process.info();
  const int = (value: number) => Math.min(Math.trunc(value), MAX_INT);
  return {
    name: info.name,
    group: info.group,
    start: int(info.start),
    stop: int(info.stop),
    now: int(info.now),
    state: STATES[info.state],
    statename: info.state,
    spawnerr: info.spawnerr,
    exitstatus: info.exitstatus,
    logfile: info.stdout_logfile,
    stdout_logfile: info.stdout_logfile,
    stderr_logfile: info.stderr_logfile,
    pid: info.pid,
    description: info.description,
  };
}

/**
 * The answer of `getAllProcessInfo`: the same array while nothing in it can have changed, so that it is
 * encoded once for all callers.
 */
export function allInfos(supervisor: Supervisor): RpcValue[] {
  const state = serverStateOf(supervisor);
  const { report } = state;
  if (report && report.processes[0]?.info().now === report.now && isOf(report, supervisor))
    return report.infos;
  const processes = [...supervisor.programs.values()].flatMap((program) => program.processes);
  const now = processes[0]?.info().now ?? 0;
  const infos = supervisor
    .status()
    .flatMap(({ group, name }) => supervisor.process(`${group}:${name}`) ?? [])
    .map(infoOf);
  state.report = { now, processes, pids: processes.map(({ pid }) => pid), infos };
  return infos;
}

/** Whether the report has the processes of the supervisor, in their order, with their pids. */
function isOf({ processes, pids }: Report, { programs }: Supervisor): boolean {
  let i = 0;
  for (const program of programs.values())
    for (const process of program.processes)
      if (process !== processes[i] || process.pid !== pids[i++]) return false;
  return i === processes.length;
}
