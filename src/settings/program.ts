import z from "#zod";
import type { Policy } from "../lifecycle/state.ts";
import type { Signal } from "../ports/signal.ts";
import { expected } from "../schema/messages.ts";
import { described } from "../schema/option.ts";
import { type SignalSetting, parseSignal } from "../schema/signal.ts";
import { NAME_RULE, seconds, octal } from "../schema/types.ts";
import { logfile, maxbytes, backups, capture, eventsEnabled, syslog } from "../output/options.ts";
// the exception is no key of an object
/** supervisord's own `result_handler`. */
export const DEFAULT_HANDLER = "supervisor.dispatchers:default_handler";

const command = described(
  {
    expected: "a command line, or an array of a program and its arguments",
    summary:
      "The program to run. A string is split into words by the rules of a POSIX shell's quotes (Python's shlex), and no shell is involved: no variables, globs or pipes.",
  },
  (messages) =>
    z.union(
      [z.string(), z.array(z.string(messages), messages).min(1, messages).readonly()],
      messages,
    ),
);

export const environment = described(
  {
    expected: "an object of strings",
    preset: "{}",
    summary: "Variables for the process, over those of the supervisor and of the host.",
  },
  (messages) =>
    z
      .record(
        z.string().regex(/^[^=\0]+$/, expected("a variable name without =")),
        z
          .string(expected("a string"))
          .refine((value) => !value.includes("\0"), expected("a string without NUL")),
        messages,
      )
      .default({}),
);

/** Settings of one program: a `[program:x]` section. */
export const programSettings = z
  .strictObject(
    {
      command,
      process_name: described(
        {
          expected: `${NAME_RULE}, after expansion`,
          summary:
            "The name of each process. With `numprocs` above 1 it must hold `%(process_num)d`.",
        },
        (messages) => z.string(messages).default("%(program_name)s"),
      ),
      numprocs: described(
        { expected: "a whole number, 0 or more", summary: "How many processes of this program." },
        (messages) => z.int(messages).min(0, messages).default(1),
      ),
      numprocs_start: described(
        { expected: "a whole number", summary: "The first `process_num`." },
        (messages) => z.int(messages).default(0),
      ),
      priority: described(
        {
          expected: "a whole number",
          preset: "999",
          summary:
            "Lower numbers start first and stop last. Also that of its group, where it has one of its own; the group of a program with `events` has -1 unless this is given.",
        },
        (messages) => z.int(messages).optional(),
      ),
      autostart: described(
        { expected: "true or false", summary: "Whether it starts with the supervisor." },
        (messages) => z.boolean(messages).default(true),
      ),
      startsecs: seconds(
        1,
        "How long the process must stay up to count as RUNNING. 0: at once, however briefly.",
      ),
      startretries: described(
        {
          expected: "a whole number, 0 or more",
          summary:
            "How many times a failed start is tried again, after 1, 2, 3 … seconds, before the process is FATAL.",
        },
        (messages) => z.int(messages).min(0, messages).default(3),
      ),
      autorestart: described(
        {
          expected: 'true, false or "unexpected"',
          summary:
            'Whether a process that ends after having been RUNNING is started again, at once. `"unexpected"`: unless its exit code is one of `exitcodes`.',
        },
        (messages) =>
          z.union([z.boolean(), z.literal("unexpected")], messages).default("unexpected"),
      ),
      exitcodes: described(
        {
          expected: "an array of exit codes from 0 to 255",
          summary: "The expected exit codes. Death by a signal is never expected.",
        },
        (messages) =>
          z
            .array(z.int(messages).min(0, messages).max(255, messages), messages)
            .readonly()
            .default([0]),
      ),
      stopsignal: described(
        {
          expected: "the name or number of a signal",
          preset: '"TERM"',
          summary: "The signal that asks the process to stop.",
          differs:
            "On Windows, where there are no signals, every stop ends the process and its descendants at once.",
        },
        (messages) =>
          z
            .custom<SignalSetting>((value) => parseSignal(value), messages)
            .default("TERM")
            .transform((value): Signal => parseSignal(value) ?? "SIGTERM"),
      ),
      stopwaitsecs: seconds(
        10,
        "How long it, and then what it leaves, may take to stop before SIGKILL.",
      ),
      stopasgroup: described(
        {
          expected: "true or false",
          summary: "Send the stop signal to its whole process group. Turns `killasgroup` on.",
        },
        (messages) => z.boolean(messages).default(false),
      ),
      killasgroup: described(
        {
          expected: "true or false",
          preset: "`stopasgroup`",
          summary: "Send SIGKILL to its whole process group.",
        },
        (messages) => z.boolean(messages).optional(),
      ),
      user: described(
        {
          expected: "the name or uid of a user",
          preset: "the host's",
          summary:
            "Whom the process runs as: uid, gid and supplementary groups. The host must be root, or that user. HOME, USER and LOGNAME stay as they are. Not on Windows.",
        },
        (messages) =>
          z
            .union([z.string(), z.int(messages).min(0, messages)], messages)
            .transform(String)
            .optional(),
      ),
      directory: described(
        {
          expected: "the path of a directory",
          preset: "the host's",
          summary: "The working directory of the process.",
          differs: "A command given as a relative path is looked up there, too.",
        },
        (messages) => z.string(messages).min(1, messages).optional(),
      ),
      umask: described(
        {
          expected: 'octal digits ("022") or a number, up to 0o777',
          preset: "the host's",
          summary: "The file mode creation mask of the process. Not on Windows.",
        },
        (messages) => octal(messages).optional(),
      ),
      environment,
      redirect_stderr: described(
        {
          expected: "true or false",
          summary:
            "Whether standard error goes where standard output goes. Excludes `stderr_logfile`.",
        },
        (messages) => z.boolean(messages).default(false),
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
      events: described(
        {
          expected: "an array of names of event types",
          preset: "none",
          summary:
            "Makes the program an event listener, a `[eventlistener:x]`: its processes are sent these events on standard input, and answer on standard output. Names that have others under them stand for all of those.",
        },
        (messages) => z.array(z.string(messages), messages).min(1, messages).readonly().optional(),
      ),
      buffer_size: described(
        {
          expected: "a whole number, 1 or more",
          summary: "How many events may wait for its event listeners before the oldest is dropped.",
        },
        (messages) => z.int(messages).min(1, messages).default(10),
      ),
      result_handler: described(
        {
          expected: "the name of a function in Python",
          summary:
            "What judges the results of its event listeners: by the default `OK` accepts the event, and any other result rejects it.",
          differs:
            "Any other function cannot be called here: then every well-formed result accepts the event.",
        },
        (messages) => z.string(messages).default(DEFAULT_HANDLER),
      ),
      socket: described(
        {
          expected: '"tcp://host:port" or "unix:///path"',
          preset: "none",
          summary:
            "Makes the program a FastCGI one, a `[fcgi-program:x]`: this socket listens from the first start on, over all restarts, and is the standard input of each of its processes. Not on Windows.",
          differs:
            "It stays open while no process runs, its file is removed with it, and a program in a group keeps it. An IPv6 address goes in brackets.",
        },
        (messages) =>
          z
            .string()
            .regex(/^(?:tcp|unix):\/\//, messages)
            .optional(),
      ),
      socket_backlog: described(
        {
          expected: "a whole number from 1 to 65535",
          preset: "as many as the system allows",
          summary: "How many connections may wait at the `socket`.",
        },
        (messages) => z.int(messages).min(1, messages).max(65_535, messages).optional(),
      ),
      socket_owner: described(
        {
          expected: '"user" or "user:group", names or ids',
          preset: "`user`",
          summary: "Whose a unix `socket` is: its file. Only root may give it away.",
        },
        (messages) => z.string(messages).min(1, messages).optional(),
      ),
      socket_mode: described(
        {
          expected: 'octal digits ("0700") or a number, up to 0o777',
          preset: '"0700"',
          summary: "The mode of the file of a unix `socket`: who may write to it may connect.",
        },
        (messages) => octal(messages).optional(),
      ),
      serverurl: described(
        {
          expected: 'a string, or "AUTO"',
          preset: '"AUTO"',
          summary:
            "`SUPERVISOR_SERVER_URL` in its environment. `AUTO`: the `serverurl` of the supervisor.",
        },
        (messages) => z.string(messages).optional(),
      ),
      sweep: described(
        {
          expected: 'true, false or "group"',
          isExtension: true,
          summary:
            'Whether what a process leaves behind is ended after its end: before it is started again, and before it counts as stopped. After a stop it is first asked with `stopsignal`, and has what remains of `stopwaitsecs`; else it is killed at once. `true`: whoever descends from it, also from other process groups and sessions, as far as the system can tell; `"group"`: its process group; `false`: nobody.',
        },
        (messages) => z.union([z.boolean(), z.literal("group")], messages).default(true),
      ),
      cgroup: described(
        {
          expected: "true or false",
          isExtension: true,
          summary:
            "Whether it gets a cgroup (v2) of its own where one can be made, which needs Linux and root, or a delegated cgroup: for programs whose descendants leave group, session, environment and parent behind. Adds some 10 ms to a start.",
        },
        (messages) => z.boolean(messages).default(false),
      ),
      stopstdin: described(
        {
          expected: "true or false",
          isExtension: true,
          summary:
            "Whether its standard input is closed when it is to stop, together with `stopsignal`. On Windows instead of it: the program then has `stopwaitsecs` to end by itself.",
        },
        (messages) => z.boolean(messages).default(false),
      ),
    },
    expected("an object with the settings of a program"),
  )
  .refine((s) => !(s.stopasgroup && s.killasgroup === false), {
    path: ["killasgroup"],
    error: "expected true or nothing while stopasgroup is true, got false",
  })
  .refine((s) => !s.redirect_stderr || s.stderr_logfile === undefined, {
    path: ["stderr_logfile"],
    error: "expected nothing or NONE while redirect_stderr is true",
  })
  .refine((s) => !(s.redirect_stderr && s.events), {
    path: ["redirect_stderr"],
    error: "expected false: an event listener answers on its standard output, got true",
  })
  .refine((s) => s.socket === undefined || !s.events, {
    path: ["socket"],
    error: "expected nothing: an event listener is sent its events on standard input",
  });

/** What one writes for a program; see docs/settings.md for each option. @useDeclaredType */
export type ProgramSettings = z.input<typeof programSettings>;
/** The settings of a program as they hold: defaults filled in, not yet expanded. @useDeclaredType */
export type ResolvedProgramSettings = z.output<typeof programSettings>;

/** Settings as the machine has them: seconds become milliseconds here and nowhere else. */
export function policyOf(settings: ResolvedProgramSettings): Policy {
  return {
    startMs: settings.startsecs * 1000,
    startRetries: settings.startretries,
    stopMs: settings.stopwaitsecs * 1000,
    stopSignal: settings.stopsignal,
    stopAsGroup: settings.stopasgroup,
    killAsGroup: settings.killasgroup ?? settings.stopasgroup,
    autorestart: settings.autorestart,
    exitCodes: settings.exitcodes,
  };
}
