import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config, ConfigIssue } from "../../config/index.ts";

/** Whether the log goes to standard output, where each line is to come once. */
export function isStdout(logfile: string): boolean {
  return ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].includes(logfile);
}

/** Why the log could not be written now. */
export interface LogProblem {
  readonly message: string;
  /** Whether it is the same for whoever runs it. */
  readonly isForAll: boolean;
}

/** Looks whether the log can be written, and touches nothing. */
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

/** With the place where the log stands. */
export function issueOfLog(config: Config, { message }: LogProblem): ConfigIssue {
  return config.issue("supervisord", "logfile", message);
}
