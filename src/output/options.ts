import { described } from "../schema/option.ts";
import z from "#zod";
import type { Writable } from "node:stream";
import { bytes } from "../schema/types.ts";

export function logfile(stream: string) {
  return described(
    {
      expected: "a path, AUTO, NONE or a Writable stream",
      preset: '"NONE"',
      summary: `Where its ${stream} is written: a file (appended to, and turned over when full), \`AUTO\` for one with a name of its own in \`childlogdir\`, \`NONE\`, \`/dev/stdout\`, \`/dev/stderr\`, a named pipe, or, in code, any \`Writable\`, whose back-pressure the process feels. The last 16 KiB are kept in memory in any case where the bytes pass through the host.`,
      differs: "In code the default is `NONE`, in a configuration file `AUTO`.",
    },
    (messages) =>
      z
        .union([z.string().min(1, messages), z.custom<Writable>(isWritable)], messages)
        .transform((value) =>
          typeof value === "string" && ["NONE", "OFF"].includes(value.toUpperCase())
            ? undefined
            : value,
        )
        .optional(),
  );
}

export function maxbytes(file: string) {
  return described(
    {
      expected: 'a number of bytes, or a string such as "50MB"',
      unit: "bytes",
      preset: '"50MB"',
      summary: `When \`${file}\` is turned over: after the write with which it has reached this size. 0: never; then, unless events, capture, syslog or \`strip_ansi\` want the bytes too, the process writes into the file by itself and the host has no work with them.`,
    },
    (messages) => bytes(messages).default(50 * 1024 * 1024),
  );
}

export function backups(file: string) {
  return described(
    {
      expected: "a whole number, 0 or more",
      summary: `How many old files of \`${file}\` are kept, as \`.1\`, \`.2\` … 0: what is full is emptied.`,
    },
    (messages) => z.int(messages).min(0, messages).default(10),
  );
}

export function capture(stream: string, event: string) {
  return described(
    {
      expected: 'a number of bytes, or a string such as "1KB"',
      unit: "bytes",
      preset: "0",
      summary: `Of what its ${stream} holds between \`<!--XSUPERVISOR:BEGIN-->\` and \`<!--XSUPERVISOR:END-->\`, the last so many bytes become a ${event} event, and are not logged. 0: it is ordinary output.`,
    },
    (messages) => bytes(messages).default(0),
  );
}

export function eventsEnabled(stream: string, event: string) {
  return described(
    {
      expected: "true or false",
      summary: `Whether each chunk of its ${stream} is a ${event} event.`,
    },
    (messages) => z.boolean(messages).default(false),
  );
}

export function syslog(stream: string) {
  return described(
    {
      expected: "true or false",
      summary: `Whether the lines of its ${stream} go to the system's log, too, behind the process's name; by the program \`logger\`. A line above 1 MiB goes on as the next line. Not on Windows.`,
    },
    (messages) => z.boolean(messages).default(false),
  );
}

function isWritable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["write", "on", "once", "off"].every((method) => method in value);
}
