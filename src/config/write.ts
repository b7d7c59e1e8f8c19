import { SettingsError, type SettingsIssue } from "../schema/settings-error.ts";
import { resolveSettings } from "../settings/resolve.ts";
import type { ResolvedProgramSettings } from "../settings/program.ts";
import {
  supervisorSettings,
  type ResolvedSupervisorSettings,
  type SupervisorSettings,
} from "../settings/supervisor.ts";
import { show } from "../schema/show.ts";
import { literal, option, pairs, text, words } from "./escape.ts";
import { strip } from "./python.ts";

type Complain = (key: string | undefined, message: string) => void;

/** The text of an option; undefined for what goes without saying. */
type Write<T> = (value: T, complain: (message: string) => void) => string | undefined;

/**
 * Writes settings as a supervisord.conf, from which `loadConfig()` makes the same settings again.
 * What is not set is not written, but for the log files, whose default is another there. A
 * `%(here)s` is then the directory of the file, and what the `%(x)s` of an `environment`, or of a
 * `command` that is an array, stand for must not hold quotes.
 *
 * @throws {SettingsError} with all that is wrong, or cannot be written: streams, fractions of a
 *   second, carriage returns, and groups with FastCGI programs
 */
export function toConf(settings: SupervisorSettings): string {
  resolveSettings(settings);
  const whole = supervisorSettings.parse(settings);
  const issues: SettingsIssue[] = [];
  const at =
    (...path: string[]): Complain =>
    (key, message) =>
      issues.push({ path: key === undefined ? path : [...path, key], message });
  const grouped = new Set(Object.values(whole.groups).flatMap(({ programs }) => programs));
  const sections = [
    section("supervisord", options(SUPERVISORD, whole, settings, at())),
    ...Object.entries(whole.groups).map(([name, { programs, priority }]) => {
      const complain = at("groups", name);
      checkName(name, complain);
      const bad = programs.find((program) => program.includes(","));
      if (bad !== undefined) complain("programs", `${show(bad)} has a comma in its name`);
      const list = option("programs", literal(programs.join(",")));
      return section(`group:${name}`, [list, option("priority", String(priority))]);
    }),
    ...Object.entries(whole.programs).map(([name, program]) => {
      const given = settings.programs?.[name] ?? {};
      return writeProgram(name, program, given, grouped.has(name), at("programs", name));
    }),
  ];
  if (issues.length > 0) throw new SettingsError(issues);
  return sections.join("\n");
}

function writeProgram(
  name: string,
  program: ResolvedProgramSettings,
  given: object,
  isGrouped: boolean,
  complain: Complain,
): string {
  checkName(name, complain);
  const { events, socket } = program;
  if (events && socket !== undefined) complain("socket", "cannot be written: it has events, too");
  if (socket !== undefined && isGrouped)
    complain("socket", "cannot be written: the program is in a group");
  if (events && program.redirect_stderr)
    complain("redirect_stderr", "cannot be written: it is an event listener");
  const special = events ? LISTENER : SOCKET;
  const lines = options(PROGRAM, program, given, complain);
  if (events ?? socket) lines.push(...options(special, program, given, complain));
  let kind = "program";
  if (events) kind = "eventlistener";
  else if (socket !== undefined) kind = "fcgi-program";
  return section(`${kind}:${name}`, lines);
}

function section(name: string, lines: readonly string[]): string {
  return [`[${name}]`, ...lines, ""].join("\n");
}

function checkName(name: string, complain: Complain): void {
  if (strip(name) !== name) complain(undefined, `the name ${show(name)} cannot be written`);
}

/** The lines of those that are given, in the order of the table. */
function options<T extends object>(
  table: { readonly [K in keyof T]?: Write<never> },
  values: T,
  given: object,
  complain: Complain,
): string[] {
  return Object.entries<Write<never> | undefined>(table).flatMap(([key, write]) => {
    const value: unknown = values[key as keyof T];
    const isGiven = (given as Record<string, unknown>)[key] !== undefined;
    if (!write || (!isGiven && !key.endsWith("_logfile"))) return [];
    if (key === "stderr_logfile" && "redirect_stderr" in values && values.redirect_stderr)
      return [];
    const say = (message: string) => complain(key, `cannot be written: ${message}`);
    const written = write(value as never, say);
    if (written === undefined) return [];
    if (/\r|\p{Cs}/u.test(written)) say("it has a carriage return, or half a character");
    return [option(key, written)];
  });
}

const plain: Write<string | number | boolean> = String;
const raw: Write<string> = literal;
const octal: Write<number> = (value) => value.toString(8).padStart(3, "0");
const list: Write<readonly unknown[]> = (values) => values.join(",");
const whole: Write<number> = (value, complain) => {
  if (!Number.isInteger(value)) complain(`supervisord knows no fractions, got ${value}`);
  return String(value);
};

const logfile: Write<unknown> = (value, complain) => {
  if (value === undefined) return "NONE";
  if (typeof value !== "string") {
    complain("it is a stream");
    return undefined;
  }
  return text(value.toLowerCase() === "syslog" ? `./${value}` : value);
};

const signal: Write<string | number> = (value, complain) => {
  if (typeof value === "string") return value.replace(/^SIG/, "");
  if (value !== 34 && value !== 64) complain(`supervisord knows no signal ${value}`);
  return String(value);
};

const name: Write<string> = (value, complain) => {
  if (/[ :/]/.test(value)) complain(`${show(value)} has a blank, colon or slash`);
  return text(value);
};

const processes: Write<number> = (value, complain) => {
  if (value > 100_000) complain("they are too many");
  return String(value);
};

const SUPERVISORD: { readonly [K in keyof ResolvedSupervisorSettings]?: Write<never> } = {
  identifier: raw,
  environment: pairs,
  strip_ansi: plain,
  childlogdir: raw,
  nocleanup: plain,
  serverurl: raw,
  guardian: plain,
  guardian_waitsecs: plain,
};

const PROGRAM: { readonly [K in keyof ResolvedProgramSettings]?: Write<never> } = {
  command: words,
  process_name: name,
  numprocs: processes,
  numprocs_start: plain,
  priority: plain,
  autostart: plain,
  startsecs: whole,
  startretries: plain,
  autorestart: plain,
  exitcodes: list,
  stopsignal: signal,
  stopwaitsecs: whole,
  stopasgroup: plain,
  killasgroup: plain,
  user: raw,
  directory: text,
  umask: octal,
  environment: pairs,
  redirect_stderr: plain,
  stdout_logfile: logfile,
  stdout_logfile_maxbytes: plain,
  stdout_logfile_backups: plain,
  stdout_capture_maxbytes: plain,
  stdout_events_enabled: plain,
  stdout_syslog: plain,
  stderr_logfile: logfile,
  stderr_logfile_maxbytes: plain,
  stderr_logfile_backups: plain,
  stderr_capture_maxbytes: plain,
  stderr_events_enabled: plain,
  stderr_syslog: plain,
  serverurl: raw,
  sweep: plain,
  cgroup: plain,
  stopstdin: plain,
};

const LISTENER = { events: list, buffer_size: plain, result_handler: raw };
const SOCKET = { socket: text, socket_backlog: plain, socket_owner: raw, socket_mode: octal };
