import type { Session } from "../session.ts";

/** A word of the command line. */
export interface Action {
  /** The lines that `help` prints. */
  readonly help: readonly string[];
  /** Does it; `"quit"` ends the shell. */
  run(session: Session, argument: string): Promise<"quit" | void>;
}

/** The words of an argument. */
export const wordsOf = (argument: string): string[] => argument.match(/\S+/g) ?? [];

/** Prints how an action is written. */
export function usage(session: Session, action: Action): void {
  for (const line of action.help) session.print(line);
}

/** Refuses an argument where there can be none. */
export function refuses(session: Session, action: Action, name: string, argument: string): boolean {
  if (argument === "") return false;
  session.fail(`Error: ${name} accepts no arguments`);
  usage(session, action);
  return true;
}
