import type { Api } from "../api.ts";
import { faultOf, isFault } from "../api.ts";
import { FAULTS } from "../../../control/index.ts";
import { fullName, partsOf, resultLine } from "../render.ts";
import type { Result, Verb } from "../render.ts";
import { EXIT } from "../session.ts";
import type { Session } from "../session.ts";
import { usage, wordsOf } from "./action.ts";
import type { Action } from "./action.ts";

/** A verb, its methods, and the exit status for their results. */
interface Command {
  readonly verb: Verb;
  /** The method is called `startProcess`, `startProcessGroup` and `startAllProcesses`. */
  readonly method: "start" | "stop" | "signal";
  /** The parameters behind the name. */
  readonly more: readonly string[];
  /** A fault that does not change the exit status. */
  readonly harmless?: number;
  readonly unknownGroup: number;
}

async function act(session: Session, names: readonly string[], command: Command): Promise<void> {
  const api = session.connect();
  const { method, more } = command;
  const reportAll = (results: readonly Result[]) => {
    for (const result of results) report(session, command, result);
  };
  if (names.includes("all")) {
    reportAll(await api.results(`${method}AllProcesses`, ...more));
    return;
  }
  for (const name of names) {
    const { group, process } = partsOf(name);
    if (process !== undefined) {
      reportAll([await one(api, `${method}Process`, name, more)]);
      continue;
    }
    try {
      reportAll(await api.results(`${method}ProcessGroup`, group, ...more));
    } catch (error) {
      if (!isFault(error, "BAD_NAME")) throw error;
      session.fail(`${group}: ERROR (no such group)`, command.unknownGroup);
    }
  }
}

/** Calls a method for one process; the result has the form of a method for several. */
async function one(
  api: Api,
  method: string,
  name: string,
  more: readonly string[],
): Promise<Result> {
  const { group, process = "None" } = partsOf(name); // as Python prints a missing value
  try {
    await api.call(method, name, ...more);
    return { name: process, group, status: FAULTS.SUCCESS, description: "OK" };
  } catch (error) {
    const { code, message } = faultOf(error);
    return { name: process, group, status: code, description: message };
  }
}

/** The faults which mean that the process is not running. */
const DEAD: ReadonlySet<number> = new Set([
  FAULTS.SPAWN_ERROR,
  FAULTS.ABNORMAL_TERMINATION,
  FAULTS.NOT_RUNNING,
]);

function report(
  session: Session,
  { verb, harmless }: Pick<Command, "verb" | "harmless">,
  result: Result,
): void {
  const line = resultLine(verb, result);
  if (line === undefined) throw new Error(`${fullName(result)}: ${result.description}`);
  session.print(line);
  const { status } = result;
  if (status === FAULTS.SUCCESS || status === harmless) return;
  session.exitstatus = DEAD.has(status) ? EXIT.NOT_RUNNING : EXIT.GENERIC;
}

export const start: Action = {
  help: [
    "start <name>\t\tStart a process",
    "start <gname>:*\t\tStart each process of a group",
    "start <name> <name>\tStart several processes or groups",
    "start all\t\tStart all processes",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const names = wordsOf(argument);
    if (names.length === 0) {
      session.fail("Error: start requires a process name", EXIT.INVALID_ARGS);
      usage(session, start);
      return;
    }
    await act(session, names, {
      verb: "started",
      method: "start",
      more: [],
      harmless: FAULTS.ALREADY_STARTED,
      unknownGroup: EXIT.INVALID_ARGS,
    });
  },
};

export const stop: Action = {
  help: [
    "stop <name>\t\tStop a process",
    "stop <gname>:*\t\tStop each process of a group",
    "stop <name> <name>\tStop several processes or groups",
    "stop all\t\tStop all processes",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const names = wordsOf(argument);
    if (names.length === 0) {
      session.fail("Error: stop requires a process name");
      usage(session, stop);
      return;
    }
    await act(session, names, {
      verb: "stopped",
      method: "stop",
      more: [],
      harmless: FAULTS.NOT_RUNNING,
      unknownGroup: EXIT.GENERIC,
    });
  },
};

export const restart: Action = {
  help: [
    "restart <name>\t\tStop a process and start it again",
    "restart <gname>:*\tThe same for each process of a group",
    "restart <name> <name>\tThe same for several processes or groups",
    "restart all\t\tThe same for all processes",
    "The configuration is not read again: that is what reread and update do.",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    if (argument === "") {
      session.fail("Error: restart requires a process name");
      usage(session, restart);
      return;
    }
    await stop.run(session, argument);
    await start.run(session, argument);
  },
};

export const signal: Action = {
  help: [
    "signal <signal name> <name>\t\tSend a signal to a process",
    "signal <signal name> <gname>:*\t\tSend it to each process of a group",
    "signal <signal name> <name> <name>\tSend it to several processes or groups",
    "signal <signal name> all\t\tSend it to all processes",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const [word = "", ...names] = wordsOf(argument);
    if (names.length === 0) {
      session.fail("Error: signal requires a signal name and a process name");
      usage(session, signal);
      return;
    }
    await act(session, names, {
      verb: "signalled",
      method: "signal",
      more: [word],
      unknownGroup: EXIT.GENERIC,
    });
  },
};

export const clear: Action = {
  help: [
    "clear <name>\t\tEmpty the log files of a process",
    "clear <name> <name>\tEmpty those of several processes",
    "clear all\t\tEmpty those of every process",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const names = wordsOf(argument);
    if (names.length === 0) {
      session.fail("Error: clear requires a process name");
      usage(session, clear);
      return;
    }
    const api = session.connect();
    const verb = "cleared";
    if (names.includes("all")) {
      const results = await api.results("clearAllProcessLogs");
      for (const result of results) report(session, { verb }, result);
      return;
    }
    for (const name of names) {
      const result = await one(api, "clearProcessLogs", name, []);
      report(session, { verb }, result);
    }
  },
};
