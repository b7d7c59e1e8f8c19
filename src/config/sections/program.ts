import { readEnvironment } from "../environment.ts";
import type { Section } from "../ini.ts";
import { VARIES, fixedText, toSetting, within, type NameValue, type Names } from "../percent.ts";
import { Options, userTypes, type Reading } from "../section-reader.ts";
import {
  autorestart,
  boolean,
  booleanOr,
  byteSize,
  count,
  exitCodes,
  integer,
  processName,
  signal,
  text,
  umask,
  type Type,
} from "../values.ts";
import type { Draft } from "./program-draft.ts";
import { readLog } from "./logs.ts";

/** More processes than a system can have. */
const MOST_PROCESSES = 100_000;

/**
 * The program of a `[program:x]`, `[eventlistener:x]` or `[fcgi-program:x]`. Whatever can be expanded
 * here is; what differs between its processes is left to the library.
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
  const draft: Record<string, unknown> = {};
  const priority = new Options(reading, section).read("priority", integer, names);
  if (priority !== undefined) draft["priority"] = priority;
  for (const [option, type = userTypes(reading.facts).user] of PLAIN) {
    const value = options.has(option) ? options.read(option, type, names) : undefined;
    if (value !== undefined) draft[option] = value;
  }
  const settings: Draft = draft;
  readName(options, settings);
  if (settings.stopasgroup === true && settings.killasgroup === false) {
    options.fail("killasgroup", "Cannot set stopasgroup=true and killasgroup=false", {
      expected: "true or nothing while stopasgroup is true",
    });
  }
  if (settings.numprocs === 0) settings.command = commandOfNobody(options);
  else readEach(reading, options, names, settings, groups);
  return settings;
}

/**
 * Those that are the same for all its processes, in the order in which supervisord reads them. Whether
 * there is a user, only the system can tell.
 */
const PLAIN: readonly (readonly [option: string, type?: Type<unknown>])[] = [
  ["autostart", boolean],
  ["autorestart", autorestart],
  ["startsecs", count],
  ["startretries", count],
  ["stopsignal", signal],
  ["stopwaitsecs", count],
  ["stopasgroup", boolean],
  ["killasgroup", boolean],
  ["exitcodes", exitCodes],
  ["redirect_stderr", boolean],
  ["numprocs", count],
  ["numprocs_start", integer],
  ["stdout_capture_maxbytes", byteSize],
  ["stdout_events_enabled", boolean],
  ["stderr_capture_maxbytes", byteSize],
  ["stderr_events_enabled", boolean],
  ["serverurl", text],
  ["user"],
  ["umask", umask],
  ["sweep", booleanOr("group")],
  ["cgroup", boolean],
  ["stopstdin", boolean],
];

/** The rules for `process_name` hold before it is expanded. */
function readName(options: Options, settings: Draft): void {
  const { numprocs = 1 } = settings;
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

/** Nobody reads it: there are no processes. */
function commandOfNobody(options: Options): string {
  const { value = "" } = options.entry("command") ?? {};
  return toSetting([value]);
}

/** The options that supervisord evaluates for each process. */
function readEach(
  reading: Reading,
  options: Options,
  outer: Names,
  settings: Draft,
  groups: readonly string[],
): void {
  const { numprocs = 1, numprocs_start: first = 0 } = settings;
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
  const own = [...environment].map(
    ([key, pieces]) => [`ENV_${key}`, fixedText(pieces) ?? VARIES] as const,
  );
  const inner = own.length === 0 ? names : within(names, new Map<string, NameValue>(own));
  if (environment.size > 0) {
    settings.environment = Object.fromEntries(
      [...environment].map(([key, pieces]) => [key, toSetting(pieces)]),
    );
  }
  const directory = options.pieces("directory", inner);
  if (directory && directory.length > 0) settings.directory = toSetting(directory);
  else if (directory) options.warn("directory", "an empty directory is none");
  readLog(reading, options, inner, settings, "stdout");
  readLog(reading, options, inner, settings, "stderr");
  const command = options.pieces("command", inner);
  if (command) settings.command = toSetting(command);
  else if (!options.has("command")) {
    options.fail(undefined, `program section ${options.section.name} does not specify a command`, {
      message: "there is no command",
    });
  }
  const name = options.pieces("process_name", inner, "process_name");
  if (name) settings.process_name = toSetting(name);
}
