import { constants, hostname } from "node:os";
import { Supervisor, type ProgramSettings, type Subprocess } from "../../../index.ts";
import { Fault, faultOf } from "../faults.ts";
import { lastRead } from "../groups.ts";
import { byText, groupNames, membersOf, type Member } from "../names.ts";
import type { RpcValue } from "../codec.ts";

const NONE = "none";

/** What `getAllConfigInfo` tells: the settings that were read last, of each process. */
export function configOf(supervisor: Supervisor): RpcValue[] {
  const active = groupNames(supervisor);
  return asRead(supervisor)
    .map((member) => {
      const { name, group } = member.process;
      const running = supervisor.process(`${group}:${name}`);
      return { name, info: configInfo(member, running, active.has(group)) };
    })
    .toSorted((a, b) => byText(a.name, b.name))
    .map(({ info }) => info);
}

/** A supervisor that is only asked, and never started, knows every default and every name. */
function asRead(supervisor: Supervisor): Member[] {
  try {
    return membersOf(new Supervisor(lastRead(supervisor)));
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    throw new Fault("FAILED", faultOf(error, "") === error ? line : String(error));
  }
}

/** The members in supervisord's order. */
function configInfo(
  { process, program, groupPriority, priority }: Member,
  running: Subprocess | undefined,
  inuse: boolean,
): RpcValue {
  const { settings } = program;
  const expanded = expander({ process, program });
  const command = Array.isArray(settings.command)
    ? settings.command.join(" ")
    : String(settings.command);
  const stream = (name: "stdout" | "stderr") => ({
    [`${name}_capture_maxbytes`]: settings[`${name}_capture_maxbytes`],
    [`${name}_events_enabled`]: settings[`${name}_events_enabled`],
    [`${name}_logfile`]: logfile(settings[`${name}_logfile`], name, process, running),
    [`${name}_logfile_backups`]: settings[`${name}_logfile_backups`],
    [`${name}_logfile_maxbytes`]: settings[`${name}_logfile_maxbytes`],
    [`${name}_syslog`]: settings[`${name}_syslog`],
  });
  return {
    autostart: settings.autostart,
    directory: settings.directory === undefined ? NONE : expanded(settings.directory),
    uid: settings.user ?? NONE,
    command: expanded(command),
    exitcodes: [...settings.exitcodes],
    group: process.group,
    group_prio: groupPriority,
    inuse,
    killasgroup: settings.killasgroup ?? settings.stopasgroup,
    name: process.name,
    process_prio: priority,
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

function logfile(
  setting: ProgramSettings["stdout_logfile"],
  stream: "stdout" | "stderr",
  asked: Subprocess,
  running: Subprocess | undefined,
): string {
  if (typeof setting !== "string") return NONE;
  const isAuto = setting.toUpperCase() === "AUTO";
  const file = (isAuto ? running : asked)?.info()[`${stream}_logfile`];
  return file || (isAuto ? "auto" : NONE);
}

function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}

/** The names that a command can have in it; one that is unknown here stays as it is. */
function expander({
  process,
  program,
}: Pick<Member, "process" | "program">): (text: string) => string {
  const { numprocs, numprocs_start: first } = program.settings;
  const siblings = program.processes.filter(({ group }) => group === process.group);
  const known: Readonly<Record<string, string | number>> = {
    program_name: program.name,
    group_name: process.group,
    process_num: first + siblings.indexOf(process),
    numprocs,
    host_node_name: hostname(),
  };
  return (text) =>
    text.replaceAll(
      /%\((\w+)\)(0?)(\d{0,3})[sd]/g,
      (match: string, name: string, zero: string, width: string) =>
        Object.hasOwn(known, name)
          ? String(known[name]).padStart(Number(width), zero || " ")
          : match,
    );
}
