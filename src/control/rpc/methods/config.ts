import { constants } from "node:os";
import {
  resolveSettings,
  type OutputStream,
  type ResolvedProcess,
  type ResolvedProgramSettings,
  type ResolvedSettings,
  type Subprocess,
  type Supervisor,
} from "../../../index.ts";
import type { RpcValue } from "../codec.ts";
import { Fault, faultOf } from "../faults.ts";
import { lastRead } from "../groups.ts";
import { byText, isGroup } from "../names.ts";

const NONE = "none";

/** The answer of `getAllConfigInfo`: the settings that were read last, of each process. */
export function configOf(supervisor: Supervisor): RpcValue[] {
  const { programs, processes } = resolved(supervisor);
  return processes
    .toSorted(
      (a, b) =>
        byText(a.name, b.name) ||
        a.groupPriority - b.groupPriority ||
        byText(a.group, b.group) ||
        a.priority - b.priority,
    )
    .map((process) => {
      const { name, group } = process;
      const settings = programs.get(process.program) as ResolvedProgramSettings;
      const running = supervisor.process(`${group}:${name}`);
      return configInfo(process, settings, running, isGroup(supervisor, group));
    });
}

function resolved(supervisor: Supervisor): ResolvedSettings {
  try {
    return resolveSettings(lastRead(supervisor));
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    throw new Fault("FAILED", faultOf(error, "") === error ? line : String(error));
  }
}

/** The members of the struct in supervisord's order. */
function configInfo(
  process: ResolvedProcess,
  settings: ResolvedProgramSettings,
  running: Subprocess | undefined,
  inuse: boolean,
): RpcValue {
  const stream = (name: OutputStream) => ({
    [`${name}_capture_maxbytes`]: settings[`${name}_capture_maxbytes`],
    [`${name}_events_enabled`]: settings[`${name}_events_enabled`],
    [`${name}_logfile`]: logfile(name, process, running),
    [`${name}_logfile_backups`]: settings[`${name}_logfile_backups`],
    [`${name}_logfile_maxbytes`]: settings[`${name}_logfile_maxbytes`],
    [`${name}_syslog`]: settings[`${name}_syslog`],
  });
  return {
    autostart: settings.autostart,
    directory: process.directory ?? NONE,
    uid: settings.user ?? NONE,
    command: process.command,
    exitcodes: [...settings.exitcodes],
    group: process.group,
    group_prio: process.groupPriority,
    inuse,
    killasgroup: process.killasgroup,
    name: process.name,
    process_prio: process.priority,
    redirect_stderr: settings.redirect_stderr,
    startretries: settings.startretries,
    startsecs: settings.startsecs,
    ...stream("stdout"),
    stopsignal: signalNumber(settings.stopsignal),
    stopwaitsecs: settings.stopwaitsecs,
    ...stream("stderr"),
    serverurl: settings.serverurl ?? NONE,
  };
}

/** The path of a log. Only a process of the supervisor has one for `AUTO`. */
function logfile(
  stream: OutputStream,
  process: ResolvedProcess,
  running: Subprocess | undefined,
): string {
  const file = process[`${stream}_logfile`];
  if (file !== "AUTO") return file || NONE;
  return running?.info()[`${stream}_logfile`] || "auto";
}

function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}
