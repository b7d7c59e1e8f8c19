import type { CtlIo } from "./io.ts";
import { UsageError } from "../switches.ts";
import { HelpAsked, readOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { Prompter } from "./prompter.ts";
import { Session } from "./session.ts";
import { runLine, runShell } from "./shell.ts";

const HELP = `libsupervisor ctl -- talk to a running supervisor, as supervisorctl does

Usage: libsupervisor ctl [options] [action [arguments]]

Options:
-c/--configuration FILE -- the configuration file whose [supervisorctl] counts
     (looked for in the usual places if it is not given)
-h/-?/--help -- print this and exit
-i/--interactive -- ask before shutdown and reload, and for a password if one is wanted
-s/--serverurl URL -- where the server listens: http://host:port or unix:///path
     (default "http://localhost:9001")
-u/--username NAME -- the name to log in with
-p/--password PASSWORD -- the password to log in with
-r/--history_file FILE -- where the shell keeps what was typed

Without an action, a shell takes actions line by line. The action "help" lists
them all, and "help ACTION" shows how one is written.
`;

/**
 * Does what supervisorctl does with the same words, and answers with its exit status.
 *
 * @param argv what follows the name of the command
 * @see supervisorctl
 */
export async function ctl(argv: readonly string[], io: CtlIo): Promise<number> {
  let options: Options;
  try {
    options = await readOptions(argv, io.env);
  } catch (error) {
    if (error instanceof HelpAsked) {
      io.stdout.write(HELP);
      return 0;
    }
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`Error: ${error.message}\nFor help, use libsupervisor ctl -h\n`);
    return 2;
  }
  const isShell = options.words.length === 0;
  const prompter = new Prompter(io, isShell);
  const session = new Session(options, io, prompter);
  try {
    if (!isShell) {
      await runLine(session, options.words.join(" "));
      return session.exitstatus;
    }
    await runShell(session);
    return 0;
  } finally {
    prompter.close();
  }
}
