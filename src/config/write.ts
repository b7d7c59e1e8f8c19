import { SettingsError, type SettingsIssue } from "../schema/settings-error.ts";
import { resolveSettings } from "../settings/resolve.ts";
import type { ResolvedProgramSettings } from "../settings/program.ts";
import { supervisorSettings, type SupervisorSettings } from "../settings/supervisor.ts";
import { groupSettings } from "../settings/group.ts";
import { describe, type Shape } from "../schema/option.ts";
import type { Syntax } from "../schema/types.ts";
import { kindOptions, programOptions } from "./sections/program-options.ts";
import { MOST_PROCESSES } from "./values.ts";
import { show } from "../schema/show.ts";
import { literal, option, pairs, text, words } from "./escape.ts";
import { patternOf, type Pattern } from "../schema/pattern.ts";
import { strip } from "./python.ts";

type Refuse = (key: string | undefined, message: string) => void;

/** Returns the text of an option; undefined for an option that is not written. */
type Write<T> = (value: T, refuse: (message: string) => void) => string | undefined;

/**
 * Writes settings as a supervisord.conf, from which `loadConfig()` makes the same settings again.
 * Settings that are not set are not written, except for the log files, whose default is different
 * in a file. A `%(here)s` then means the directory of the file. The values of a `%(x)s` in an
 * `environment`, or in a `command` that is an array, must not contain quotes.
 *
 * @throws {SettingsError} with all errors, and all settings that cannot be written: streams,
 * fractions of a second, carriage returns, variables that are taken away (`undefined`), and groups
 * with FastCGI programs
 */
export function toConf(settings: SupervisorSettings): string {
  resolveSettings(settings);
  const whole = supervisorSettings.parse(settings);
  const issues: SettingsIssue[] = [];
  const at =
    (...path: string[]): Refuse =>
    (key, message) =>
      issues.push({ path: key === undefined ? path : [...path, key], message });
  const grouped = new Set(Object.values(whole.groups).flatMap(({ programs }) => programs));
  const sections = [
    section("supervisord", options(supervisorSettings.shape, whole, settings, at())),
    ...Object.entries(whole.groups).map(([name, group]) => {
      const refuse = at("groups", name);
      checkName(name, refuse);
      const bad = group.programs.find((program) => program.includes(","));
      if (bad !== undefined) refuse("programs", `${show(bad)} has a comma in its name`);
      return section(`group:${name}`, options(groupSettings.shape, group, group, refuse));
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
  refuse: Refuse,
): string {
  checkName(name, refuse);
  const { events, socket } = program;
  if (events && socket !== undefined) refuse("socket", "cannot be written: it has events, too");
  if (socket !== undefined && isGrouped)
    refuse("socket", "cannot be written: the program is in a group");
  if (events && program.redirect_stderr)
    refuse("redirect_stderr", "cannot be written: it is an event listener");
  const kind = kindOf(program);
  const own = kind === undefined ? {} : kindOptions[kind];
  const lines = options({ ...programOptions, ...own }, program, given, refuse);
  return section(`${kind ?? "program"}:${name}`, lines);
}

function kindOf({ events, socket }: ResolvedProgramSettings): keyof typeof kindOptions | undefined {
  if (events) return "eventlistener";
  return socket === undefined ? undefined : "fcgi-program";
}

function section(name: string, lines: readonly string[]): string {
  return [`[${name}]`, ...lines, ""].join("\n");
}

function checkName(name: string, refuse: Refuse): void {
  if (strip(name) !== name) refuse(undefined, `the name ${show(name)} cannot be written`);
}

/** Formats the lines of the given options, in the order of their shape. */
function options(shape: Shape, values: object, given: object, refuse: Refuse): string[] {
  const valueOf = (object: object, key: string) => (object as Record<string, unknown>)[key];
  return describe(shape).flatMap(([key, { syntax }]) => {
    if (valueOf(given, key) === undefined && syntax !== "logfile") return [];
    if (key === "stderr_logfile" && valueOf(values, "redirect_stderr") === true) return [];
    const refuseValue = (message: string) => refuse(key, `cannot be written: ${message}`);
    const written = WRITERS[syntax](valueOf(values, key) as never, refuseValue);
    if (written === undefined) return [];
    if (/\r|\p{Cs}/u.test(written)) refuseValue("it has a carriage return, or half a character");
    return [option(key, written)];
  });
}

const plain: Write<string | number | boolean> = String;
const raw: Write<string> = literal;
const octal: Write<number> = (value) => value.toString(8).padStart(3, "0");
const list: Write<readonly unknown[]> = (values) => values.join(",");
const names: Write<readonly string[]> = (values) => literal(values.join(","));
const whole: Write<number> = (value, refuse) => {
  if (!Number.isInteger(value)) refuse(`supervisord knows no fractions, got ${value}`);
  return String(value);
};

const logfile: Write<unknown> = (value, refuse) => {
  if (value === undefined) return "NONE";
  if (typeof value !== "string") {
    refuse("it is a stream");
    return undefined;
  }
  return text(value.toLowerCase() === "syslog" ? `./${value}` : value);
};

const signal: Write<string | number> = (value, refuse) => {
  if (typeof value === "string") return value.replace(/^SIG/, "");
  if (value !== 34 && value !== 64) refuse(`supervisord knows no signal ${value}`);
  return String(value);
};

const name: Write<string> = (value, refuse) => {
  if (/[ :/]/.test(value)) refuse(`${show(value)} has a blank, colon or slash`);
  return text(value);
};

/** A text that begins with a slash would be taken for a regular expression. */
const patternText: Write<string | Pattern> = (value) => {
  if (typeof value === "string" && !value.startsWith("/")) return literal(value);
  const pattern = typeof value === "string" ? patternOf(value) : value;
  return "problem" in pattern ? undefined : literal(`/${pattern.source}/${pattern.flags}`);
};

const processes: Write<number> = (value, refuse) => {
  if (value > MOST_PROCESSES) refuse("they are too many");
  return String(value);
};

const environment: Write<Readonly<Record<string, string | undefined>>> = (variables, refuse) => {
  const set: Record<string, string> = {};
  for (const [key, value] of Object.entries(variables)) {
    if (value !== undefined) set[key] = value;
    else refuse(`${show(key)} is undefined, and a file cannot take a variable away`);
  }
  return pairs(set);
};

const inherited: Write<boolean | readonly string[]> = (value, refuse) => {
  if (typeof value === "boolean") return String(value);
  const bad = value.find((one) => /[\s,]/.test(one) || strip(one) !== one);
  if (bad !== undefined) refuse(`${show(bad)} has a blank or a comma`);
  return literal(value.length === 1 ? `${value[0]},` : value.join(","));
};

/** The writer for the values of each syntax. */
const WRITERS: Readonly<Record<Syntax, Write<never>>> = {
  boolean: plain,
  integer: plain,
  count: plain,
  numprocs: processes,
  seconds: plain,
  "whole seconds": whole,
  bytes: plain,
  octal,
  umask: octal,
  mode: octal,
  "file mode": octal,
  signal,
  "exit codes": list,
  autorestart: plain,
  sweep: plain,
  text: raw,
  names,
  "host names": names,
  user: raw,
  owner: raw,
  "existing directory": raw,
  file: raw,
  "activity log": raw,
  loglevel: plain,
  backlog: plain,
  "positive seconds": plain,
  urls: (urls: readonly string[]) => text(urls.join(" ")),
  pattern: patternText,
  path: text,
  statuses: (statuses: string | readonly number[]) => raw(String(statuses), () => {}),
  directory: text,
  logfile,
  command: words,
  "process name": name,
  environment,
  "inherited variables": inherited,
  socket: text,
  address: ({ host, port }: { readonly host: string; readonly port: number }) => `${host}:${port}`,
  "file owner": ({ uid, gid }: { readonly uid: number; readonly gid: number }) => `${uid}:${gid}`,
  sections: () => undefined,
};
