// Generated: `npm run docs:settings` writes this file from the schema of the settings.
import type { Writable } from "node:stream";
import type { Pattern } from "../schema/pattern.ts";
import type { Signal } from "../ports/signal.ts";

/** The settings of a program with defaults filled in, not yet expanded. */
export interface ResolvedProgramSettings {
  /**
   * The program to run. A string is split into words by the rules of a POSIX shell's quotes
   * (Python's shlex), and no shell is involved: no variables, globs or pipes.
   *
   * supervisord: `command` of `[program:x]`
   */
  command: string | readonly string[];
  /**
   * The name of each process. With `numprocs` above 1 it must contain `%(process_num)d`.
   *
   * supervisord: `process_name` of `[program:x]`
   */
  process_name: string;
  /**
   * The number of processes of this program.
   *
   * supervisord: `numprocs` of `[program:x]`
   */
  numprocs: number;
  /**
   * The first `process_num`.
   *
   * supervisord: `numprocs_start` of `[program:x]`
   */
  numprocs_start: number;
  /**
   * The order of starts and stops: lower numbers start first and stop last. It is also the priority
   * of the program's own group, if the program is in no other group. The group of a program with
   * `events` has -1 unless this is given.
   *
   * supervisord: `priority` of `[program:x]`
   */
  priority?: number | undefined;
  /**
   * Whether the process starts with the supervisor.
   *
   * supervisord: `autostart` of `[program:x]`
   */
  autostart: boolean;
  /**
   * The time that the process must stay up to count as RUNNING. 0: it is RUNNING at once.
   *
   * Unit: seconds · supervisord: `startsecs` of `[program:x]`
   */
  startsecs: number;
  /**
   * The number of times that a failed start is tried again, after 1, 2, 3 … seconds, before the
   * process is FATAL.
   *
   * supervisord: `startretries` of `[program:x]`
   */
  startretries: number;
  /**
   * Whether a process that ends after having been RUNNING is started again, at once.
   * `"unexpected"`: unless its exit code is one of `exitcodes`.
   *
   * supervisord: `autorestart` of `[program:x]`
   */
  autorestart: boolean | "unexpected";
  /**
   * The expected exit codes. An end by a signal is never expected.
   *
   * supervisord: `exitcodes` of `[program:x]`
   */
  exitcodes: readonly number[];
  /**
   * The signal that asks the process to stop.
   *
   * **Differs:** On Windows, where there are no signals, every stop ends the process and its
   * descendants at once.
   *
   * supervisord: `stopsignal` of `[program:x]`, but it differs
   */
  stopsignal: Signal;
  /**
   * The time that the process, and then the processes that it leaves behind, have to stop before
   * SIGKILL.
   *
   * Unit: seconds · supervisord: `stopwaitsecs` of `[program:x]`
   */
  stopwaitsecs: number;
  /**
   * Whether the stop signal is sent to its whole process group. Turns `killasgroup` on.
   *
   * supervisord: `stopasgroup` of `[program:x]`
   */
  stopasgroup: boolean;
  /**
   * Whether SIGKILL is sent to its whole process group.
   *
   * supervisord: `killasgroup` of `[program:x]`
   */
  killasgroup?: boolean | undefined;
  /**
   * What answers when the process is ready: `tcp://host:port` or `unix:///path` accepts a
   * connection, `http://…` or `https://…` answers a GET with a status of `probe_status`. With
   * several, all of them. The process is RUNNING when it is ready, not after `startsecs`; and a
   * start fails if another process answers there before. A certificate is not checked, a redirect
   * not followed.
   *
   * Extension: supervisord has no such option
   */
  ready_url?: readonly string[] | undefined;
  /**
   * A text in a line that the process writes to its stdout or stderr when it is ready, or a regular
   * expression. `{name}` in the text stands for characters that are not blanks, and `{{` for a
   * brace: `listening on {url}`. They are the `captures` of the process, as the named groups of a
   * regular expression are. In a file: the text, or `/source/flags`. The host reads the output of
   * such a program itself, even if its log has no limit.
   *
   * Extension: supervisord has no such option
   */
  ready_line?: string | Pattern | undefined;
  /**
   * The path of a file that is there when the process is ready. A file that was there before the
   * start counts only once it was written or replaced.
   *
   * Extension: supervisord has no such option
   */
  ready_file?: string | undefined;
  /**
   * The time that a process may take to become ready, from its start on. A process that is not
   * ready by then is stopped, and its start has failed.
   *
   * Unit: seconds · Extension: supervisord has no such option
   */
  startwaitsecs: number;
  /**
   * The time that one attempt of a `ready_url` may take.
   *
   * Unit: seconds · Extension: supervisord has no such option
   */
  probe_waitsecs: number;
  /**
   * The HTTP statuses that count as an answer of a `ready_url`.
   *
   * Extension: supervisord has no such option
   */
  probe_status?: string | readonly number[] | undefined;
  /**
   * The user that the process runs as: sets uid, gid and supplementary groups. The host must run as
   * root, or as that user. HOME, USER and LOGNAME stay as they are. Not on Windows.
   *
   * supervisord: `user` of `[program:x]`
   */
  user?: string | undefined;
  /**
   * The working directory of the process.
   *
   * **Differs:** A command given as a relative path is looked up there, too.
   *
   * supervisord: `directory` of `[program:x]`, but it differs
   */
  directory?: string | undefined;
  /**
   * The file mode creation mask of the process. Not on Windows.
   *
   * supervisord: `umask` of `[program:x]`
   */
  umask?: number | undefined;
  /**
   * Environment variables for the process. They override the variables of the supervisor and of the
   * host. In code, a variable whose value is `undefined` is taken away: the process does not have
   * it, even if the supervisor or the host does.
   *
   * supervisord: `environment` of `[program:x]`
   */
  environment: Record<string, string | undefined>;
  /**
   * Which environment variables of the host the process inherits: all (`true`), none (`false`), or
   * those with these names. The variables of `environment`, of the program and of the supervisor,
   * the `SUPERVISOR_` variables and the mark of the run do not depend on it, and the command is
   * looked up along the host's PATH if the process has none. On Windows, SystemRoot is always
   * inherited.
   *
   * Extension: supervisord has no such option
   */
  environment_inherit: boolean | readonly string[];
  /**
   * Whether the process has a channel for messages, for a program that runs Node: its
   * `process.send()` emits PROCESS_MESSAGE, and `sendMessage()` emits `message` there. The channel
   * keeps neither the host nor, by itself, the process alive, and takes the descriptor 3 of the
   * process.
   *
   * Extension: supervisord has no such option
   */
  ipc: boolean;
  /**
   * Whether standard error is sent to the same place as standard output. Excludes `stderr_logfile`.
   *
   * supervisord: `redirect_stderr` of `[program:x]`
   */
  redirect_stderr: boolean;
  /**
   * The destination of its standard output: a file (appended to, and rotated when full), `AUTO` for
   * a file with a unique name in `childlogdir`, `NONE`, `/dev/stdout`, `/dev/stderr`, a named pipe,
   * or, in code, any `Writable`, whose back-pressure slows the process down. The last 16 KiB are
   * also kept in memory, if the bytes pass through the host.
   *
   * **Differs:** In code the default is `NONE`, in a configuration file `AUTO`.
   *
   * supervisord: `stdout_logfile` of `[program:x]`, but it differs
   */
  stdout_logfile?: string | Writable | undefined;
  /**
   * The size at which `stdout_logfile` is rotated, after the write that reaches it. 0: never. In
   * this case, unless events, capture, syslog or `strip_ansi` need the bytes, too, the process
   * writes to the file directly, without work for the host.
   *
   * Unit: bytes · supervisord: `stdout_logfile_maxbytes` of `[program:x]`
   */
  stdout_logfile_maxbytes: number;
  /**
   * The number of rotated files of `stdout_logfile` that are kept, as `.1`, `.2` … 0: a full file
   * is emptied.
   *
   * supervisord: `stdout_logfile_backups` of `[program:x]`
   */
  stdout_logfile_backups: number;
  /**
   * The number of bytes of a PROCESS_COMMUNICATION_STDOUT event: the last bytes that its standard
   * output contains between `<!--XSUPERVISOR:BEGIN-->` and `<!--XSUPERVISOR:END-->`. The text
   * between the tokens is not logged. 0: the text is ordinary output, without an event.
   *
   * Unit: bytes · supervisord: `stdout_capture_maxbytes` of `[program:x]`
   */
  stdout_capture_maxbytes: number;
  /**
   * Whether each chunk of its standard output is a PROCESS_LOG_STDOUT event.
   *
   * supervisord: `stdout_events_enabled` of `[program:x]`
   */
  stdout_events_enabled: boolean;
  /**
   * Whether the lines of its standard output are also sent to the system's log, after the process's
   * name, by the program `logger`. A line above 1 MiB is split. Not on Windows.
   *
   * supervisord: `stdout_syslog` of `[program:x]`
   */
  stdout_syslog: boolean;
  /**
   * The destination of its standard error: a file (appended to, and rotated when full), `AUTO` for
   * a file with a unique name in `childlogdir`, `NONE`, `/dev/stdout`, `/dev/stderr`, a named pipe,
   * or, in code, any `Writable`, whose back-pressure slows the process down. The last 16 KiB are
   * also kept in memory, if the bytes pass through the host.
   *
   * **Differs:** In code the default is `NONE`, in a configuration file `AUTO`.
   *
   * supervisord: `stderr_logfile` of `[program:x]`, but it differs
   */
  stderr_logfile?: string | Writable | undefined;
  /**
   * The size at which `stderr_logfile` is rotated, after the write that reaches it. 0: never. In
   * this case, unless events, capture, syslog or `strip_ansi` need the bytes, too, the process
   * writes to the file directly, without work for the host.
   *
   * Unit: bytes · supervisord: `stderr_logfile_maxbytes` of `[program:x]`
   */
  stderr_logfile_maxbytes: number;
  /**
   * The number of rotated files of `stderr_logfile` that are kept, as `.1`, `.2` … 0: a full file
   * is emptied.
   *
   * supervisord: `stderr_logfile_backups` of `[program:x]`
   */
  stderr_logfile_backups: number;
  /**
   * The number of bytes of a PROCESS_COMMUNICATION_STDERR event: the last bytes that its standard
   * error contains between `<!--XSUPERVISOR:BEGIN-->` and `<!--XSUPERVISOR:END-->`. The text
   * between the tokens is not logged. 0: the text is ordinary output, without an event.
   *
   * Unit: bytes · supervisord: `stderr_capture_maxbytes` of `[program:x]`
   */
  stderr_capture_maxbytes: number;
  /**
   * Whether each chunk of its standard error is a PROCESS_LOG_STDERR event.
   *
   * supervisord: `stderr_events_enabled` of `[program:x]`
   */
  stderr_events_enabled: boolean;
  /**
   * Whether the lines of its standard error are also sent to the system's log, after the process's
   * name, by the program `logger`. A line above 1 MiB is split. Not on Windows.
   *
   * supervisord: `stderr_syslog` of `[program:x]`
   */
  stderr_syslog: boolean;
  /**
   * Makes the program an event listener, a `[eventlistener:x]`: its processes receive these events
   * on standard input, and answer on standard output. The name of a parent type includes all its
   * subtypes.
   *
   * supervisord: `events` of `[eventlistener:x]`
   */
  events?: readonly string[] | undefined;
  /**
   * The number of events that may wait for its event listeners before the oldest is dropped.
   *
   * supervisord: `buffer_size` of `[eventlistener:x]`
   */
  buffer_size: number;
  /**
   * The function that decides about the results of its event listeners: by the default, `OK`
   * accepts the event, and any other result rejects it.
   *
   * **Differs:** Any other function cannot be called here: then every well-formed result accepts
   * the event.
   *
   * supervisord: `result_handler` of `[eventlistener:x]`
   */
  result_handler: string;
  /**
   * Makes the program a FastCGI one, a `[fcgi-program:x]`: this socket listens from the first start
   * on, over all restarts, and is the standard input of each of its processes. Not on Windows.
   *
   * **Differs:** It stays open while no process runs, its file is removed with it, and a program in
   * a group keeps it. An IPv6 address goes in brackets.
   *
   * supervisord: `socket` of `[fcgi-program:x]`
   */
  socket?: string | undefined;
  /**
   * The number of connections that may wait at the `socket`.
   *
   * supervisord: `socket_backlog` of `[fcgi-program:x]`
   */
  socket_backlog?: number | undefined;
  /**
   * The owner of the file of a unix `socket`. Only root may set another owner.
   *
   * supervisord: `socket_owner` of `[fcgi-program:x]`
   */
  socket_owner?: string | undefined;
  /**
   * The mode of the file of a unix `socket`: a process that may write to the file may connect.
   *
   * supervisord: `socket_mode` of `[fcgi-program:x]`
   */
  socket_mode?: number | undefined;
  /**
   * `SUPERVISOR_SERVER_URL` in its environment. `AUTO`: the `serverurl` of the supervisor.
   *
   * supervisord: `serverurl` of `[program:x]`
   */
  serverurl?: string | undefined;
  /**
   * Which of the processes that a process leaves behind are ended after its exit: before it is
   * started again, and before it counts as stopped. After a stop, they are first sent `stopsignal`,
   * and have the rest of `stopwaitsecs` to exit; otherwise they are killed at once. `true`: all its
   * descendants, also in other process groups and sessions, as far as the system can tell;
   * `"group"`: its process group; `false`: nothing.
   *
   * Extension: supervisord has no such option
   */
  sweep: boolean | "group";
  /**
   * Whether the process gets its own cgroup (v2), where a cgroup can be created, which needs Linux
   * and root, or a delegated cgroup: for programs whose descendants change their group, session,
   * environment and parent. Adds some 10 ms to a start.
   *
   * Extension: supervisord has no such option
   */
  cgroup: boolean;
  /**
   * Whether the standard input of the process is closed on a stop, together with `stopsignal`. On
   * Windows, it is closed instead of a signal, and the program has `stopwaitsecs` to exit by
   * itself.
   *
   * Extension: supervisord has no such option
   */
  stopstdin: boolean;
}
