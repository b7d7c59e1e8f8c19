import type { Session } from "../session.ts";

/** An action of the command line. */
export interface Action {
  /** The lines that `help` prints. */
  readonly help: readonly string[];
  /** Runs the action; the result `"quit"` ends the shell. */
  run(session: Session, argument: string): Promise<"quit" | void>;
}

/** The words of an argument. */
export const wordsOf = (argument: string): string[] => argument.match(/\S+/g) ?? [];

/** Prints the usage of an action. */
export function usage(session: Session, action: Action): void {
  for (const line of action.help) session.print(line);
}

/** Prints an error if there is an argument, for an action that accepts none; whether it has. */
export function rejectsArgument(
  session: Session,
  action: Action,
  name: string,
  argument: string,
): boolean {
  if (argument === "") return false;
  session.fail(`Error: ${name} accepts no arguments`);
  usage(session, action);
  return true;
}
