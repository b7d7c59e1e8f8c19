import type { CtlIo } from "./io.ts";
import { UsageError } from "../usage-error.ts";
import { HelpAsked, readOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { Prompter } from "./prompter.ts";
import { Session } from "./session.ts";
import { runLine, runShell } from "./shell.ts";

const HELP = `libsupervisor ctl -- talk to a running supervisor, as supervisorctl does

Usage: libsupervisor ctl [options] [action [arguments]]

Options:
-c/--configuration FILE -- the configuration file with the section [supervisorctl]
     (searched for in the usual places if not given)
-h/-?/--help -- print this and exit
-i/--interactive -- ask before shutdown and reload, and for a password if it is needed
-s/--serverurl URL -- where the server listens: http://host:port or unix:///path
     (default "http://localhost:9001")
-u/--username NAME -- the name to log in with
-p/--password PASSWORD -- the password to log in with
-r/--history_file FILE -- the file for the history of the shell

Without an action, a shell reads actions line by line. The action "help" lists all
actions, and "help ACTION" shows the usage of one.
`;

/**
 * Runs supervisorctl's actions. Returns the exit status.
 *
 * @param argv - The arguments behind the name of the command.
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
