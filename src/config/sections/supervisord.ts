import { activityLogOptions } from "../../activity-log/options.ts";
import type { LogLevel } from "../../events/levels.ts";
import { filterOptions, option, type Shape } from "../../schema/option.ts";
import { supervisorSettings, type SupervisorSettings } from "../../settings/supervisor.ts";
import { defaultsOf, defined } from "../defaults.ts";
import { readEnvironment } from "../environment.ts";
import type { Section } from "../ini.ts";
import { fixedText, toSetting, within } from "../percent.ts";
import { Options, type Reading } from "../section-reader.ts";
import { absolute } from "../system-values.ts";

/** The section `[supervisord]`: the options for the host rather than for the programs. */
export interface SupervisordSection {
  /** The absolute path of the activity log, or the word `syslog`. */
  readonly logfile: string;
  /** The size in bytes at which the log is rotated; 0: never. */
  readonly logfile_maxbytes: number;
  /** The number of rotated files that are kept. */
  readonly logfile_backups: number;
  /** The lowest level of lines that are written. */
  readonly loglevel: LogLevel;
  /** The absolute path of the pid file. */
  readonly pidfile: string;
  /** The umask of the command itself, unless `nodaemon`. */
  readonly umask: number;
  /** Whether supervisord stays in the foreground. */
  readonly nodaemon: boolean;
  /** Whether the activity log does not go to standard output as well. */
  readonly silent: boolean;
  /** The required number of file descriptors. */
  readonly minfds: number;
  /** The required number of processes. */
  readonly minprocs: number;
  /** Whether AUTO logs of former runs are kept. */
  readonly nocleanup: boolean;
  /** The directory of AUTO logs. */
  readonly childlogdir: string;
  /** The name or uid of the user to run as. */
  readonly user?: string;
  /** The directory to change to, unless `nodaemon`. */
  readonly directory?: string;
  /** Whether ANSI escape sequences are dropped from what is logged. */
  readonly strip_ansi: boolean;
  /** The name of the supervisor. */
  readonly identifier: string;
  /** The environment, expanded. */
  readonly environment: Readonly<Record<string, string>>;
}

const { identifier, childlogdir, nocleanup, strip_ansi, environment, ...others } =
  supervisorSettings.shape;

/** The options that are in {@link SupervisordSection}, in supervisord's order of reading. */
const sectionOptions = {
  minfds: option({ syntax: "integer" }, (integer) => integer.default(1024)),
  minprocs: option({ syntax: "integer" }, (integer) => integer.default(200)),
  directory: option({ syntax: "existing directory" }, (directory) => directory.optional()),
  user: option({ syntax: "user" }, (user) => user.optional()),
  umask: option({ syntax: "octal" }, (mask) => mask.default(0o022)),
  logfile: option({ syntax: "activity log" }, (file) => file.default("supervisord.log")),
  ...activityLogOptions,
  pidfile: option({ syntax: "file" }, (file) => file.default("supervisord.pid")),
  nodaemon: option({ syntax: "boolean" }, (flag) => flag.default(false)),
  silent: option({ syntax: "boolean" }, (flag) => flag.default(false)),
  identifier,
  childlogdir,
  nocleanup,
  strip_ansi,
  environment,
};

/** The settings that supervisord has no option for, or not in this section. */
const otherOptions = filterOptions(others, ({ only }) => only !== "code");

/** The options of `[supervisord]`. */
export const supervisordOptions: Shape = { ...sectionOptions, ...otherOptions };

/** Reads `[supervisord]`: the section, and the settings of a supervisor in it. */
export function readSupervisord(
  reading: Reading,
  section: Section,
): { readonly section: SupervisordSection; readonly settings: SupervisorSettings } {
  const { facts, environment: names } = reading;
  const options = new Options(reading, section);
  const given = options.readAll(sectionOptions, names);
  const here = within(names, new Map([["host_node_name", facts.host]]));
  const pairs = [...readEnvironment(options, here)];
  const settings = { ...given, ...options.readAll(otherOptions, names) };
  const { logfile, pidfile, ...rest } = { ...defaultsOf(sectionOptions), ...given };
  return {
    section: defined({
      ...rest,
      logfile: logfile === "syslog" ? logfile : absolute(logfile, facts),
      pidfile: absolute(pidfile, facts),
      environment: Object.fromEntries(pairs.map(([key, pieces]) => [key, fixedText(pieces) ?? ""])),
    }),
    settings: {
      ...Object.fromEntries(
        Object.entries(settings).filter(([key]) => Object.hasOwn(supervisorSettings.shape, key)),
      ),
      ...(pairs.length > 0 && {
        environment: Object.fromEntries(pairs.map(([key, pieces]) => [key, toSetting(pieces)])),
      }),
    },
  };
}
