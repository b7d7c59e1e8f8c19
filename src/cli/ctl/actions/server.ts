import { isFault } from "../api.ts";
import { absenceOf } from "../session.ts";
import type { Session } from "../session.ts";
import { rejectsArgument } from "./action.ts";
import type { Action } from "./action.ts";
import { status } from "./questions.ts";

export const version: Action = {
  help: ["version\t\t\tShow the version of the server"],
  async run(session, argument) {
    if (rejectsArgument(session, version, "version", argument)) return;
    if (!(await session.upcheck())) return;
    session.print(await session.connect().text("getSupervisorVersion"));
  },
};

export const shutdown: Action = {
  help: ["shutdown \tStop all processes and the server"],
  async run(session, argument) {
    if (rejectsArgument(session, shutdown, "shutdown", argument)) return;
    if (!(await isSure(session, "Really shut the remote supervisord process down y/N? "))) return;
    try {
      await session.connect().call("shutdown");
      session.print("Shut down");
    } catch (error) {
      const absence = absenceOf(error);
      if (isFault(error, "SHUTDOWN_STATE")) session.print("ERROR: already shutting down");
      else if (absence === undefined) throw error;
      else session.fail(`ERROR: ${session.options.serverurl} ${absence} (already shut down?)`);
    }
  },
};

export const reload: Action = {
  help: ["reload \t\tStop all processes, read the configuration again and start"],
  async run(session, argument) {
    if (rejectsArgument(session, reload, "reload", argument)) return;
    if (!(await isSure(session, "Really restart the remote supervisord process y/N? "))) return;
    try {
      await session.connect().call("restart");
      session.print("Restarted supervisord");
    } catch (error) {
      if (!isFault(error, "SHUTDOWN_STATE")) throw error;
      session.fail("ERROR: already shutting down");
    }
  },
};

async function isSure(session: Session, question: string): Promise<boolean> {
  if (!session.options.interactive) return true;
  const answer = await session.prompter.ask(question);
  return answer?.toLowerCase().startsWith("y") === true;
}

export const open: Action = {
  help: [
    "open <url>\tUse another server from now on.",
    "\t\t(unix:///path/of/socket for a UNIX domain socket)",
  ],
  async run(session, argument) {
    const url = argument.trim();
    if (!/^(?:unix|http):/i.test(url)) {
      session.fail("ERROR: url must be http:// or unix://");
      return;
    }
    session.options.serverurl = url;
    const before = session.exitstatus;
    await status.run(session, "");
    session.exitstatus = before;
  },
};

const endShell = async (session: Session) => {
  session.print("");
  return "quit" as const;
};

export const quit: Action = { help: ["quit\tLeave the shell."], run: endShell };
export const exit: Action = { help: ["exit\tLeave the shell."], run: endShell };
