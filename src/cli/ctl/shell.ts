import { readFileSync, writeFileSync } from "node:fs";
import type { ProcessInfo } from "./render.ts";
import { HttpStatusError } from "./rpc-client.ts";
import { actionNames, actionOf } from "./actions/table.ts";
import { complete } from "./completion.ts";
import { EXIT, absenceOf } from "./session.ts";
import type { Session } from "./session.ts";

/** Runs one line; errors are printed. */
export async function runLine(session: Session, line: string): Promise<"quit" | void> {
  const text = line.trim();
  if (text === "") return undefined;
  // the first word ends where its letters end: `?status` asks for help
  const [, word = "", rest = ""] = /^(\?|\w*)(.*)$/s.exec(text) ?? [];
  const action = actionOf(word === "?" ? "help" : word);
  if (!action) {
    session.fail(`*** Unknown syntax: ${text}`);
    return undefined;
  }
  try {
    return await action.run(session, rest.trim());
  } catch (error) {
    if (!(error instanceof HttpStatusError && error.status === 401)) {
      session.fail(`error: ${reasonOf(session, error)}`);
      return undefined;
    }
    session.print("Server requires authentication");
    if (session.options.interactive && (await logIn(session))) return await runLine(session, line);
    session.exitstatus = EXIT.GENERIC;
    return undefined;
  } finally {
    session.closeConnections();
  }
}

function reasonOf(session: Session, error: unknown): string {
  const absence = absenceOf(error);
  if (absence !== undefined) return `${session.options.serverurl} ${absence}`;
  return error instanceof Error ? error.message : String(error);
}

/** Asks for name and password. Returns false at the end of the input. */
async function logIn(session: Session): Promise<boolean> {
  const { options, prompter } = session;
  const username = await prompter.ask("Username:");
  const password = username === undefined ? undefined : await prompter.askSecret("Password:");
  session.print("");
  if (password === undefined) return false;
  options.username = username;
  options.password = password;
  return true;
}

/** Reads lines and runs them, until the end of the input, Ctrl-C, or `quit`. */
export async function runShell(session: Session): Promise<void> {
  const { prompter, options } = session;
  const { historyFile } = options;
  const interrupted = new AbortController();
  const release = prompter.onInterrupt(() => interrupted.abort());
  let known: Promise<ProcessInfo[]> | undefined;
  prompter.completer = async (line) =>
    complete(line, actionNames, async () => (known ??= askForNames(session)));
  if (historyFile !== undefined) prompter.history = readHistory(historyFile);
  try {
    let line: string | undefined = "status";
    while (line !== undefined) {
      known = undefined;
      const running = runLine(session, line);
      if ((await unlessAborted(running, interrupted.signal)) === "quit") return;
      if (interrupted.signal.aborted) break;
      line = await prompter.command(`${options.prompt}> `, interrupted.signal);
    }
    session.print("");
  } finally {
    release();
    session.end();
    if (historyFile !== undefined) writeHistory(historyFile, prompter.history);
  }
}

async function unlessAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let abort = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    abort = () => resolve(undefined);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function askForNames(session: Session): Promise<ProcessInfo[]> {
  try {
    return await session.connect().getAllProcessInfo();
  } finally {
    session.closeConnections();
  }
}

function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.filter((line) => line !== "").toReversed();
  } catch {
    return []; // the first time
  }
}

function writeHistory(file: string, history: readonly string[]): void {
  try {
    writeFileSync(
      file,
      history
        .toReversed()
        .map((line) => `${line}\n`)
        .join(""),
      { mode: 0o600 },
    );
  } catch {
    // the history is lost, as in supervisorctl
  }
}
