import { constants } from "node:os";
import type { Writable } from "node:stream";
import { inspect } from "node:util";
import z from "#zod";
import type { Policy, Signal } from "../lifecycle/table.ts";
import { temporaryDirectory } from "../system/directories.ts";

/** What the documentation says of an option beside its type, default and range. */
export interface OptionMeta {
  readonly summary: string;
  readonly expected: string;
  readonly unit?: "s" | "bytes";
  /** Shown as the default where it is not a plain value. */
  readonly preset?: string;
  /** Not an option of supervisord. */
  readonly isExtension?: true;
  /** Where it parts from supervisord's option of that name. */
  readonly differs?: string;
}

/** Summary, unit and more of each option; a row of the table in the docs. */
export const options = z.registry<OptionMeta>();

/** Names of processes, programs and groups: supervisord's rule, and at least one character. */
export const NAME = /^(?!__proto__$)[^\s:/]+$/; // the exception is no key of an object
/** supervisord's own `result_handler`. */
export const DEFAULT_HANDLER = "supervisor.dispatchers:default_handler";
const NAME_RULE = "a name without blanks, colons and slashes";
/** A host's name or address, without a scheme, a port, a path or a wildcard. */
export const HOST_NAME = /^(?:[^\s:/?#@[\]*,]+|[\da-f.]*:[\da-f.]*:[\da-f:.]*)$/i;

/** A signal's name, with or without `SIG` in front, or its number. */
export type SignalSetting =
  | NodeJS.Signals
  | (NodeJS.Signals extends `SIG${infer N}` ? N : never)
  | number;

const command = described(
  {
    expected: "a command line, or an array of a program and its arguments",
    summary:
      "The program to run. A string is split into words by the rules of a POSIX shell's quotes (Python's shlex), and no shell is involved: no variables, globs or pipes.",
  },
  (say) => z.union([z.string(), z.array(z.string(say), say).min(1, say).readonly()], say),
);

const environment = described(
  {
    expected: "an object of strings",
    preset: "{}",
    summary: "Variables for the process, over those of the supervisor and of the host.",
  },
  (say) =>
    z
      .record(
        z.string().regex(/^[^=\0]+$/, tell("a variable name without =")),
        z
          .string(tell("a string"))
          .refine((value) => !value.includes("\0"), tell("a string without NUL")),
        say,
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
        (say) => z.string(say).default("%(program_name)s"),
      ),
      numprocs: described(
        { expected: "a whole number, 0 or more", summary: "How many processes of this program." },
        (say) => z.int(say).min(0, say).default(1),
      ),
      numprocs_start: described(
        { expected: "a whole number", summary: "The first `process_num`." },
        (say) => z.int(say).default(0),
      ),
      priority: described(
        {
          expected: "a whole number",
          preset: "999",
          summary:
            "Lower numbers start first and stop last. Also that of its group, where it has one of its own; the group of a program with `events` has -1 unless this is given.",
        },
        (say) => z.int(say).optional(),
      ),
      autostart: described(
        { expected: "true or false", summary: "Whether it starts with the supervisor." },
        (say) => z.boolean(say).default(true),
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
        (say) => z.int(say).min(0, say).default(3),
      ),
      autorestart: described(
        {
          expected: 'true, false or "unexpected"',
          summary:
            'Whether a process that ends after having been RUNNING is started again, at once. `"unexpected"`: unless its exit code is one of `exitcodes`.',
        },
        (say) => z.union([z.boolean(), z.literal("unexpected")], say).default("unexpected"),
      ),
      exitcodes: described(
        {
          expected: "an array of exit codes from 0 to 255",
          summary: "The expected exit codes. Death by a signal is never expected.",
        },
        (say) => z.array(z.int(say).min(0, say).max(255, say), say).readonly().default([0]),
      ),
      stopsignal: described(
        {
          expected: "the name or number of a signal",
          preset: '"TERM"',
          summary: "The signal that asks the process to stop.",
          differs:
            "On Windows, where there are no signals, every stop ends the process and its descendants at once.",
        },
        (say) =>
          z
            .custom<SignalSetting>((value) => parseSignal(value), say)
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
        (say) => z.boolean(say).default(false),
      ),
      killasgroup: described(
        {
          expected: "true or false",
          preset: "`stopasgroup`",
          summary: "Send SIGKILL to its whole process group.",
        },
        (say) => z.boolean(say).optional(),
      ),
      user: described(
        {
          expected: "the name or uid of a user",
          preset: "the host's",
          summary:
            "Whom the process runs as: uid, gid and supplementary groups. The host must be root, or that user. HOME, USER and LOGNAME stay as they are. Not on Windows.",
        },
        (say) =>
          z
            .union([z.string(), z.int(say).min(0, say)], say)
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
        (say) => z.string(say).min(1, say).optional(),
      ),
      umask: described(
        {
          expected: 'octal digits ("022") or a number, up to 0o777',
          preset: "the host's",
          summary: "The file mode creation mask of the process. Not on Windows.",
        },
        (say) => octal(say).optional(),
      ),
      environment,
      redirect_stderr: described(
        {
          expected: "true or false",
          summary:
            "Whether standard error goes where standard output goes. Excludes `stderr_logfile`.",
        },
        (say) => z.boolean(say).default(false),
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
        (say) => z.array(z.string(say), say).min(1, say).readonly().optional(),
      ),
      buffer_size: described(
        {
          expected: "a whole number, 1 or more",
          summary: "How many events may wait for its event listeners before the oldest is dropped.",
        },
        (say) => z.int(say).min(1, say).default(10),
      ),
      result_handler: described(
        {
          expected: "the name of a function in Python",
          summary:
            "What judges the results of its event listeners: by the default `OK` accepts the event, and any other result rejects it.",
          differs:
            "Any other function cannot be called here: then every well-formed result accepts the event.",
        },
        (say) => z.string(say).default(DEFAULT_HANDLER),
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
        (say) =>
          z
            .string()
            .regex(/^(?:tcp|unix):\/\//, say)
            .optional(),
      ),
      socket_backlog: described(
        {
          expected: "a whole number from 1 to 65535",
          preset: "as many as the system allows",
          summary: "How many connections may wait at the `socket`.",
        },
        (say) => z.int(say).min(1, say).max(65_535, say).optional(),
      ),
      socket_owner: described(
        {
          expected: '"user" or "user:group", names or ids',
          preset: "`user`",
          summary: "Whose a unix `socket` is: its file. Only root may give it away.",
        },
        (say) => z.string(say).min(1, say).optional(),
      ),
      socket_mode: described(
        {
          expected: 'octal digits ("0700") or a number, up to 0o777',
          preset: '"0700"',
          summary: "The mode of the file of a unix `socket`: who may write to it may connect.",
        },
        (say) => octal(say).optional(),
      ),
      serverurl: described(
        {
          expected: 'a string, or "AUTO"',
          preset: '"AUTO"',
          summary:
            "`SUPERVISOR_SERVER_URL` in its environment. `AUTO`: the `serverurl` of the supervisor.",
        },
        (say) => z.string(say).optional(),
      ),
      sweep: described(
        {
          expected: 'true, false or "group"',
          isExtension: true,
          summary:
            'Whether what a process leaves behind is ended after its end: before it is started again, and before it counts as stopped. After a stop it is first asked with `stopsignal`, and has what remains of `stopwaitsecs`; else it is killed at once. `true`: whoever descends from it, also from other process groups and sessions, as far as the system can tell; `"group"`: its process group; `false`: nobody.',
        },
        (say) => z.union([z.boolean(), z.literal("group")], say).default(true),
      ),
      cgroup: described(
        {
          expected: "true or false",
          isExtension: true,
          summary:
            "Whether it gets a cgroup (v2) of its own where one can be made, which needs Linux and root, or a delegated cgroup: for programs whose descendants leave group, session, environment and parent behind. Adds some 10 ms to a start.",
        },
        (say) => z.boolean(say).default(false),
      ),
      stopstdin: described(
        {
          expected: "true or false",
          isExtension: true,
          summary:
            "Whether its standard input is closed when it is to stop, together with `stopsignal`. On Windows instead of it: the program then has `stopwaitsecs` to end by itself.",
        },
        (say) => z.boolean(say).default(false),
      ),
    },
    tell("an object with the settings of a program"),
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

/** Settings of one group: a `[group:x]` section. */
export const groupSettings = z.strictObject(
  {
    programs: described(
      {
        expected: "an array of program names",
        preset: "[]",
        summary: "The programs of the group. Their processes are then called `group:process`.",
      },
      (say) => z.array(z.string(say), say).readonly().default([]),
    ),
    priority: priority("Orders the groups, as that of a program orders the processes of a group."),
  },
  tell("an object with the settings of a group"),
);

/** Settings of the supervisor as a whole: all programs and groups, and the `[supervisord]` section. */
export const supervisorSettings = z.strictObject(
  {
    programs: described(
      {
        expected: "an object of programs by name",
        preset: "{}",
        summary: "The programs, by name.",
      },
      (say) => z.record(name(), programSettings, say).default({}),
    ),
    groups: described(
      { expected: "an object of groups by name", preset: "{}", summary: "The groups, by name." },
      (say) => z.record(name(), groupSettings, say).default({}),
    ),
    identifier: described(
      { expected: "a string", summary: "A name for this supervisor, as `supervisor.identifier`." },
      (say) => z.string(say).default("supervisor"),
    ),
    environment,
    strip_ansi: described(
      {
        expected: "true or false",
        summary:
          "Whether ANSI escape sequences (colours, cursor movements) are dropped from what is logged.",
      },
      (say) => z.boolean(say).default(false),
    ),
    childlogdir: described(
      {
        expected: "the path of a directory",
        preset: "the system's for temporary files",
        summary: "Where log files with the name `AUTO` are made.",
      },
      (say) => z.string(say).min(1, say).default(temporaryDirectory),
    ),
    guardian: described(
      {
        expected: "true or false",
        isExtension: true,
        summary:
          "Whether a small shell process stands by while programs run, which ends them, and all that they have started, when the host has ended without being able to: by SIGKILL, a crash of Node, or for want of memory. Holds from the construction on. Not on Windows, where the system does it.",
      },
      (say) => z.boolean(say).default(true),
    ),
    guardian_waitsecs: described(
      {
        expected: "a number of seconds, 0 or more",
        unit: "s",
        isExtension: true,
        summary:
          "How long the guardian lets the programs stop by their `stopsignal` before it kills them. 0: it kills them at once.",
      },
      (say) => z.number(say).min(0, say).default(0),
    ),
    serverurl: described(
      {
        expected: "a string",
        preset: "none",
        summary:
          "Where its control server can be reached: `SUPERVISOR_SERVER_URL` in the environment of each process.",
      },
      (say) => z.string(say).optional(),
    ),
    nocleanup: described(
      {
        expected: "true or false",
        summary:
          "Whether `AUTO` log files of former supervisors of the same `identifier` are kept. Otherwise those whose host has ended are removed at the first start.",
      },
      (say) => z.boolean(say).default(false),
    ),
  },
  tell("an object with the settings of a supervisor"),
);

/** How grave a line must be to be written, as supervisord's `loglevel` names it. */
export const LOGLEVELS = [
  "critical",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "blather",
] as const satisfies readonly LogLevel[];

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
        expected: "critical, error, warn, info, debug, trace or blather",
        preset: '"info"',
        summary:
          "How grave a line must be to be written. From `debug` on, what the processes write is written, too.",
      },
      (say) => z.string(say).toLowerCase().pipe(z.literal(LOGLEVELS, say)).default("info"),
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
/** A word of `loglevel`. */
export type LogLevel = "critical" | "error" | "warn" | "info" | "debug" | "trace" | "blather";

/** What one writes for a program; see docs/settings.md for each option. @useDeclaredType */
export type ProgramSettings = z.input<typeof programSettings>;
/** The settings of a program as they hold: defaults filled in, not yet expanded. @useDeclaredType */
export type ResolvedProgramSettings = z.output<typeof programSettings>;
/** The settings of a group as they hold. */
export type ResolvedGroupSettings = z.output<typeof groupSettings>;
/** What one writes for a group. @useDeclaredType */
export type GroupSettings = z.input<typeof groupSettings>;
/** What one writes for a supervisor. @useDeclaredType */
export type SupervisorSettings = z.input<typeof supervisorSettings>;

/** The settings of a supervisor as they hold. */
export type ResolvedSupervisorSettings = z.output<typeof supervisorSettings>;

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

/** `"TERM"`, `"sigterm"`, `15` and `"15"` are the same; undefined for what is no signal (0 neither). */
export function parseSignal(value: unknown): Signal | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim().toUpperCase();
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    const named = Object.entries(constants.signals).find(([, known]) => known === number);
    if (named) return named[0] as NodeJS.Signals;
    // real-time signals have no names in Node
    return process.platform === "linux" && number >= 34 && number <= 64 ? number : undefined;
  }
  const full = text.startsWith("SIG") ? text : `SIG${text}`;
  const isKnown = full in constants.signals || ELSEWHERE.has(full); // settings are portable
  return isKnown ? (full as NodeJS.Signals) : undefined;
}

/** What POSIX has and Windows lacks. */
const ELSEWHERE = new Set([
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGPIPE",
]);

const LOOK = { depth: 1, breakLength: Infinity };

/** A value as a message shows it. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, LOOK);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** How a schema complains: of what was expected, and what came. */
export interface Say {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** Has a schema say what it expected. */
export function tell(expected: string): Say {
  return { error: ({ input }) => `expected ${expected}, got ${show(input)}` };
}

function described<S extends z.ZodType>(meta: OptionMeta, make: (say: Say) => S): S {
  const schema = make(tell(meta.expected));
  options.add(schema, meta);
  return schema;
}

function logfile(stream: string) {
  return described(
    {
      expected: "a path, AUTO, NONE or a Writable stream",
      preset: '"NONE"',
      summary: `Where its ${stream} is written: a file (appended to, and turned over when full), \`AUTO\` for one with a name of its own in \`childlogdir\`, \`NONE\`, \`/dev/stdout\`, \`/dev/stderr\`, a named pipe, or, in code, any \`Writable\`, whose back-pressure the process feels. The last 16 KiB are kept in memory in any case where the bytes pass through the host.`,
      differs: "In code the default is `NONE`, in a configuration file `AUTO`.",
    },
    (say) =>
      z
        .union([z.string().min(1, say), z.custom<Writable>(isWritable)], say)
        .transform((value) =>
          typeof value === "string" && ["NONE", "OFF"].includes(value.toUpperCase())
            ? undefined
            : value,
        )
        .optional(),
  );
}

function maxbytes(file: string) {
  return described(
    {
      expected: 'a number of bytes, or a string such as "50MB"',
      unit: "bytes",
      preset: '"50MB"',
      summary: `When \`${file}\` is turned over: after the write with which it has reached this size. 0: never; then, unless events, capture, syslog or \`strip_ansi\` want the bytes too, the process writes into the file by itself and the host has no work with them.`,
    },
    (say) => bytes(say).default(50 * 1024 * 1024),
  );
}

function backups(file: string) {
  return described(
    {
      expected: "a whole number, 0 or more",
      summary: `How many old files of \`${file}\` are kept, as \`.1\`, \`.2\` … 0: what is full is emptied.`,
    },
    (say) => z.int(say).min(0, say).default(10),
  );
}

function capture(stream: string, event: string) {
  return described(
    {
      expected: 'a number of bytes, or a string such as "1KB"',
      unit: "bytes",
      preset: "0",
      summary: `Of what its ${stream} holds between \`<!--XSUPERVISOR:BEGIN-->\` and \`<!--XSUPERVISOR:END-->\`, the last so many bytes become a ${event} event, and are not logged. 0: it is ordinary output.`,
    },
    (say) => bytes(say).default(0),
  );
}

function eventsEnabled(stream: string, event: string) {
  return described(
    {
      expected: "true or false",
      summary: `Whether each chunk of its ${stream} is a ${event} event.`,
    },
    (say) => z.boolean(say).default(false),
  );
}

function syslog(stream: string) {
  return described(
    {
      expected: "true or false",
      summary: `Whether the lines of its ${stream} go to the system's log, too, behind the process's name; by the program \`logger\`. A line above 1 MiB goes on as the next line. Not on Windows.`,
    },
    (say) => z.boolean(say).default(false),
  );
}

function bytes(say: Say) {
  return z
    .union([z.int(say).min(0, say), z.string().regex(/^\s*\d+\s*(?:[KMG]B)?\s*$/i, say)], say)
    .transform((value) => (typeof value === "number" ? value : parseBytes(value)));
}

function parseBytes(text: string): number {
  const unit = /[KMG](?=B)/i.exec(text)?.[0].toUpperCase() ?? "";
  return Number.parseInt(text, 10) * 1024 ** " KMG".indexOf(unit || " ");
}

function isWritable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["write", "on", "once", "off"].every((method) => method in value);
}

function seconds(preset: number, summary: string) {
  return described({ expected: "a number of seconds, 0 or more", unit: "s", summary }, (say) =>
    z.number(say).min(0, say).default(preset),
  );
}

function octal(say: Say) {
  const digits = z.string().regex(/^(?:0o)?0*[0-7]{1,3}$/, say);
  return z
    .union([digits, z.int(say).min(0, say).max(0o777, say)], say)
    .transform((value) =>
      typeof value === "number" ? value : Number.parseInt(value.replace("0o", ""), 8),
    );
}

function priority(summary: string) {
  return described({ expected: "a whole number", summary }, (say) => z.int(say).default(999));
}

function name() {
  return z.string().regex(NAME, tell(NAME_RULE));
}
