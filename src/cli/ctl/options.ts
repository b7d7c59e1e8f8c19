import { ConfigError, describeIssue, loadSupervisorctl } from "../../config/index.ts";
import type { SupervisorctlSection } from "../../config/index.ts";
import type { Remote } from "./rpc-client.ts";

/** What the command line and the configuration file have said. */
export interface Options extends Remote {
  serverurl: string;
  username: string | undefined;
  password: string | undefined;
  readonly prompt: string;
  readonly historyFile: string | undefined;
  /** Whether somebody is there to be asked. */
  readonly interactive: boolean;
  /** The action and its arguments. */
  readonly words: readonly string[];
}

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command line asks for its help, and nothing else counts. */
export class HelpAsked extends Error {
  override readonly name = "HelpAsked";
}

type Name =
  | "help"
  | "interactive"
  | "configuration"
  | "serverurl"
  | "username"
  | "password"
  | "history";

const SHORT: Readonly<Record<string, Name>> = {
  h: "help",
  "?": "help",
  i: "interactive",
  c: "configuration",
  s: "serverurl",
  u: "username",
  p: "password",
  r: "history",
};

const LONG: Readonly<Record<string, Name>> = {
  help: "help",
  interactive: "interactive",
  configuration: "configuration",
  serverurl: "serverurl",
  username: "username",
  password: "password",
  "history-file": "history",
  history_file: "history",
};

const isFlag = (name: Name) => name === "help" || name === "interactive";

interface Given {
  /** As it was written. */
  readonly option: string;
  readonly name: Name;
  readonly value: string;
}

/**
 * Reads the command line, and the configuration file that it names or that is found.
 *
 * @throws {UsageError} if something is wrong with either
 * @throws {HelpAsked} for `-h`
 */
export async function readOptions(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Options> {
  const { given, words } = parse(argv);
  const values = new Map<Name, string>();
  for (const { option, name, value } of given) {
    if (name === "help") throw new HelpAsked();
    if (name === "serverurl") checkUrl(option, value);
    if (values.has(name)) throw new UsageError(`conflicting command line option '${option}'`);
    values.set(name, value);
  }
  const section = await sectionOf(values.get("configuration"), env, values.get("serverurl"));
  return {
    serverurl: values.get("serverurl") ?? section.serverurl,
    username: values.get("username") ?? section.username,
    password: values.get("password") ?? section.password,
    prompt: section.prompt,
    historyFile: values.get("history") ?? section.history_file,
    interactive: values.has("interactive") || words.length === 0,
    words,
  };
}

const NO_SECTION = ".ini file does not include supervisorctl section";

/** Who says where the server is needs no section: a file that happens to lie here may be another's. */
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

function checkUrl(option: string, value: string): void {
  if (/^[a-z][\w+.-]*:.*[^:/]/i.test(value)) return;
  throw new UsageError(`invalid value for ${option} '${value}': value '${value}' is not a URL`);
}

/** The options stand before the action: what follows it is the action's. */
function parse(argv: readonly string[]): { given: Given[]; words: readonly string[] } {
  const given: Given[] = [];
  const rest = [...argv];
  const next = (option: string) => {
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`option ${option} requires argument`);
    return value;
  };
  for (;;) {
    const [word = ""] = rest;
    if (!word.startsWith("-") || word === "-") return { given, words: rest };
    rest.shift();
    if (word === "--") return { given, words: rest };
    given.push(...(word.startsWith("--") ? [long(word.slice(2), next)] : short(word, next)));
  }
}

function long(word: string, next: (option: string) => string): Given {
  const [typed = "", ...parts] = word.split("=");
  const names = Object.keys(LONG).filter((name) => name.startsWith(typed));
  const [full = "", ...others] = Object.hasOwn(LONG, typed) ? [typed] : names;
  const name = LONG[full];
  if (name === undefined) throw new UsageError(`option --${typed} not recognized`);
  if (others.some((other) => LONG[other] !== name))
    throw new UsageError(`option --${typed} not a unique prefix`);
  const option = `--${full}`;
  if (!isFlag(name))
    return { option, name, value: parts.length > 0 ? parts.join("=") : next(option) };
  if (parts.length > 0) throw new UsageError(`option ${option} must not have an argument`);
  return { option, name, value: "" };
}

/** `-iu name` is `-i -u name`, and `-uname` too is `-u name`. */
function short(word: string, next: (option: string) => string): Given[] {
  const given: Given[] = [];
  for (let at = 1; at < word.length; at++) {
    const option = `-${word.charAt(at)}`;
    const name = SHORT[word.charAt(at)];
    if (name === undefined) throw new UsageError(`option ${option} not recognized`);
    if (isFlag(name)) {
      given.push({ option, name, value: "" });
      continue;
    }
    given.push({ option, name, value: word.slice(at + 1) || next(option) });
    break;
  }
  return given;
}
