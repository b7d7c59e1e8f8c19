import z from "#zod";
import { expected } from "../schema/messages.ts";
import { described } from "../schema/option.ts";
import { name } from "../schema/types.ts";
import { programSettings, environment } from "./program.ts";
import { groupSettings } from "./group.ts";
import { temporaryDirectory } from "../system/directories.ts";

/** Settings of the supervisor as a whole: all programs and groups, and the `[supervisord]` section. */
export const supervisorSettings = z.strictObject(
  {
    programs: described(
      {
        expected: "an object of programs by name",
        preset: "{}",
        summary: "The programs, by name.",
      },
      (messages) => z.record(name(), programSettings, messages).default({}),
    ),
    groups: described(
      { expected: "an object of groups by name", preset: "{}", summary: "The groups, by name." },
      (messages) => z.record(name(), groupSettings, messages).default({}),
    ),
    identifier: described(
      { expected: "a string", summary: "A name for this supervisor, as `supervisor.identifier`." },
      (messages) => z.string(messages).default("supervisor"),
    ),
    environment,
    strip_ansi: described(
      {
        expected: "true or false",
        summary:
          "Whether ANSI escape sequences (colours, cursor movements) are dropped from what is logged.",
      },
      (messages) => z.boolean(messages).default(false),
    ),
    childlogdir: described(
      {
        expected: "the path of a directory",
        preset: "the system's for temporary files",
        summary: "Where log files with the name `AUTO` are made.",
      },
      (messages) => z.string(messages).min(1, messages).default(temporaryDirectory),
    ),
    guardian: described(
      {
        expected: "true or false",
        isExtension: true,
        summary:
          "Whether a small shell process stands by while programs run, which ends them, and all that they have started, when the host has ended without being able to: by SIGKILL, a crash of Node, or for want of memory. Holds from the construction on. Not on Windows, where the system does it.",
      },
      (messages) => z.boolean(messages).default(true),
    ),
    guardian_waitsecs: described(
      {
        expected: "a number of seconds, 0 or more",
        unit: "s",
        isExtension: true,
        summary:
          "How long the guardian lets the programs stop by their `stopsignal` before it kills them. 0: it kills them at once.",
      },
      (messages) => z.number(messages).min(0, messages).default(0),
    ),
    serverurl: described(
      {
        expected: "a string",
        preset: "none",
        summary:
          "Where its control server can be reached: `SUPERVISOR_SERVER_URL` in the environment of each process.",
      },
      (messages) => z.string(messages).optional(),
    ),
    nocleanup: described(
      {
        expected: "true or false",
        summary:
          "Whether `AUTO` log files of former supervisors of the same `identifier` are kept. Otherwise those whose host has ended are removed at the first start.",
      },
      (messages) => z.boolean(messages).default(false),
    ),
  },
  expected("an object with the settings of a supervisor"),
);

/** What one writes for a supervisor. @useDeclaredType */
export type SupervisorSettings = z.input<typeof supervisorSettings>;

/** The settings of a supervisor as they hold. */
export type ResolvedSupervisorSettings = z.output<typeof supervisorSettings>;
