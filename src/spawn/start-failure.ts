import type { StartFailure } from "../ports/child.ts";
import type { Command } from "../ports/command.ts";

/** Errors that may be temporary, of the errors for which supervisord has no text. */
const PASSING = new Set(["ENOMEM", "ETXTBSY"]);

/** Describes why a start has failed, with supervisord's text if it has one. */
export function startFailureOf(
  error: Error,
  file: string,
  { name }: Command,
  doubt?: string,
): StartFailure {
  const { cause, code = (cause as NodeJS.ErrnoException | undefined)?.code } =
    error as NodeJS.ErrnoException;
  switch (code) {
    case "EMFILE":
    case "ENFILE":
      return { code: "FAILED", reason: `too many open files to spawn '${name}'` };
    case "EAGAIN":
      return { code: "FAILED", reason: `Too many processes in process table to spawn '${name}'` };
    case undefined: {
      const { originalMessage = error.message } = error as { originalMessage?: string };
      const reason = `unknown error during fork for '${name}': ${originalMessage}`;
      return { code: "FAILED", reason };
    }
    default: {
      const reason = doubt ?? `couldn't exec ${file}: ${code}`;
      return { code: PASSING.has(code) ? "FAILED" : "NOT_EXECUTABLE", reason };
    }
  }
}
