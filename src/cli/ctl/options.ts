import { ConfigError, describeIssue, loadSupervisorctl } from "../../config/index.ts";
import type { SupervisorctlSection } from "../../config/index.ts";
import { readSwitches, type Given, type Switch } from "../switches.ts";
import { UsageError } from "../usage-error.ts";
import type { Remote } from "./rpc-client.ts";

/** The options of the command line and the configuration file. */
export interface Options extends Remote {
  serverurl: string;
  username: string | undefined;
  password: string | undefined;
  readonly prompt: string;
  readonly historyFile: string | undefined;
  /** Whether the user can be asked. */
  readonly interactive: boolean;
  /** The action and its arguments. */
  readonly words: readonly string[];
}

/** The command line asks for help. */
export class HelpAsked extends Error {
  override readonly name = "HelpAsked";
}

const SWITCHES: Readonly<Record<string, Switch>> = {
  help: { short: "h?", isQuestion: true },
  interactive: { short: "i" },
  configuration: { short: "c", value: "FILE" },
  serverurl: { short: "s", value: "URL" },
  username: { short: "u", value: "NAME" },
  password: { short: "p", value: "PASSWORD" },
  history_file: { short: "r", value: "FILE" },
  "history-file": { value: "FILE", same: "history_file" }, // as supervisorctl's help has it
};

/**
 * Reads the command line, and the configuration file that it names or that is found.
 *
 * @throws {UsageError} if something is wrong with either
 * @throws {HelpAsked} for `-h` and `-?`
 */
export async function readOptions(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Options> {
  const { question, given, words } = readSwitches(argv, SWITCHES);
  if (question !== undefined) throw new HelpAsked();
  const value = (name: string) => given.get(name)?.value;
  const url = given.get("serverurl");
  if (url) checkUrl(url);
  const section = await sectionOf(value("configuration"), env, url?.value);
  return {
    serverurl: url?.value ?? section.serverurl,
    username: value("username") ?? section.username,
    password: value("password") ?? section.password,
    prompt: section.prompt,
    historyFile: value("history_file") ?? section.history_file,
    interactive: given.has("interactive") || words.length === 0,
    words,
  };
}

const NO_SECTION = ".ini file does not include supervisorctl section";

/** Reads the section, which may be missing if the command line names the server: the file may belong to another program. */
async function sectionOf(
  file: string | undefined,
  env: NodeJS.ProcessEnv,
  url: string | undefined,
): Promise<SupervisorctlSection> {
  try {
    return await loadSupervisorctl(file, { env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isMissing = error.issues.every(({ supervisord }) => supervisord === NO_SECTION);
    if (isMissing && url !== undefined) return { serverurl: url, prompt: "supervisor" };
    const lines = error.issues.map((issue) => issue.supervisord ?? describeIssue(issue));
    throw new UsageError(lines.join("\n"), { cause: error });
  }
}

function checkUrl({ option, value }: Given): void {
  if (/^[a-z][\w+.-]*:.*[^:/]/i.test(value)) return;
  throw new UsageError(`invalid value for ${option} '${value}': value '${value}' is not a URL`);
}
