import { faultOf, isFault } from "../api.ts";
import type { Api } from "../api.ts";
import { HttpStatusError } from "../rpc-client.ts";
import { isRunning, quoted } from "../render.ts";
import { EXIT } from "../session.ts";
import type { Session } from "../session.ts";
import { usage, wordsOf } from "./action.ts";
import type { Action } from "./action.ts";

/** The number of bytes that are shown by default. */
const DEFAULT_BYTES = 1600;

export const tail: Action = {
  help: [
    "tail [-f] <name> [stdout|stderr] (default stdout)",
    "Ex:",
    "tail -f <name>\t\tFollow what a process writes to stdout,",
    "\t\t\tuntil Ctrl-C.",
    "tail -100 <name>\tthe last 100 *bytes* of its stdout",
    "tail <name> stderr\tthe last 1600 *bytes* of its stderr",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const words = wordsOf(argument);
    if (words.length < 1 || words.length > 3) {
      session.fail(`Error: too ${words.length < 1 ? "few" : "many"} arguments`);
      usage(session, tail);
      return;
    }
    const modifier = words[0]?.startsWith("-") === true ? words.shift() : undefined;
    const name = words[0];
    if (name === undefined) {
      session.fail("Error: tail requires process name");
      return;
    }
    const channel = words.length === 1 ? "stdout" : (words.at(-1) as string).toLowerCase();
    if (channel !== "stdout" && channel !== "stderr") {
      session.fail(`Error: bad channel ${quoted(channel)}`);
      return;
    }
    if (modifier === "-f") {
      await follow(session, pathOf(name, channel));
      return;
    }
    const bytes = bytesOf(session, modifier);
    if (bytes === undefined) return;
    const method = channel === "stdout" ? "readProcessStdoutLog" : "readProcessStderrLog";
    await print(session, name, session.connect().text(method, name, 0 - bytes, 0));
  },
};

export const maintail: Action = {
  help: [
    "maintail -f \tFollow the log of the server (until Ctrl-C)",
    "maintail -100\tthe last 100 *bytes* of the log of the server",
    "maintail\tthe last 1600 *bytes* of the log of the server",
    "",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const [modifier, ...rest] = wordsOf(argument);
    if (rest.length > 0) {
      session.fail("Error: too many arguments");
      usage(session, maintail);
      return;
    }
    if (modifier === "-f") {
      await follow(session, "/mainlogtail");
      return;
    }
    const bytes = bytesOf(session, modifier);
    if (bytes === undefined) return;
    await print(session, "supervisord", session.connect().text("readLog", 0 - bytes, 0));
  },
};

// Python's int()
const INTEGER = /^-[+-]?\d+(?:_\d+)*$/;

/** The number of bytes that `-100` means. */
function bytesOf(session: Session, modifier: string | undefined): number | undefined {
  if (modifier === undefined) return DEFAULT_BYTES;
  if (INTEGER.test(modifier)) return Number(modifier.slice(1).replaceAll("_", ""));
  session.fail(`Error: bad argument ${modifier}`);
  return undefined;
}

async function print(session: Session, name: string, log: Promise<string>): Promise<void> {
  try {
    session.print(await log);
  } catch (error) {
    let problem;
    if (isFault(error, "NO_FILE")) problem = "no log file";
    else if (isFault(error, "FAILED")) problem = "unknown error reading log";
    else if (isFault(error, "BAD_NAME") && name !== "supervisord") problem = "no such process name";
    else throw error;
    session.fail(`${name}: ERROR (${problem})`);
  }
}

const HINT = "==> Press Ctrl-C to exit <==";

/** The path of a log; a name may have characters that need escaping, but not its colon. */
function pathOf(name: string, channel: string): string {
  return `/logtail/${encodeURIComponent(name).replaceAll("%3A", ":")}/${channel}`;
}

async function follow(session: Session, path: string): Promise<void> {
  const ended = new AbortController();
  const release = session.prompter.onInterrupt(() => ended.abort());
  session.print(HINT);
  try {
    await copy(session, path, ended.signal);
  } finally {
    release();
  }
  if (ended.signal.aborted) session.print("");
}

/** Prints a stream as it comes, until it or the signal ends it. */
async function copy(session: Session, path: string, signal: AbortSignal): Promise<void> {
  try {
    await session.client().stream(path, signal, (chunk) => session.io.stdout.write(chunk));
  } catch (error) {
    if (signal.aborted) return;
    const url = session.options.serverurl + path;
    const isRefused = error instanceof HttpStatusError;
    const problem = isRefused
      ? `Cannot read, status code ${error.status}`
      : `Cannot read on, error: ${String(error)}`;
    session.io.stderr.write(`${url} ${problem}\n`);
    const isAbsent = isRefused && error.status < 500; // for which supervisorctl exits with 0
    if (!isAbsent) session.exitstatus = EXIT.GENERIC;
  }
}

export const fg: Action = {
  help: [
    "fg <process>\tConnect to a process: show its output, send it what is typed",
    "\t\tCtrl-C to exit",
  ],
  async run(session, argument) {
    if (!(await session.upcheck())) return;
    const [name, ...rest] = wordsOf(argument);
    if (name === undefined) {
      session.fail("ERROR: no process name supplied");
      usage(session, fg);
      return;
    }
    if (rest.length > 0) {
      session.fail("ERROR: too many process names supplied");
      return;
    }
    const api = session.connect();
    if (await isAvailable(session, api, name)) await connectTo(session, api, name);
  },
};

async function isAvailable(session: Session, api: Api, name: string): Promise<boolean> {
  try {
    if (isRunning(await api.getProcessInfo(name))) return true;
    session.fail("ERROR: process not running");
  } catch (error) {
    if (isFault(error, "BAD_NAME")) session.fail("ERROR: bad process name supplied");
    else session.print(`ERROR: ${faultOf(error).message}`);
  }
  return false;
}

async function connectTo(session: Session, api: Api, name: string): Promise<void> {
  const ended = new AbortController();
  const release = session.prompter.onInterrupt(() => ended.abort());
  session.print(HINT);
  const streams = ["stdout", "stderr"].map((channel) =>
    copy(session, pathOf(name, channel), ended.signal),
  );
  try {
    for (;;) {
      const line = await session.prompter.ask("", ended.signal);
      if (line === undefined) break;
      const problem = await sendLine(api, name, line);
      if (problem === undefined) continue;
      session.print(problem);
      break;
    }
    session.print("Exiting foreground");
  } finally {
    ended.abort();
    release();
    await Promise.all(streams);
  }
}

/** Writes a line to a process; the problem, if there is one. */
async function sendLine(api: Api, name: string, line: string): Promise<string | undefined> {
  try {
    await api.call("sendProcessStdin", name, `${line}\n`);
  } catch (error) {
    if (isFault(error, "NOT_RUNNING")) return "Process got killed";
    return `ERROR: ${error instanceof Error ? error.message : String(error)}`;
  }
  return isRunning(await api.getProcessInfo(name)) ? undefined : "Process got killed";
}
