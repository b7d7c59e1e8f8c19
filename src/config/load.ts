import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { memoize } from "../settings/memoize.ts";
import { isDirectory, expandHome, workingDirectory } from "../system/directories.ts";
import { findGroup, findUser } from "../system/users.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./error.ts";
import type { Facts } from "./facts.ts";
import { findConfig, search } from "./find.ts";
import { includedFiles } from "./includes.ts";
import { emptyIni, readIni } from "./ini.ts";
import { interpret, type Sources } from "./interpret.ts";
import { checkOptions, type LoadOptions } from "./options.ts";
import { override } from "./overrides.ts";
import { within, type NameValue } from "./percent.ts";
import { readSupervisorctl, type SupervisorctlSection } from "./sections/client-section.ts";

/**
 * Reads a supervisord.conf, and the files that it includes, as supervisord does. Without a path,
 * the file is looked for in supervisord's places: `../etc/supervisord.conf` and
 * `../supervisord.conf` from the directory of the running script, then `supervisord.conf` and
 * `etc/supervisord.conf` in the working directory, `/etc/supervisord.conf` and
 * `/etc/supervisor/supervisord.conf`.
 *
 * Starts nothing and writes nothing.
 *
 * @throws {ConfigError} with all errors, if there are any
 * @throws {TypeError} if the options are not valid
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
  const file = path === undefined ? findConfig(cwd) : resolve(cwd, path);
  const sources = nothingRead(file, env, cwd);
  await readInto(sources, file);
  const { sections } = sources.ini;
  const client = sections.get("supervisorctl");
  const own = client && { ...client, options: new Map(client.options) };
  for (const included of includedFiles(sources)) await readInto(sources, included);
  // clients read no includes
  if (own) sections.set("supervisorctl", own);
  else sections.delete("supervisorctl");
  override(sources, overrides);
  return interpret(sources, strict);
}

/**
 * Reads `[supervisorctl]` of a supervisord.conf, as a client does: no other section and no included
 * file is read, so that these may be invalid, or not readable for the client. Without a path, the
 * file is looked for where {@link loadConfig} does; if there is none, the defaults hold.
 *
 * @throws {ConfigError} if the file or the section cannot be read, or does not exist
 * @throws {TypeError} if the options are not valid
 * @see http://supervisord.org/configuration.html#supervisorctl-section-settings
 */
export async function loadSupervisorctl(
  path?: string,
  options: Pick<LoadOptions, "env" | "cwd"> = {},
): Promise<SupervisorctlSection> {
  checkOptions("loadSupervisorctl()", options, ["env", "cwd"]);
  const { env = process.env, cwd = workingDirectory() } = options;
  const file = path === undefined ? search(cwd) : resolve(cwd, path);
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
    // a path that a glob finds may be anything, and reading a pipe may block for ever
    if (!isMain && !statSync(file).isFile()) throw new Error("it is not a file");
    text = new TextDecoder("utf8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isText = code !== "ERR_ENCODING_INVALID_ENCODED_DATA";
    const issue = { file, message: `cannot be read: ${isText ? message : "it is not UTF-8"}` };
    // supervisord ignores included files that it cannot read, without a message
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

function factsOf(env: Readonly<Record<string, string | undefined>>, cwd: string): Facts {
  return {
    host: hostname(),
    cwd,
    expandHome: (path) => expandHome(path, env),
    isDirectory: memoize(isDirectory),
    findUser: memoize(findUser),
    findGroup: memoize(findGroup),
  };
}
