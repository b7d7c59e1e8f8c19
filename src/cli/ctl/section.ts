import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** What `[supervisorctl]` says. */
export interface CtlSection {
  readonly serverurl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly prompt: string;
  readonly history_file: string | undefined;
}

/** What holds without a file. */
export const DEFAULTS: CtlSection = {
  serverurl: "http://localhost:9001",
  username: undefined,
  password: undefined,
  prompt: "supervisor",
  history_file: undefined,
};

const PLACES = [
  "supervisord.conf",
  "etc/supervisord.conf",
  "/etc/supervisord.conf",
  "/etc/supervisor/supervisord.conf",
];

/** The configuration file that is taken when none is named, if there is one. */
export function findConfiguration(): string | undefined {
  return PLACES.find((file) => existsSync(file));
}

/**
 * Reads `[supervisorctl]` and nothing else: no other section, and no included file.
 *
 * @throws {Error} if that cannot be done, with supervisorctl's own words
 */
export function readCtlSection(file: string, env: NodeJS.ProcessEnv): CtlSection {
  const values = optionsOf(textOf(file));
  if (values === undefined) throw new Error(".ini file does not include supervisorctl section");
  const here = path.dirname(path.resolve(file));
  const valueOf = (option: string, own: Readonly<Record<string, string>> = {}) => {
    const value = values.get(option);
    return value === undefined ? undefined : expand(value, option, own, env);
  };
  const serverurl = valueOf("serverurl", { here }) ?? DEFAULTS.serverurl;
  const history = valueOf("history_file", { here });
  return {
    serverurl: serverurl.startsWith("unix://")
      ? `unix://${absolute(serverurl.slice("unix://".length))}`
      : serverurl,
    username: valueOf("username"),
    password: valueOf("password"),
    prompt: valueOf("prompt") ?? DEFAULTS.prompt,
    history_file: history === undefined || history === "" ? undefined : absolute(history),
  };
}

function textOf(file: string): string {
  if (!existsSync(file)) throw new Error(`could not find config file ${file}`);
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Error(`could not read config file ${file}`);
  }
}

const absolute = (file: string) => path.resolve(file.replace(/^~(?=\/|$)/, homedir()));

function optionsOf(text: string): Map<string, string> | undefined {
  let options: Map<string, string> | undefined;
  let isInside = false;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header) {
      isInside = header[1] === "supervisorctl";
      if (isInside) options ??= new Map();
      continue;
    }
    const option = /^([^\s#;=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
    if (!isInside || !option) continue;
    const [, name = "", value = ""] = option;
    options?.set(name.toLowerCase(), value.replace(/(?:^|\s)[;#].*$/, "").trim());
  }
  return options;
}

function expand(
  value: string,
  option: string,
  own: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): string {
  return value.replaceAll(/%(?:%|\((\w+)\)s|)/g, (match, name?: string) => {
    if (match === "%%") return "%";
    const what = `Format string '${value}' for 'supervisorctl.${option}'`;
    if (name === undefined) throw new Error(`${what} is badly formatted: incomplete format`);
    const known = own[name] ?? (name.startsWith("ENV_") ? env[name.slice(4)] : undefined);
    if (known === undefined)
      throw new Error(`${what} contains names ('${name}') which cannot be expanded.`);
    return known;
  });
}
