import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describeIssue, type Config, type ConfigIssue } from "../../config/index.ts";
import { ActivityLog, type ActivityLevel } from "../../index.ts";
import { UsageError } from "../usage-error.ts";

/** A line for a log that is not open yet. */
export type LogLine = readonly [level: ActivityLevel, message: string];

/** The reason why the log cannot be written now. */
export interface LogProblem {
  readonly message: string;
  /** Whether every user has the problem. */
  readonly isForAll: boolean;
}

/**
 * Opens the log. Later failures are only warnings, as in supervisord.
 * @throws {UsageError} if the log cannot be written now
 */
export function openLog(config: Config): ActivityLog {
  const problem = problemOfLog(config);
  if (problem) throw new UsageError(describeIssue(issueOfLog(config, problem)));
  const { supervisord } = config;
  const { logfile, logfile_maxbytes, logfile_backups, loglevel, silent, identifier } = supervisord;
  const isPrinted = isStdout(logfile); // each line is to be printed once
  return new ActivityLog({
    ...(!isPrinted && { logfile }),
    logfile_maxbytes,
    logfile_backups,
    loglevel,
    silent: silent && !isPrinted,
    identifier,
  });
}

/** Checks whether the log can be written, and changes nothing. */
export function problemOfLog({ supervisord: { logfile } }: Config): LogProblem | undefined {
  if (logfile === "syslog" || isStdout(logfile)) return undefined;
  try {
    if (statSync(logfile, { throwIfNoEntry: false })?.isDirectory())
      return { message: `the log cannot be written: ${logfile} is a directory`, isForAll: true };
    const { W_OK, X_OK } = constants;
    if (existsSync(logfile)) accessSync(logfile, W_OK);
    else accessSync(dirname(logfile), W_OK | X_OK);
    return undefined;
  } catch (error) {
    const message = `the log cannot be written: ${(error as Error).message}`;
    return { message, isForAll: false };
  }
}

/** The issue for the problem, with its place in the file. */
export function issueOfLog(config: Config, { message }: LogProblem): ConfigIssue {
  return config.issue("supervisord", "logfile", message);
}

function isStdout(logfile: string): boolean {
  return ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].includes(logfile);
}
