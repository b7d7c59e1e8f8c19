import { hasVariables } from "../schema/expand.ts";
import { SettingsError, type SettingsIssue } from "../schema/settings-error.ts";
import { resolveSettings } from "../settings/resolve.ts";
import type { SupervisorSettings } from "../settings/supervisor.ts";
import { show } from "../schema/show.ts";
import { Config } from "./config.ts";
import { ConfigError, type ConfigIssue, type Findings } from "./error.ts";
import type { Ini, Section } from "./ini.ts";
import { unknownParts } from "./known.ts";
import { within, type Names } from "./percent.ts";
import { Options, type Reading } from "./section-reader.ts";
import type { Facts } from "./facts.ts";
import { readPrograms, type Programs } from "./sections/groups.ts";
import { readPlugins, readSupervisorctl } from "./sections/client-section.ts";
import { readServers, serverUrl } from "./sections/servers.ts";
import { readSupervisord } from "./sections/supervisord.ts";

/** The contents of a file and the files that it includes. */
export interface Sources extends Findings {
  readonly file: string;
  readonly files: readonly string[];
  readonly ini: Ini;
  readonly environment: Names;
  readonly facts: Facts;
}

/**
 * Interprets the files.
 * @throws {ConfigError} with all errors
 */
export function interpret(sources: Sources, isStrict: boolean): Config {
  const { ini, errors, warnings, file } = sources;
  const unknown = unknownParts(ini);
  const section = ini.sections.get("supervisord");
  if (!section && errors.length === 0) {
    errors.push({
      file,
      expected: "a section [supervisord]",
      message: "there is no section [supervisord]; an empty one is enough",
      supervisord: ".ini file does not include supervisord section",
    });
  }
  const standIn: Section = { name: "supervisord", file, line: 1, options: new Map() };
  const supervisord = readSupervisord(sources, section ?? standIn);
  const own = Object.entries(supervisord.section.environment);
  const environment = within(
    sources.environment,
    new Map(own.map(([key, value]) => [`ENV_${key}`, value])),
  );
  const reading: Reading = { ...sources, environment };
  readPlugins(reading);
  const { programs, groups, sections } = readPrograms(reading);
  const servers = readServers(reading);
  const supervisorctl = readSupervisorctl(reading);
  const url = serverUrl(servers);
  const settings: SupervisorSettings = {
    programs,
    groups,
    ...(url !== undefined && { serverurl: url }),
    ...supervisord.settings,
  };
  if (isStrict) errors.push(...unknown);
  else warnings.push(...unknown);
  if (errors.length === 0) errors.push(...refusals(settings, reading, sections));
  if (errors.length > 0) throw new ConfigError(errors, warnings);
  return new Config(settings, {
    file,
    files: sources.files,
    warnings,
    supervisord: supervisord.section,
    servers,
    supervisorctl,
    issue: (name, option, message) => issueAt(reading, ini.sections.get(name), option, message),
  });
}

/** Adds the errors of the library, for values that are valid in form. */
function refusals(
  settings: SupervisorSettings,
  reading: Reading,
  sections: Programs["sections"],
): ConfigIssue[] {
  try {
    resolveSettings(settings);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.issues.map((issue) => refusal(issue, settings, reading, sections));
  }
}

function refusal(
  { path, message }: SettingsIssue,
  settings: SupervisorSettings,
  reading: Reading,
  sections: Programs["sections"],
): ConfigIssue {
  const [kind, name, key] = path.map(String);
  const isProgram = kind === "programs";
  const section =
    isProgram || kind === "groups"
      ? sections.get(`${isProgram ? "program" : "group"} ${name}`)
      : reading.ini.sections.get("supervisord");
  const option = isProgram || kind === "groups" ? key : kind;
  if (!section) return { file: reading.file, message: `${show(path.join("."))}: ${message}` };
  const value = valueAt(settings, path);
  const entry = option === undefined ? undefined : new Options(reading, section).entry(option);
  const isSecret = typeof value === "string" && entry !== undefined && hasVariables(entry.value);
  return issueAt(
    reading,
    section,
    option,
    isSecret ? message.replaceAll(show(value), () => show(entry.value)) : message,
  );
}

function valueAt(settings: unknown, path: readonly PropertyKey[]): unknown {
  let value = settings;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

function issueAt(
  reading: Reading,
  section: Section | undefined,
  option: string | undefined,
  message: string,
): ConfigIssue {
  if (!section) return { file: reading.file, message };
  const entry = option === undefined ? undefined : new Options(reading, section).entry(option);
  const { file, line } = entry ?? section;
  return {
    file,
    ...(line > 0 && { line }), // the command line has none
    section: section.name,
    ...(option !== undefined && { option }),
    ...(entry && { value: entry.value }),
    message,
  };
}
