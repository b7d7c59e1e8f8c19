// Generated: `npm run docs:settings` writes this file from the schema of the settings.
import type { GroupSettings } from "./group-settings.ts";
import type { ProgramSettings } from "./program-settings.ts";

/**
 * The settings of a supervisor as a caller gives them: all programs and groups, and the
 * `[supervisord]` section.
 */
export interface SupervisorSettings {
  /**
   * The programs, by name. Expects an object of programs by name.
   *
   * Default: `{}` · supervisord: the `[program:x]` sections
   */
  programs?: Record<string, ProgramSettings> | undefined;
  /**
   * The groups, by name. Expects an object of groups by name.
   *
   * Default: `{}` · supervisord: the `[group:x]` sections
   */
  groups?: Record<string, GroupSettings> | undefined;
  /**
   * A name for this supervisor, as `supervisor.identifier`. Expects a string.
   *
   * Default: `"supervisor"` · supervisord: `identifier` of `[supervisord]`
   */
  identifier?: string | undefined;
  /**
   * Environment variables for the process. They override the variables of the supervisor and of the
   * host. In code, a variable whose value is `undefined` is taken away: the process does not have
   * it, even if the supervisor or the host does. Expects an object of strings.
   *
   * Default: `{}` · supervisord: `environment` of `[supervisord]`
   */
  environment?: Record<string, string | undefined> | undefined;
  /**
   * Whether ANSI escape sequences (colours, cursor movements) are removed from the logs.
   *
   * Default: `false` · supervisord: `strip_ansi` of `[supervisord]`
   */
  strip_ansi?: boolean | undefined;
  /**
   * The directory in which `AUTO` log files are created. Expects the path of a directory.
   *
   * Default: the system's for temporary files · supervisord: `childlogdir` of `[supervisord]`
   */
  childlogdir?: string | undefined;
  /**
   * Whether a small shell process runs while programs run. It ends the programs, and all processes
   * that they have started, when the host has ended without being able to do so: by SIGKILL, a
   * crash of Node, or a lack of memory. It cannot be changed after the construction. Not on
   * Windows, where the system does this.
   *
   * Default: `true` · Extension: supervisord has no such option
   */
  guardian?: boolean | undefined;
  /**
   * The time that the guardian gives programs to exit after their `stopsignal` before it kills
   * them. 0: it kills them at once. Expects a number of seconds, 0 or more.
   *
   * Default: `0` · Unit: seconds · Extension: supervisord has no such option
   */
  guardian_waitsecs?: number | undefined;
  /**
   * The URL of the supervisor's control server: `SUPERVISOR_SERVER_URL` in the environment of each
   * process. Expects a string.
   *
   * Default: none · supervisord: worked out from its `[unix_http_server]` and `[inet_http_server]`
   */
  serverurl?: string | undefined;
  /**
   * Whether `AUTO` log files of former supervisors of the same `identifier` are kept. Otherwise the
   * files of hosts that have exited are removed at the first start.
   *
   * Default: `false` · supervisord: `nocleanup` of `[supervisord]`
   */
  nocleanup?: boolean | undefined;
}
