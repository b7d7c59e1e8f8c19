// Generated: `npm run docs:settings` writes this file from the schema of the settings.

/** The settings of an activity log as a caller gives them. */
export interface ActivityLogSettings {
  /**
   * The file: appended to, and rotated when full. `syslog`: the system's log instead, by the
   * program `logger`. Expects the path of a file, without NUL.
   *
   * **Differs:** In code there is no file unless one is named; in a configuration file it is
   * `supervisord.log`.
   *
   * Default: none · supervisord: `logfile` of `[supervisord]`, but it differs
   */
  logfile?: string | undefined;
  /**
   * The size at which `logfile` is rotated, after the line that reaches it. 0: never. Expects a
   * number of bytes, or a string such as "50MB".
   *
   * Default: `"50MB"` · Unit: bytes · supervisord: `logfile_maxbytes` of `[supervisord]`
   */
  logfile_maxbytes?: string | number | undefined;
  /**
   * The number of rotated files of `logfile` that are kept, as `.1`, `.2` … 0: a full file is
   * emptied. Expects a whole number, 0 or more.
   *
   * Default: `10` · supervisord: `logfile_backups` of `[supervisord]`
   */
  logfile_backups?: number | undefined;
  /**
   * The lowest level of lines that are written. From `debug` on, the output of the processes is
   * written, too. Expects critical, error, warn, info, debug, trace or blather.
   *
   * Default: `"info"` · supervisord: `loglevel` of `[supervisord]`
   */
  loglevel?: string | undefined;
  /**
   * Whether the log is not also written to the host's standard output.
   *
   * **Differs:** In code, the default is true.
   *
   * Default: `true` · supervisord: `silent` of `[supervisord]`, but it differs
   */
  silent?: boolean | undefined;
  /**
   * The name of the log in the system's log. Expects a string.
   *
   * Default: `"supervisor"` · supervisord: `identifier` of `[supervisord]`
   */
  identifier?: string | undefined;
}
