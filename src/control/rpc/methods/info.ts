import type { StateName, Subprocess } from "../../../index.ts";
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

/** What `getProcessInfo` tells. */
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
