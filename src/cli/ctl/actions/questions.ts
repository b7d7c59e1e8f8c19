import { isFault } from "../api.ts";
import type { Api } from "../api.ts";
import { isStopped, partsOf, statusLines } from "../render.ts";
import type { ProcessInfo } from "../render.ts";
import { EXIT } from "../session.ts";
import type { Session } from "../session.ts";
import { wordsOf } from "./action.ts";
import type { Action } from "./action.ts";

export const status: Action = {
  help: [
    "status <name>\t\tShow the state of a process",
    "status <gname>:*\tShow those of all processes of a group",
    "status <name> <name>\tShow those of several processes",
    "status\t\t\tShow those of all processes",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) {
      session.exitstatus = EXIT.UNKNOWN;
      return;
    }
    const all = await session.connect().getAllProcessInfo();
    const names = wordsOf(argument);
    const shown =
      names.length === 0 || names.includes("all")
        ? all
        : names.flatMap((name) => matching(session, all, name));
    for (const line of statusLines(shown)) session.print(line);
    if (shown.some(isStopped)) session.exitstatus = EXIT.STOPPED;
  },
};

function matching(session: Session, all: readonly ProcessInfo[], name: string): ProcessInfo[] {
  const { group, process } = partsOf(name);
  const found = all.filter(
    (info) => info.group === group && (process === undefined || info.name === process),
  );
  if (found.length === 0) {
    const problem = process === undefined ? `${group}: ERROR (no such group)` : undefined;
    session.fail(problem ?? `${name}: ERROR (no such process)`, EXIT.UNKNOWN);
  }
  return found;
}

export const pid: Action = {
  help: [
    "pid\t\t\tShow the process id of the server",
    "pid <name>\t\tShow the process id of a process",
    "pid all\t\t\tShow those of all, one on each line",
  ],
  async run(session, argument) {
    const api = session.connect();
    if (!(await session.upcheck())) return;
    const names = wordsOf(argument);
    if (names.length === 0) {
      session.print(await api.text("getPID"));
    } else if (names.includes("all")) {
      for (const info of await api.getAllProcessInfo()) session.print(String(info.pid));
    } else {
      for (const name of names) await printPid(session, api, name);
    }
  },
};

async function printPid(session: Session, api: Api, name: string): Promise<void> {
  try {
    const info = await api.getProcessInfo(name);
    session.print(String(info.pid));
    if (info.pid === 0) session.exitstatus = EXIT.NOT_RUNNING;
  } catch (error) {
    if (!isFault(error, "BAD_NAME")) throw error;
    session.fail(`No such process ${name}`);
  }
}
