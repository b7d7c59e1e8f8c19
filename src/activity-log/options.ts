import z from "#zod";
import { expected } from "../schema/messages.ts";
import { described } from "../schema/option.ts";
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
      (messages) =>
        z
          .string(messages)
          .min(1, messages)
          .refine((file) => !file.includes("\0"), messages)
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
      (messages) => bytes(messages).default(50 * 1024 * 1024),
    ),
    logfile_backups: backups("logfile"),
    loglevel: described(
      {
        expected: `${logLevels.slice(0, -1).join(", ")} or ${logLevels.at(-1)}`,
        preset: '"info"',
        summary:
          "How grave a line must be to be written. From `debug` on, what the processes write is written, too.",
      },
      (messages) =>
        z.string(messages).toLowerCase().pipe(z.literal(logLevels, messages)).default("info"),
    ),
    silent: described(
      {
        expected: "true or false",
        summary: "Whether nothing of it goes to the host's standard output.",
        differs: "In code that has to be asked for: it is true unless given.",
      },
      (messages) => z.boolean(messages).default(true),
    ),
    identifier: described(
      { expected: "a string", summary: "What the system's log calls it." },
      (messages) => z.string(messages).default("supervisor"),
    ),
  },
  expected("an object with the settings of an activity log"),
);

/** What one writes for an activity log. @useDeclaredType */
export type ActivityLogSettings = z.input<typeof activityLogSettings>;

/** Its settings as they hold. */
export type ResolvedActivityLogSettings = z.output<typeof activityLogSettings>;
