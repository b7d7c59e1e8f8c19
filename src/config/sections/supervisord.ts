import type { SupervisorSettings } from "../../settings/supervisor.ts";
import type { LogLevel } from "../../events/levels.ts";
import { readEnvironment } from "../environment.ts";
import { toSetting, fixedText, within } from "../percent.ts";
import { Options, pathTypes, userTypes, type Reading } from "../section-reader.ts";
import type { Section } from "../ini.ts";
import { boolean, byteSize, count, integer, logLevel, octal, seconds, text } from "../values.ts";

/** The section `[supervisord]`: what concerns the host rather than the programs. */
export interface SupervisordSection {
  /** The file of the activity log, absolute; or the word `syslog`. */
  readonly logfile: string;
  /** 0: never turned over. */
  readonly logfile_maxbytes: number;
  /** How many old ones are kept. */
  readonly logfile_backups: number;
  /** How grave a line must be to be written. */
  readonly loglevel: LogLevel;
  /** Absolute. */
  readonly pidfile: string;
  /** For the command itself, unless `nodaemon`. */
  readonly umask: number;
  /** Whether it is meant to stay in the foreground. */
  readonly nodaemon: boolean;
  /** Whether the activity log does not go to standard output as well. */
  readonly silent: boolean;
  /** How many file descriptors there must be. */
  readonly minfds: number;
  /** How many processes there must be. */
  readonly minprocs: number;
  /** Whether AUTO logs of former runs are kept. */
  readonly nocleanup: boolean;
  /** Where AUTO logs are made. */
  readonly childlogdir: string;
  /** The name or uid of whom to become. */
  readonly user?: string;
  /** Where to change to, unless `nodaemon`. */
  readonly directory?: string;
  /** Whether ANSI escape sequences are dropped from what is logged. */
  readonly strip_ansi: boolean;
  /** The name of the supervisor. */
  readonly identifier: string;
  /** Expanded. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads `[supervisord]`: itself, and what of it are settings of a supervisor. */
export function readSupervisord(
  reading: Reading,
  section: Section,
): { readonly section: SupervisordSection; readonly settings: SupervisorSettings } {
  const { facts, environment: names } = reading;
  const options = new Options(reading, section);
  const { absolute, inDirectory, directory } = pathTypes(facts);
  const user = () => options.read("user", userTypes(facts).user, names);
  const logfile = (value: string) =>
    value.toLowerCase() === "syslog" ? { value: "syslog" } : inDirectory(value);
  const whole = (path: string) => (path === "syslog" ? path : absolute(path));
  const plain = {
    minfds: options.read("minfds", integer, names) ?? 1024,
    minprocs: options.read("minprocs", integer, names) ?? 200,
    directory: options.read("directory", directory, names),
    user: user(),
    umask: options.read("umask", octal, names) ?? 0o022,
    logfile: whole(options.read("logfile", logfile, names) ?? "supervisord.log"),
    logfile_maxbytes: options.read("logfile_maxbytes", byteSize, names) ?? 50 * 1024 ** 2,
    logfile_backups: options.read("logfile_backups", count, names) ?? 10,
    loglevel: options.read("loglevel", logLevel, names) ?? "info",
    pidfile: absolute(options.read("pidfile", inDirectory, names) ?? "supervisord.pid"),
    nodaemon: options.read("nodaemon", boolean, names) ?? false,
    silent: options.read("silent", boolean, names) ?? false,
  };
  const shared = {
    identifier: options.read("identifier", text, names),
    childlogdir: options.read("childlogdir", directory, names),
    nocleanup: options.read("nocleanup", boolean, names),
    strip_ansi: options.read("strip_ansi", boolean, names),
  };
  const here = within(names, new Map([["host_node_name", facts.host]]));
  const pairs = [...readEnvironment(options, here)];
  const extensions = {
    serverurl: options.read("serverurl", text, names),
    guardian: options.read("guardian", boolean, names),
    guardian_waitsecs: options.read("guardian_waitsecs", seconds, names),
  };
  return {
    section: defined({
      ...plain,
      identifier: shared.identifier ?? "supervisor",
      childlogdir: shared.childlogdir ?? facts.tmpdir(),
      nocleanup: shared.nocleanup ?? false,
      strip_ansi: shared.strip_ansi ?? false,
      environment: Object.fromEntries(pairs.map(([key, pieces]) => [key, fixedText(pieces) ?? ""])),
    }),
    settings: defined({
      ...shared,
      ...extensions,
      ...(pairs.length > 0 && {
        environment: Object.fromEntries(pairs.map(([key, pieces]) => [key, toSetting(pieces)])),
      }),
    }),
  };
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without what is undefined. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
