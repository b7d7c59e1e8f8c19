import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { memoize } from "../settings/memoize.ts";
import {
  isDirectory,
  expandHome,
  temporaryDirectory,
  workingDirectory,
} from "../system/directories.ts";
import { findGroup, findUser } from "../system/users.ts";
import type { Config } from "./config.ts";
import { ConfigError, type ConfigIssue } from "./error.ts";
import { glob, type Folders } from "./glob.ts";
import { emptyIni, readIni } from "./ini.ts";
import { interpret, type Sources } from "./interpret.ts";
import { unknownOption } from "./known.ts";
import { checkOptions, type LoadOptions } from "./options.ts";
import { within, type NameValue } from "./percent.ts";
import { Options, type Facts, type Reading } from "./section-reader.ts";
import { strip } from "./python.ts";
import { readSupervisorctl, type SupervisorctlSection } from "./sections/client-section.ts";
import { readSupervisord } from "./sections/supervisord.ts";

/**
 * Reads a supervisord.conf, and the files that it includes, as supervisord does. Without a path it is
 * looked for in supervisord's places: `../etc/supervisord.conf` and `../supervisord.conf` from the
 * directory of the running script, then `supervisord.conf` and `etc/supervisord.conf` in the working
 * directory, `/etc/supervisord.conf` and `/etc/supervisor/supervisord.conf`.
 *
 * Nothing is started and nothing written.
 *
 * @throws {ConfigError} with all that is wrong, when anything is
 * @throws {TypeError} if the options are not right
 * @example
 * ```js
 * import { Supervisor } from "libsupervisor";
 * import { loadConfig } from "libsupervisor/config";
 *
 * const supervisor = new Supervisor(await loadConfig("supervisord.conf"));
 * await supervisor.start();
 * ```
 * @see http://supervisord.org/configuration.html
 */
export async function loadConfig(path?: string, options: LoadOptions = {}): Promise<Config> {
  checkOptions("loadConfig()", options, ["env", "strict", "cwd", "overrides"]);
  const { env = process.env, strict = false, cwd = workingDirectory(), overrides = {} } = options;
  const file = path === undefined ? search(cwd) : resolve(cwd, path);
  const sources = nothingRead(file, env, cwd);
  await readInto(sources, file);
  const { sections } = sources.ini;
  const client = sections.get("supervisorctl");
  const own = client && { ...client, options: new Map(client.options) };
  for (const included of includes(sources)) await readInto(sources, included);
  // clients read no includes
  if (own) sections.set("supervisorctl", own);
  else sections.delete("supervisorctl");
  if (Object.keys(overrides).length > 0) judge(sources, overrides);
  override(sources, overrides);
  return interpret(sources, strict);
}

/**
 * Reads `[supervisorctl]` of a supervisord.conf, as a client does: no other section and no included
 * file is looked at, so that those may be broken, or not for the client to read. Without a path, the
 * file is looked for where {@link loadConfig} does; if there is none, the defaults hold.
 *
 * @throws {ConfigError} if the file or the section cannot be read, or is not there
 * @throws {TypeError} if the options are not right
 * @see http://supervisord.org/configuration.html#supervisorctl-section-settings
 */
export async function loadSupervisorctl(
  path?: string,
  options: Pick<LoadOptions, "env" | "cwd"> = {},
): Promise<SupervisorctlSection> {
  checkOptions("loadSupervisorctl()", options, ["env", "cwd"]);
  const { env = process.env, cwd = workingDirectory() } = options;
  const file = path === undefined ? places(cwd).find(folders.exists) : resolve(cwd, path);
  const sources = nothingRead(file ?? "", env, cwd);
  if (file === undefined) return readSupervisorctl(sources);
  await readInto(sources, file);
  const { errors, warnings, ini } = sources;
  if (errors.length === 0 && !ini.sections.has("supervisorctl")) {
    errors.push({
      file,
      message: "there is no section [supervisorctl]",
      supervisord: ".ini file does not include supervisorctl section",
    });
  }
  const section = readSupervisorctl(sources);
  if (errors.length > 0) throw new ConfigError(errors, warnings);
  return section;
}

type Unread = Sources & { readonly files: string[] };

function nothingRead(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Unread {
  return {
    file,
    files: [],
    ini: emptyIni(),
    errors: [],
    warnings: [],
    environment: within(undefined, variables(env)),
    facts: factsOf(env, cwd),
  };
}

const COMMAND_LINE = "the command line";

/** What the command line replaces has to be right all the same, as supervisord sees it. */
function judge(sources: Reading, overrides: Readonly<Record<string, string>>): void {
  const place = { file: COMMAND_LINE, section: "supervisord" };
  for (const option of Object.keys(overrides)) {
    const message = unknownOption(option, place.section);
    if (message !== undefined) sources.errors.push({ ...place, option, message });
  }
  const section = sources.ini.sections.get("supervisord");
  if (!section) return;
  const errors: ConfigIssue[] = [];
  readSupervisord({ ...sources, errors, warnings: [] }, section);
  const isReplaced = ({ option }: ConfigIssue) =>
    option !== undefined && Object.hasOwn(overrides, option);
  sources.errors.push(...errors.filter(isReplaced));
}

/** Nothing on the command line is expanded. */
function override({ ini }: Reading, overrides: Readonly<Record<string, string>>): void {
  const options = ini.sections.get("supervisord")?.options;
  for (const [option, text] of Object.entries(overrides).filter(([one]) => isKnown(one)))
    options?.set(option, { value: text.replaceAll("%", "%%"), file: COMMAND_LINE, line: 0 });
}

function isKnown(option: string): boolean {
  return unknownOption(option, "supervisord") === undefined;
}

function places(cwd: string): string[] {
  const above = resolve(cwd, dirname(process.argv[1] ?? ""), "..");
  return [
    join(above, "etc/supervisord.conf"),
    join(above, "supervisord.conf"),
    resolve(cwd, "supervisord.conf"),
    resolve(cwd, "etc/supervisord.conf"),
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
  ];
}

function search(cwd: string): string {
  const usual = places(cwd);
  const found = usual.find(folders.exists);
  if (found !== undefined) return found;
  throw new ConfigError([
    {
      file: "supervisord.conf",
      message: `there is no such file in any of the usual places: ${usual.join(", ")}`,
      supervisord: `No config file found at default paths (${usual.join(", ")}); use the -c option to specify a config file at a different path`,
    },
  ]);
}

function variables(env: Readonly<Record<string, string | undefined>>): Map<string, NameValue> {
  return new Map(
    Object.entries(env).flatMap(([key, value]) =>
      value === undefined ? [] : [[`ENV_${key}`, value] as const],
    ),
  );
}

async function readInto(sources: Unread, file: string) {
  const { errors, warnings, ini, files } = sources;
  const isMain = file === sources.file;
  let text: string;
  try {
    // what a glob finds may be anything, and reading a pipe may take for ever
    if (!isMain && !statSync(file).isFile()) throw new Error("it is not a file");
    text = new TextDecoder("utf8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isText = code !== "ERR_ENCODING_INVALID_ENCODED_DATA";
    const issue = { file, message: `cannot be read: ${isText ? message : "it is not UTF-8"}` };
    // supervisord does without those that it includes, and says nothing
    if (!isMain && isText) warnings.push(issue);
    else {
      const how = code === "ENOENT" ? "find" : "read";
      errors.push({ ...issue, supervisord: `could not ${how} config file ${file}` });
    }
    return;
  }
  files.push(file);
  for (const { supervisord, ...issue } of readIni(ini, text, file)) {
    errors.push({
      file,
      message: `expected ${issue.expected}, got ${JSON.stringify(issue.value)}`,
      ...issue,
      supervisord,
    });
  }
}

/** The files that the main file includes. Those that they include are not: so there is no end of none. */
function includes(sources: Reading): string[] {
  const section = sources.ini.sections.get("include");
  if (!section) return [];
  const options = new Options(sources, section);
  const names = within(sources.environment, new Map([["host_node_name", sources.facts.host]]));
  if (!options.has("files")) {
    options.fail(undefined, ".ini file has [include] section, but no files setting", {
      message: "there are no files",
    });
  }
  const text = options.text("files", names) ?? "";
  const [patterns, written] = [wordsOf(text), wordsOf(options.shown("files", text))];
  return patterns.flatMap((pattern, i) => {
    const place = (word: string) =>
      isAbsolute(pattern) ? word : join(dirname(sources.file), word);
    const whole = place(pattern);
    const files = glob(whole, folders);
    if (files.length === 0) {
      const isSame = written.length === patterns.length;
      const shown = isSame ? place(written[i] ?? "") : written.join(" ");
      options.warn(
        "files",
        `no file matches ${JSON.stringify(shown)}`,
        `No file matches via include "${shown}"`,
      );
    }
    return files;
  });
}

function wordsOf(text: string): string[] {
  return strip(text).split(/\s+/).filter(Boolean);
}

const folders: Folders = {
  exists: existsSync,
  list: (directory) => {
    try {
      return readdirSync(directory);
    } catch {
      return [];
    }
  },
};

function factsOf(env: Readonly<Record<string, string | undefined>>, cwd: string): Facts {
  return {
    host: hostname(),
    cwd,
    expandHome: (path) => expandHome(path, env),
    tmpdir: temporaryDirectory,
    isDirectory: memoize(isDirectory),
    findUser: memoize(findUser),
    findGroup: memoize(findGroup),
  };
}
