import { ConfigError, describeIssue, type ConfigIssue } from "../config/index.ts";
import { ServeError } from "../control/index.ts";
import { SettingsError } from "../index.ts";
import { UsageError } from "./switches.ts";

/** What keeps the command from starting. */
export class Refusal extends Error {}

/**
 * Says what is wrong, as supervisord does: its exit status is 2. Before it, what is odd: it may be
 * the reason. Throws what is nobody's mistake.
 */
export function complain(error: unknown, help: string): 2 {
  if (error instanceof ConfigError) warn(error.warnings);
  for (const line of linesOf(error)) process.stderr.write(`Error: ${line}\n`);
  process.stderr.write(`For help, use ${help}\n`);
  return 2;
}

/** Says what is odd in a file. */
export function warn(issues: readonly ConfigIssue[]): void {
  for (const issue of issues) process.stderr.write(`Warning: ${describeIssue(issue)}\n`);
}

/** A call to the system that failed: no mistake in the program, and none in the file either. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
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
  if (error instanceof Refusal) return error.message.split("\n");
  if (error instanceof ServeError || error instanceof UsageError || isOfSystem(error))
    return [error.message];
  throw error;
}
