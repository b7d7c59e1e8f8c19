import { columns } from "../render.ts";
import type { Action } from "./action.ts";
import { add, avail, remove, reread, update } from "./groups.ts";
import { fg, maintail, tail } from "./logs.ts";
import { clear, restart, signal, start, stop } from "./processes.ts";
import { pid, status } from "./questions.ts";
import { exit, open, quit, reload, shutdown, version } from "./server.ts";

/** The actions that `help` lists. */
const actions: Readonly<Record<string, Action>> = {
  add,
  avail,
  clear,
  exit,
  fg,
  maintail,
  open,
  pid,
  quit,
  reload,
  remove,
  reread,
  restart,
  shutdown,
  signal,
  start,
  status,
  stop,
  tail,
  update,
  version,
};

const help: Action = {
  help: ["help\t\tList the actions", "help <action>\tShow the usage of an action"],
  async run(session, argument) {
    const lines = argument === "" ? list() : actionOf(argument)?.help;
    for (const line of lines ?? [`*** No help on ${argument}`]) session.print(line);
  },
};

function list(): string[] {
  const title = "default commands (type help <topic>):";
  return ["", title, "=".repeat(title.length), ...columns(Object.keys(actions)), ""];
}

/** The action of this name, if there is one. */
export function actionOf(name: string): Action | undefined {
  if (name === "help") return help;
  if (name === "EOF") return quit; // the end of a terminal's input, in Python's shells
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
}

/** The first words of a line. */
export const actionNames: readonly string[] = ["help", ...Object.keys(actions)];
