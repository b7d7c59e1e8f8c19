import z from "#zod";
import { described, tell } from "../schema/option.ts";
import { logLevels } from "../events/levels.ts";
import { bytes } from "../schema/types.ts";
import { backups } from "../output/options.ts";

/** Settings of an activity log: what `[supervisord]` says of its own log. */
export const activityLogSettings = z.strictObject(
  {
    logfile: described(
      {
        expected: "the path of a file, without NUL",
        preset: "none",
        summary:
          "The file: appended to, and turned over when full. `syslog`: the system's log instead, by the program `logger`.",
        differs:
          "In code there is no file unless one is named; in a configuration file it is `supervisord.log`.",
      },
      (say) =>
        z
          .string(say)
          .min(1, say)
          .refine((file) => !file.includes("\0"), say)
          .optional(),
    ),
    logfile_maxbytes: described(
      {
        expected: 'a number of bytes, or a string such as "50MB"',
        unit: "bytes",
        preset: '"50MB"',
        summary:
          "When `logfile` is turned over: after the line with which it has reached this size. 0: never.",
      },
      (say) => bytes(say).default(50 * 1024 * 1024),
    ),
    logfile_backups: backups("logfile"),
    loglevel: described(
      {
        expected: `${logLevels.slice(0, -1).join(", ")} or ${logLevels.at(-1)}`,
        preset: '"info"',
        summary:
          "How grave a line must be to be written. From `debug` on, what the processes write is written, too.",
      },
      (say) => z.string(say).toLowerCase().pipe(z.literal(logLevels, say)).default("info"),
    ),
    silent: described(
      {
        expected: "true or false",
        summary: "Whether nothing of it goes to the host's standard output.",
        differs: "In code that has to be asked for: it is true unless given.",
      },
      (say) => z.boolean(say).default(true),
    ),
    identifier: described(
      { expected: "a string", summary: "What the system's log calls it." },
      (say) => z.string(say).default("supervisor"),
    ),
  },
  tell("an object with the settings of an activity log"),
);

/** What one writes for an activity log. @useDeclaredType */
export type ActivityLogSettings = z.input<typeof activityLogSettings>;

/** Its settings as they hold. */
export type ResolvedActivityLogSettings = z.output<typeof activityLogSettings>;
