import type { Config } from "../../config/index.ts";
import type { LogLine } from "./log-file.ts";
import type { Options } from "./options.ts";
import { becomeUser, ensureLimit, limitDescriptors } from "./privileges.ts";

/**
 * Does what is done once, before anything is opened: user, limits, umask and directory. Returns the
 * lines for the log.
 * @throws {UsageError} if something of it cannot be done
 */
export function prepare(config: Config, { configuration, isProfiled }: Options): LogLine[] {
  const { supervisord } = config;
  const lines: LogLine[] = [...becomeUser(supervisord.user)];
  if (isProfiled) lines.push(["WARN", "--profile_options is ignored: it is Python's profiler"]);
  if (configuration === undefined && process.getuid?.() === 0) {
    const message =
      'Supervisord is running as root and it is searching for its configuration file in default locations (including its current working directory); you probably want to specify a "-c" argument specifying an absolute path to a configuration file for improved security.';
    lines.push(["WARN", message]);
  }
  const { value } = config.issue("supervisord", "minfds", ""); // undefined unless the file has it
  lines.push(...limitDescriptors(supervisord.minfds, value !== undefined));
  lines.push(...ensureLimit("minprocs", supervisord.minprocs));
  if (supervisord.nodaemon) return lines;
  const message = "libsupervisor never daemonizes: staying in the foreground";
  lines.push(["INFO", `${message} (nodaemon=true, or -n, says that this is meant)`]);
  process.umask(supervisord.umask);
  if (supervisord.directory !== undefined) {
    process.chdir(supervisord.directory);
    lines.push(["INFO", `set current directory: '${supervisord.directory}'`]);
  }
  return lines;
}
