import { ConfigError, describeIssue, type ConfigIssue } from "../config/index.ts";
import { ServeError } from "../control/index.ts";
import { SettingsError } from "../index.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Prints an error, and the warnings of the file first, which may be its reason. Returns supervisord's
 * exit status for errors. Throws errors that neither the user nor the system has made.
 */
export function report(error: unknown, help: string): 2 {
  if (error instanceof ConfigError) warn(error.warnings);
  for (const line of linesOf(error)) process.stderr.write(`Error: ${line}\n`);
  process.stderr.write(`For help, use ${help}\n`);
  return 2;
}

/** Prints the warnings of a file. */
export function warn(issues: readonly ConfigIssue[]): void {
  for (const issue of issues) process.stderr.write(`Warning: ${describeIssue(issue)}\n`);
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) {
    return error.issues.map((issue) => {
      const place = describeIssue(issue);
      return issue.supervisord === undefined ? place : `${issue.supervisord}\n  ${place}`;
    });
  }
  if (error instanceof SettingsError)
    return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  if (error instanceof UsageError) return error.message.split("\n");
  if (error instanceof ServeError || isOfSystem(error)) return [error.message];
  throw error;
}

/** Whether a call to the operating system has failed. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}
