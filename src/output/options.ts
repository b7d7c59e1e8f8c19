import type { Writable } from "node:stream";
import z from "#zod";
import { option } from "../schema/option.ts";
import { temporaryDirectory } from "../system/directories.ts";

/** The options for the output of a process. */
export const outputOptions = {
  redirect_stderr: option(
    {
      syntax: "boolean",
      summary: "Whether standard error goes where standard output goes. Excludes `stderr_logfile`.",
    },
    (flag) => flag.default(false),
  ),
  stdout_logfile: logfile("standard output"),
  stdout_logfile_maxbytes: maxbytes("stdout_logfile"),
  stdout_logfile_backups: backups("stdout_logfile"),
  stdout_capture_maxbytes: capture("standard output", "PROCESS_COMMUNICATION_STDOUT"),
  stdout_events_enabled: eventsEnabled("standard output", "PROCESS_LOG_STDOUT"),
  stdout_syslog: syslog("standard output"),
  stderr_logfile: logfile("standard error"),
  stderr_logfile_maxbytes: maxbytes("stderr_logfile"),
  stderr_logfile_backups: backups("stderr_logfile"),
  stderr_capture_maxbytes: capture("standard error", "PROCESS_COMMUNICATION_STDERR"),
  stderr_events_enabled: eventsEnabled("standard error", "PROCESS_LOG_STDERR"),
  stderr_syslog: syslog("standard error"),
};

/** The same for all logs. */
export const logOptions = {
  strip_ansi: option(
    {
      syntax: "boolean",
      summary:
        "Whether ANSI escape sequences (colours, cursor movements) are dropped from what is logged.",
    },
    (flag) => flag.default(false),
  ),
  childlogdir: option(
    {
      syntax: "existing directory",
      preset: "the system's for temporary files",
      summary: "Where log files with the name `AUTO` are made.",
    },
    (directory) => directory.default(temporaryDirectory),
  ),
};

/** The options for `AUTO` logs. */
export const autoLogOptions = {
  nocleanup: option(
    {
      syntax: "boolean",
      summary:
        "Whether `AUTO` log files of former supervisors of the same `identifier` are kept. Otherwise those whose host has ended are removed at the first start.",
    },
    (flag) => flag.default(false),
  ),
};

function logfile(stream: string) {
  return option(
    {
      syntax: "logfile",
      expected: "a path, AUTO, NONE or a Writable stream",
      preset: '"NONE"',
      summary: `Where its ${stream} is written: a file (appended to, and rotated when full), \`AUTO\` for one with a name of its own in \`childlogdir\`, \`NONE\`, \`/dev/stdout\`, \`/dev/stderr\`, a named pipe, or, in code, any \`Writable\`, whose back-pressure the process feels. The last 16 KiB are kept in memory in any case where the bytes pass through the host.`,
      differs: "In code the default is `NONE`, in a configuration file `AUTO`.",
      isPerProcess: true,
    },
    (path, messages) =>
      z
        .union([path, z.custom<Writable>(isWritable)], messages)
        .transform((value) =>
          typeof value === "string" && ["NONE", "OFF"].includes(value.toUpperCase())
            ? undefined
            : value,
        )
        .optional(),
  );
}

function maxbytes(file: string) {
  return option(
    {
      syntax: "bytes",
      preset: '"50MB"',
      summary: `When \`${file}\` is rotated: after the write with which it has reached this size. 0: never; then, unless events, capture, syslog or \`strip_ansi\` want the bytes too, the process writes into the file by itself and the host has no work with them.`,
      isPerProcess: true,
    },
    (bytes) => bytes.default(50 * 1024 * 1024),
  );
}

/** The number of rotated files that are kept. */
export function backups(file: string) {
  return option(
    {
      syntax: "count",
      summary: `How many old files of \`${file}\` are kept, as \`.1\`, \`.2\` … 0: what is full is emptied.`,
      isPerProcess: true,
    },
    (count) => count.default(10),
  );
}

function capture(stream: string, event: string) {
  return option(
    {
      syntax: "bytes",
      expected: 'a number of bytes, or a string such as "1KB"',
      preset: "0",
      summary: `Of what its ${stream} holds between \`<!--XSUPERVISOR:BEGIN-->\` and \`<!--XSUPERVISOR:END-->\`, the last so many bytes become a ${event} event, and are not logged. 0: it is ordinary output.`,
    },
    (bytes) => bytes.default(0),
  );
}

function eventsEnabled(stream: string, event: string) {
  return option(
    {
      syntax: "boolean",
      summary: `Whether each chunk of its ${stream} is a ${event} event.`,
    },
    (flag) => flag.default(false),
  );
}

function syslog(stream: string) {
  return option(
    {
      syntax: "boolean",
      summary: `Whether the lines of its ${stream} go to the system's log, too, behind the process's name; by the program \`logger\`. A line above 1 MiB goes on as the next line. Not on Windows.`,
      isPerProcess: true,
    },
    (flag) => flag.default(false),
  );
}

function isWritable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["write", "on", "once", "off"].every((method) => method in value);
}
