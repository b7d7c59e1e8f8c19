import z from "#zod";
import { logLevels } from "../events/levels.ts";
import { backups } from "../output/options.ts";
import { expected } from "../schema/messages.ts";
import { option } from "../schema/option.ts";

/**
 * The options for the level and the size of an activity log; they are options of `[supervisord]`,
 * too.
 */
export const activityLogOptions = {
  logfile_maxbytes: option(
    {
      syntax: "bytes",
      preset: '"50MB"',
      summary: "The size at which `logfile` is rotated, after the line that reaches it. 0: never.",
    },
    (bytes) => bytes.default(50 * 1024 * 1024),
  ),
  logfile_backups: backups("logfile"),
  loglevel: option(
    {
      syntax: "loglevel",
      expected: `${logLevels.slice(0, -1).join(", ")} or ${logLevels.at(-1)}`,
      preset: '"info"',
      summary:
        "The lowest level of lines that are written. From `debug` on, the output of the processes is written, too.",
    },
    (word, messages) => word.pipe(z.literal(logLevels, messages)).default("info"),
  ),
};

/** Settings of an activity log: what `[supervisord]` says of its own log. */
export const activityLogSettings = z.strictObject(
  {
    logfile: option(
      {
        syntax: "activity log",
        preset: "none",
        summary:
          "The file: appended to, and rotated when full. `syslog`: the system's log instead, by the program `logger`.",
        differs:
          "In code there is no file unless one is named; in a configuration file it is `supervisord.log`.",
      },
      (file) => file.optional(),
    ),
    ...activityLogOptions,
    silent: option(
      {
        syntax: "boolean",
        summary: "Whether the log is not also written to the host's standard output.",
        differs: "In code, the default is true.",
      },
      (flag) => flag.default(true),
    ),
    identifier: option(
      { syntax: "text", summary: "The name of the log in the system's log." },
      (text) => text.default("supervisor"),
    ),
  },
  expected("an object with the settings of an activity log"),
);

export type { ActivityLogSettings } from "./activity-log-settings.ts";

/** The settings of an activity log with their defaults filled in. */
export type ResolvedActivityLogSettings = z.output<typeof activityLogSettings>;
