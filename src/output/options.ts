import type { Writable } from "node:stream";
import z from "#zod";
import { option } from "../schema/option.ts";
import { temporaryDirectory } from "../system/directories.ts";

/** The options for the output of a process. */
export const outputOptions = {
  redirect_stderr: option(
    {
      syntax: "boolean",
      summary:
        "Whether standard error is sent to the same place as standard output. Excludes `stderr_logfile`.",
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

/** The options that all logs share. */
export const logOptions = {
  strip_ansi: option(
    {
      syntax: "boolean",
      summary:
        "Whether ANSI escape sequences (colours, cursor movements) are removed from the logs.",
    },
    (flag) => flag.default(false),
  ),
  childlogdir: option(
    {
      syntax: "existing directory",
      preset: "the system's for temporary files",
      summary: "The directory in which `AUTO` log files are created.",
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
        "Whether `AUTO` log files of former supervisors of the same `identifier` are kept. Otherwise the files of hosts that have exited are removed at the first start.",
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
      summary: `The destination of its ${stream}: a file (appended to, and rotated when full), \`AUTO\` for a file with a unique name in \`childlogdir\`, \`NONE\`, \`/dev/stdout\`, \`/dev/stderr\`, a named pipe, or, in code, any \`Writable\`, whose back-pressure slows the process down. The last 16 KiB are also kept in memory, if the bytes pass through the host.`,
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
      summary: `The size at which \`${file}\` is rotated, after the write that reaches it. 0: never. In this case, unless events, capture, syslog or \`strip_ansi\` need the bytes, too, the process writes to the file directly, without work for the host.`,
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
      summary: `The number of rotated files of \`${file}\` that are kept, as \`.1\`, \`.2\` … 0: a full file is emptied.`,
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
      summary: `The number of bytes of a ${event} event: the last bytes that its ${stream} contains between \`<!--XSUPERVISOR:BEGIN-->\` and \`<!--XSUPERVISOR:END-->\`. The text between the tokens is not logged. 0: the text is ordinary output, without an event.`,
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
      summary: `Whether the lines of its ${stream} are also sent to the system's log, after the process's name, by the program \`logger\`. A line above 1 MiB is split. Not on Windows.`,
      isPerProcess: true,
    },
    (flag) => flag.default(false),
  );
}

function isWritable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["write", "on", "once", "off"].every((method) => method in value);
}
