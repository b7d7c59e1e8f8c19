import { describe, filterOptions } from "../../schema/option.ts";
import type { Syntax } from "../../schema/types.ts";
import { instanceOptions } from "../../settings/instances.ts";
import { programSettings } from "../../settings/program.ts";
import { defaultsOf } from "../defaults.ts";
import { readEnvironment } from "../environment.ts";
import type { Section } from "../ini.ts";
import { VARIES, fixedText, toSetting, within, type NameValue, type Names } from "../percent.ts";
import { Options, type Reading } from "../section-reader.ts";
import { MOST_PROCESSES, processName } from "../values.ts";
import { checkLogs, readLogfile } from "./logs.ts";
import type { Draft, Each } from "./program-draft.ts";
import { asRead, programOptions } from "./program-options.ts";

const DEFAULTS = defaultsOf(instanceOptions);
const { priority: _, ...others } = asRead(programOptions);
/** Options that have the same value for all processes of a program. */
const sameOptions = filterOptions(others, ({ isPerProcess }) => !isPerProcess);
/** Options that supervisord evaluates for each process. */
const eachOptions = filterOptions(others, ({ isPerProcess }) => isPerProcess === true);

/**
 * Reads the program of a `[program:x]`, `[eventlistener:x]` or `[fcgi-program:x]`. Everything that
 * can be expanded here is expanded. Values that differ between its processes are expanded by the
 * library.
 */
export function readProgram(
  reading: Reading,
  section: Section,
  name: string,
  groups: readonly string[],
): Draft {
  const options = new Options(reading, section, true);
  const names = within(
    reading.environment,
    new Map<string, NameValue>([
      ["program_name", name],
      ["host_node_name", reading.facts.host],
      ["group_name", groups.length > 1 ? VARIES : (groups[0] ?? name)],
    ]),
  );
  const settings: Draft = {
    ...new Options(reading, section).readAll({ priority: programSettings.shape.priority }, names),
    ...options.readAll(sameOptions, names),
  };
  checkNumber(options, settings);
  if (settings.stopasgroup === true && settings.killasgroup === false) {
    options.fail("killasgroup", "Cannot set stopasgroup=true and killasgroup=false", {
      expected: "true or nothing while stopasgroup is true",
    });
  }
  if (settings.numprocs === 0) settings.command = unreadCommand(options);
  else readEach(reading, options, names, settings, groups);
  return settings;
}

/** Checks `process_name` before it is expanded. */
function checkNumber(options: Options, settings: Draft): void {
  const { numprocs = DEFAULTS.numprocs } = settings;
  const pattern = options.entry("process_name")?.value;
  if (pattern !== undefined) options.accept("process_name", processName, pattern);
  if (numprocs > MOST_PROCESSES) {
    options.fail("numprocs", undefined, { expected: `at most ${MOST_PROCESSES} processes` });
    settings.numprocs = 1;
  } else if (numprocs > 1 && !(pattern ?? "").includes("%(process_num)")) {
    options.fail(
      pattern === undefined ? "numprocs" : "process_name",
      "%(process_num) must be present within process_name when numprocs > 1",
      { message: `process_name needs %(process_num)d in it because numprocs is ${numprocs}` },
    );
    settings.numprocs = 1;
  }
}

/** The command of a program without processes, which is not expanded. */
function unreadCommand(options: Options): string {
  const { value = "" } = options.entry("command") ?? {};
  return toSetting([value]);
}

function readEach(
  reading: Reading,
  options: Options,
  outer: Names,
  settings: Draft,
  groups: readonly string[],
): void {
  const { numprocs = DEFAULTS.numprocs, numprocs_start: first = DEFAULTS.numprocs_start } =
    settings;
  const ofProcess = (num: NameValue) =>
    within(
      outer,
      new Map([
        ["process_num", num],
        ["numprocs", numprocs],
      ]),
    );
  const names = ofProcess(numprocs > 1 ? VARIES : first);
  const instances = () =>
    [...new Set([first, first + numprocs - 1])].flatMap((num) =>
      groups.map((group) => within(ofProcess(num), new Map([["group_name", group]]))),
    );
  const environment = readEnvironment(options, names, instances);
  if (environment.size > 0) {
    settings.environment = Object.fromEntries(
      [...environment].map(([key, pieces]) => [key, toSetting(pieces)]),
    );
  }
  const own = [...environment].map(
    ([key, pieces]) => [`ENV_${key}`, fixedText(pieces) ?? VARIES] as const,
  );
  const inner = own.length === 0 ? names : within(names, new Map<string, NameValue>(own));
  const each: Each = { options, names: inner, settings, facts: reading.facts };
  for (const [option, { syntax }] of describe(eachOptions)) {
    const read = READERS[syntax];
    const value = read ? read(each, option) : options.readAs(syntax, option, inner);
    if (value !== undefined) Object.assign(settings, { [option]: value });
  }
  checkLogs(each);
}

/** Readers of options whose values may differ between the processes. */
const READERS: Partial<Record<Syntax, (each: Each, option: string) => string | undefined>> = {
  directory: readDirectory,
  path: readText,
  urls: readText,
  logfile: readLogfile,
  command: readCommand,
  "process name": readName,
};

function readDirectory({ options, names }: Each, option: string): string | undefined {
  const pieces = options.pieces(option, names);
  if (pieces && pieces.length > 0) return toSetting(pieces);
  if (pieces) options.warn(option, "an empty directory is none");
  return undefined;
}

function readCommand({ options, names }: Each, option: string): string | undefined {
  const pieces = options.pieces(option, names);
  if (!options.has(option)) {
    options.fail(undefined, `program section ${options.section.name} does not specify a command`, {
      message: "there is no command",
    });
  }
  return pieces && toSetting(pieces);
}

function readText({ options, names }: Each, option: string): string | undefined {
  const pieces = options.pieces(option, names);
  return pieces && toSetting(pieces);
}

function readName({ options, names }: Each, option: string): string | undefined {
  const pieces = options.pieces(option, names, option);
  return pieces && toSetting(pieces);
}
