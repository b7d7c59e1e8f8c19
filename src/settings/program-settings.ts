// Generated: `npm run docs:settings` writes this file from the schema of the settings.
import type { Writable } from "node:stream";
import type { Pattern } from "../schema/pattern.ts";
import type { SignalSetting } from "../schema/signal.ts";

/** The settings of a program as a caller gives them: a `[program:x]` section. */
export interface ProgramSettings {
  /**
   * The program to run. A string is split into words by the rules of a POSIX shell's quotes
   * (Python's shlex), and no shell is involved: no variables, globs or pipes. Expects a command
   * line, or an array of a program and its arguments.
   *
   * Default: none, it must be given · supervisord: `command` of `[program:x]`
   */
  command: string | readonly string[];
  /**
   * The name of each process. With `numprocs` above 1 it must contain `%(process_num)d`. Expects a
   * name without blanks, colons and slashes, after expansion.
   *
   * Default: `"%(program_name)s"` · supervisord: `process_name` of `[program:x]`
   */
  process_name?: string | undefined;
  /**
   * The number of processes of this program. Expects a whole number, 0 or more.
   *
   * Default: `1` · supervisord: `numprocs` of `[program:x]`
   */
  numprocs?: number | undefined;
  /**
   * The first `process_num`. Expects a whole number.
   *
   * Default: `0` · supervisord: `numprocs_start` of `[program:x]`
   */
  numprocs_start?: number | undefined;
  /**
   * The order of starts and stops: lower numbers start first and stop last. It is also the priority
   * of the program's own group, if the program is in no other group. The group of a program with
   * `events` has -1 unless this is given. Expects a whole number.
   *
   * Default: `999` · supervisord: `priority` of `[program:x]`
   */
  priority?: number | undefined;
  /**
   * Whether the process starts with the supervisor.
   *
   * Default: `true` · supervisord: `autostart` of `[program:x]`
   */
  autostart?: boolean | undefined;
  /**
   * The time that the process must stay up to count as RUNNING. 0: it is RUNNING at once. Expects a
   * number of seconds, 0 or more.
   *
   * Default: `1` · Unit: seconds · supervisord: `startsecs` of `[program:x]`
   */
  startsecs?: number | undefined;
  /**
   * The number of times that a failed start is tried again, after 1, 2, 3 … seconds, before the
   * process is FATAL. Expects a whole number, 0 or more.
   *
   * Default: `3` · supervisord: `startretries` of `[program:x]`
   */
  startretries?: number | undefined;
  /**
   * Whether a process that ends after having been RUNNING is started again, at once.
   * `"unexpected"`: unless its exit code is one of `exitcodes`. Expects true, false or
   * "unexpected".
   *
   * Default: `"unexpected"` · supervisord: `autorestart` of `[program:x]`
   */
  autorestart?: boolean | "unexpected" | undefined;
  /**
   * The expected exit codes. An end by a signal is never expected. Expects an array of exit codes
   * from 0 to 255.
   *
   * Default: `[ 0 ]` · supervisord: `exitcodes` of `[program:x]`
   */
  exitcodes?: readonly number[] | undefined;
  /**
   * The signal that asks the process to stop. Expects the name or number of a signal.
   *
   * **Differs:** On Windows, where there are no signals, every stop ends the process and its
   * descendants at once.
   *
   * Default: `"TERM"` · supervisord: `stopsignal` of `[program:x]`, but it differs
   */
  stopsignal?: SignalSetting | undefined;
  /**
   * The time that the process, and then the processes that it leaves behind, have to stop before
   * SIGKILL. Expects a number of seconds, 0 or more.
   *
   * Default: `10` · Unit: seconds · supervisord: `stopwaitsecs` of `[program:x]`
   */
  stopwaitsecs?: number | undefined;
  /**
   * Whether the stop signal is sent to its whole process group. Turns `killasgroup` on.
   *
   * Default: `false` · supervisord: `stopasgroup` of `[program:x]`
   */
  stopasgroup?: boolean | undefined;
  /**
   * Whether SIGKILL is sent to its whole process group.
   *
   * Default: `stopasgroup` · supervisord: `killasgroup` of `[program:x]`
   */
  killasgroup?: boolean | undefined;
  /**
   * What answers when the process is ready: `tcp://host:port` or `unix:///path` accepts a
   * connection, `http://…` or `https://…` answers a GET with a status of `probe_status`. With
   * several, all of them. The process is RUNNING when it is ready, not after `startsecs`; and a
   * start fails if another process answers there before. A certificate is not checked, a redirect
   * not followed. Expects a URL, or an array of URLs.
   *
   * Default: none · Extension: supervisord has no such option
   */
  ready_url?: string | readonly string[] | undefined;
  /**
   * A text in a line that the process writes to its stdout or stderr when it is ready, or a regular
   * expression. `{name}` in the text stands for characters that are not blanks, and `{{` for a
   * brace: `listening on {url}`. They are the `captures` of the process, as the named groups of a
   * regular expression are. In a file: the text, or `/source/flags`. The host reads the output of
   * such a program itself, even if its log has no limit. Expects a text, or a regular expression.
   *
   * Default: none · Extension: supervisord has no such option
   */
  ready_line?: string | RegExp | Pattern | undefined;
  /**
   * The path of a file that is there when the process is ready. A file that was there before the
   * start counts only once it was written or replaced. Expects a path.
   *
   * Default: none · Extension: supervisord has no such option
   */
  ready_file?: string | undefined;
  /**
   * The time that a process may take to become ready, from its start on. A process that is not
   * ready by then is stopped, and its start has failed. Expects a number of seconds above 0.
   *
   * Default: `60` · Unit: seconds · Extension: supervisord has no such option
   */
  startwaitsecs?: number | undefined;
  /**
   * The time that one attempt of a `ready_url` may take. Expects a number of seconds above 0.
   *
   * Default: `5` · Unit: seconds · Extension: supervisord has no such option
   */
  probe_waitsecs?: number | undefined;
  /**
   * The HTTP statuses that count as an answer of a `ready_url`. Expects HTTP statuses, as in
   * "200-399, 401", or an array of statuses.
   *
   * Default: `"200-399"` · Extension: supervisord has no such option
   */
  probe_status?: string | readonly number[] | undefined;
  /**
   * The user that the process runs as: sets uid, gid and supplementary groups. The host must run as
   * root, or as that user. HOME, USER and LOGNAME stay as they are. Not on Windows. Expects the
   * name or uid of a user.
   *
   * Default: the host's · supervisord: `user` of `[program:x]`
   */
  user?: string | number | undefined;
  /**
   * The working directory of the process. Expects the path of a directory.
   *
   * **Differs:** A command given as a relative path is looked up there, too.
   *
   * Default: the host's · supervisord: `directory` of `[program:x]`, but it differs
   */
  directory?: string | undefined;
  /**
   * The file mode creation mask of the process. Not on Windows. Expects octal digits ("022") or a
   * number, up to 0o777.
   *
   * Default: the host's · supervisord: `umask` of `[program:x]`
   */
  umask?: string | number | undefined;
  /**
   * Environment variables for the process. They override the variables of the supervisor and of the
   * host. In code, a variable whose value is `undefined` is taken away: the process does not have
   * it, even if the supervisor or the host does. Expects an object of strings.
   *
   * Default: `{}` · supervisord: `environment` of `[program:x]`
   */
  environment?: Record<string, string | undefined> | undefined;
  /**
   * Which environment variables of the host the process inherits: all (`true`), none (`false`), or
   * those with these names. The variables of `environment`, of the program and of the supervisor,
   * the `SUPERVISOR_` variables and the mark of the run do not depend on it, and the command is
   * looked up along the host's PATH if the process has none. On Windows, SystemRoot is always
   * inherited. Expects true, false, or an array of names of variables.
   *
   * Default: `true` · Extension: supervisord has no such option
   */
  environment_inherit?: boolean | readonly string[] | undefined;
  /**
   * Whether the process has a channel for messages, for a program that runs Node: its
   * `process.send()` emits PROCESS_MESSAGE, and `sendMessage()` emits `message` there. The channel
   * keeps neither the host nor, by itself, the process alive, and takes the descriptor 3 of the
   * process.
   *
   * Default: `false` · Extension: supervisord has no such option
   */
  ipc?: boolean | undefined;
  /**
   * Whether standard error is sent to the same place as standard output. Excludes `stderr_logfile`.
   *
   * Default: `false` · supervisord: `redirect_stderr` of `[program:x]`
   */
  redirect_stderr?: boolean | undefined;
  /**
   * The destination of its standard output: a file (appended to, and rotated when full), `AUTO` for
   * a file with a unique name in `childlogdir`, `NONE`, `/dev/stdout`, `/dev/stderr`, a named pipe,
   * or, in code, any `Writable`, whose back-pressure slows the process down. The last 16 KiB are
   * also kept in memory, if the bytes pass through the host. Expects a path, AUTO, NONE or a
   * Writable stream.
   *
   * **Differs:** In code the default is `NONE`, in a configuration file `AUTO`.
   *
   * Default: `"NONE"` · supervisord: `stdout_logfile` of `[program:x]`, but it differs
   */
  stdout_logfile?: string | Writable | undefined;
  /**
   * The size at which `stdout_logfile` is rotated, after the write that reaches it. 0: never. In
   * this case, unless events, capture, syslog or `strip_ansi` need the bytes, too, the process
   * writes to the file directly, without work for the host. Expects a number of bytes, or a string
   * such as "50MB".
   *
   * Default: `"50MB"` · Unit: bytes · supervisord: `stdout_logfile_maxbytes` of `[program:x]`
   */
  stdout_logfile_maxbytes?: string | number | undefined;
  /**
   * The number of rotated files of `stdout_logfile` that are kept, as `.1`, `.2` … 0: a full file
   * is emptied. Expects a whole number, 0 or more.
   *
   * Default: `10` · supervisord: `stdout_logfile_backups` of `[program:x]`
   */
  stdout_logfile_backups?: number | undefined;
  /**
   * The number of bytes of a PROCESS_COMMUNICATION_STDOUT event: the last bytes that its standard
   * output contains between `<!--XSUPERVISOR:BEGIN-->` and `<!--XSUPERVISOR:END-->`. The text
   * between the tokens is not logged. 0: the text is ordinary output, without an event. Expects a
   * number of bytes, or a string such as "1KB".
   *
   * Default: 0 · Unit: bytes · supervisord: `stdout_capture_maxbytes` of `[program:x]`
   */
  stdout_capture_maxbytes?: string | number | undefined;
  /**
   * Whether each chunk of its standard output is a PROCESS_LOG_STDOUT event.
   *
   * Default: `false` · supervisord: `stdout_events_enabled` of `[program:x]`
   */
  stdout_events_enabled?: boolean | undefined;
  /**
   * Whether the lines of its standard output are also sent to the system's log, after the process's
   * name, by the program `logger`. A line above 1 MiB is split. Not on Windows.
   *
   * Default: `false` · supervisord: `stdout_syslog` of `[program:x]`
   */
  stdout_syslog?: boolean | undefined;
  /**
   * The destination of its standard error: a file (appended to, and rotated when full), `AUTO` for
   * a file with a unique name in `childlogdir`, `NONE`, `/dev/stdout`, `/dev/stderr`, a named pipe,
   * or, in code, any `Writable`, whose back-pressure slows the process down. The last 16 KiB are
   * also kept in memory, if the bytes pass through the host. Expects a path, AUTO, NONE or a
   * Writable stream.
   *
   * **Differs:** In code the default is `NONE`, in a configuration file `AUTO`.
   *
   * Default: `"NONE"` · supervisord: `stderr_logfile` of `[program:x]`, but it differs
   */
  stderr_logfile?: string | Writable | undefined;
  /**
   * The size at which `stderr_logfile` is rotated, after the write that reaches it. 0: never. In
   * this case, unless events, capture, syslog or `strip_ansi` need the bytes, too, the process
   * writes to the file directly, without work for the host. Expects a number of bytes, or a string
   * such as "50MB".
   *
   * Default: `"50MB"` · Unit: bytes · supervisord: `stderr_logfile_maxbytes` of `[program:x]`
   */
  stderr_logfile_maxbytes?: string | number | undefined;
  /**
   * The number of rotated files of `stderr_logfile` that are kept, as `.1`, `.2` … 0: a full file
   * is emptied. Expects a whole number, 0 or more.
   *
   * Default: `10` · supervisord: `stderr_logfile_backups` of `[program:x]`
   */
  stderr_logfile_backups?: number | undefined;
  /**
   * The number of bytes of a PROCESS_COMMUNICATION_STDERR event: the last bytes that its standard
   * error contains between `<!--XSUPERVISOR:BEGIN-->` and `<!--XSUPERVISOR:END-->`. The text
   * between the tokens is not logged. 0: the text is ordinary output, without an event. Expects a
   * number of bytes, or a string such as "1KB".
   *
   * Default: 0 · Unit: bytes · supervisord: `stderr_capture_maxbytes` of `[program:x]`
   */
  stderr_capture_maxbytes?: string | number | undefined;
  /**
   * Whether each chunk of its standard error is a PROCESS_LOG_STDERR event.
   *
   * Default: `false` · supervisord: `stderr_events_enabled` of `[program:x]`
   */
  stderr_events_enabled?: boolean | undefined;
  /**
   * Whether the lines of its standard error are also sent to the system's log, after the process's
   * name, by the program `logger`. A line above 1 MiB is split. Not on Windows.
   *
   * Default: `false` · supervisord: `stderr_syslog` of `[program:x]`
   */
  stderr_syslog?: boolean | undefined;
  /**
   * Makes the program an event listener, a `[eventlistener:x]`: its processes receive these events
   * on standard input, and answer on standard output. The name of a parent type includes all its
   * subtypes. Expects an array of names of event types.
   *
   * Default: none · supervisord: `events` of `[eventlistener:x]`
   */
  events?: readonly string[] | undefined;
  /**
   * The number of events that may wait for its event listeners before the oldest is dropped.
   * Expects a whole number, 1 or more.
   *
   * Default: `10` · supervisord: `buffer_size` of `[eventlistener:x]`
   */
  buffer_size?: number | undefined;
  /**
   * The function that decides about the results of its event listeners: by the default, `OK`
   * accepts the event, and any other result rejects it. Expects the name of a function in Python.
   *
   * **Differs:** Any other function cannot be called here: then every well-formed result accepts
   * the event.
   *
   * Default: `"supervisor.dispatchers:default_handler"` · supervisord: `result_handler` of
   * `[eventlistener:x]`
   */
  result_handler?: string | undefined;
  /**
   * Makes the program a FastCGI one, a `[fcgi-program:x]`: this socket listens from the first start
   * on, over all restarts, and is the standard input of each of its processes. Not on Windows.
   * Expects "tcp://host:port" or "unix:///path".
   *
   * **Differs:** It stays open while no process runs, its file is removed with it, and a program in
   * a group keeps it. An IPv6 address goes in brackets.
   *
   * Default: none · supervisord: `socket` of `[fcgi-program:x]`
   */
  socket?: string | undefined;
  /**
   * The number of connections that may wait at the `socket`. Expects a whole number from 1 to
   * 65535.
   *
   * Default: as many as the system allows · supervisord: `socket_backlog` of `[fcgi-program:x]`
   */
  socket_backlog?: number | undefined;
  /**
   * The owner of the file of a unix `socket`. Only root may set another owner. Expects "user" or
   * "user:group", names or ids.
   *
   * Default: `user` · supervisord: `socket_owner` of `[fcgi-program:x]`
   */
  socket_owner?: string | undefined;
  /**
   * The mode of the file of a unix `socket`: a process that may write to the file may connect.
   * Expects octal digits ("0700") or a number, up to 0o777.
   *
   * Default: `"0700"` · supervisord: `socket_mode` of `[fcgi-program:x]`
   */
  socket_mode?: string | number | undefined;
  /**
   * `SUPERVISOR_SERVER_URL` in its environment. `AUTO`: the `serverurl` of the supervisor. Expects
   * a string, or "AUTO".
   *
   * Default: `"AUTO"` · supervisord: `serverurl` of `[program:x]`
   */
  serverurl?: string | undefined;
  /**
   * Which of the processes that a process leaves behind are ended after its exit: before it is
   * started again, and before it counts as stopped. After a stop, they are first sent `stopsignal`,
   * and have the rest of `stopwaitsecs` to exit; otherwise they are killed at once. `true`: all its
   * descendants, also in other process groups and sessions, as far as the system can tell;
   * `"group"`: its process group; `false`: nothing. Expects true, false or "group".
   *
   * Default: `true` · Extension: supervisord has no such option
   */
  sweep?: boolean | "group" | undefined;
  /**
   * Whether the process gets its own cgroup (v2), where a cgroup can be created, which needs Linux
   * and root, or a delegated cgroup: for programs whose descendants change their group, session,
   * environment and parent. Adds some 10 ms to a start.
   *
   * Default: `false` · Extension: supervisord has no such option
   */
  cgroup?: boolean | undefined;
  /**
   * Whether the standard input of the process is closed on a stop, together with `stopsignal`. On
   * Windows, it is closed instead of a signal, and the program has `stopwaitsecs` to exit by
   * itself.
   *
   * Default: `false` · Extension: supervisord has no such option
   */
  stopstdin?: boolean | undefined;
}
