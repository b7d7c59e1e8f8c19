import { hostname } from "node:os";
import type { OutputStream } from "./ports/streams.ts";
import { expand, type Names } from "./schema/expand.ts";
import { withVariables } from "./settings/expansion.ts";
import type { ProcessConfig } from "./settings/process-config.ts";
import type { ResolvedProgramSettings } from "./settings/program.ts";
import { resolveSettings as resolve } from "./settings/resolve.ts";
import type { SupervisorSettings } from "./settings/supervisor.ts";

/** Settings with their defaults, and the groups and processes that result from them. */
export interface ResolvedSettings {
  /** The settings of each program, by name: checked, defaults filled in, not expanded. */
  readonly programs: ReadonlyMap<string, ResolvedProgramSettings>;
  /** The priority of each group, by name. A program without a group is a group by itself. */
  readonly groups: ReadonlyMap<string, number>;
  /** The processes of all programs, `numprocs` for each group that contains the program. */
  readonly processes: readonly ResolvedProcess[];
}

/** One process of {@link ResolvedSettings}. */
export interface ResolvedProcess {
  /** The name of the process. */
  readonly name: string;
  /** The name of its group. */
  readonly group: string;
  /** The name of its program. */
  readonly program: string;
  /** The priority of its group. */
  readonly groupPriority: number;
  /** The priority of its program. */
  readonly priority: number;
  /**
   * The command as text. Names such as `%(process_num)d` are expanded. `%(here)s` and `%(ENV_x)s`
   * are not, as they may hold a secret.
   */
  readonly command: string;
  /**
   * The working directory, expanded as `command` is; undefined for the host's working directory.
   */
  readonly directory?: string;
  /** Whether SIGKILL is sent to its whole process group: as `stopasgroup`, unless it was set. */
  readonly killasgroup: boolean;
  /** The log of its standard output: a path, `AUTO`, or empty for none. */
  readonly stdout_logfile: string;
  /** The log of its standard error: a path, `AUTO`, or empty for none. */
  readonly stderr_logfile: string;
}

/**
 * Checks settings and resolves them as a supervisor does, without a supervisor: opens and starts
 * nothing.
 *
 * @example
 * ```ts
 * const { processes } = resolveSettings({ programs: { web: { command: "node server.js" } } });
 * ```
 *
 * @throws {SettingsError} with everything that is wrong with the settings
 * @see supervisorctl's `avail`
 */
export function resolveSettings(settings: SupervisorSettings): ResolvedSettings {
  const { programs, groups, processes } = resolve(settings);
  const numbers = new Map<string, ReadonlyMap<string, number>>(); // by group and program
  return {
    programs,
    groups,
    processes: processes.map((config) => {
      const program = programs.get(config.program) as ResolvedProgramSettings;
      const key = `${config.group}:${config.program}`;
      const known = numbers.get(key) ?? numbersOf(config, program);
      numbers.set(key, known);
      return describe(config, program, known.get(config.name) ?? program.numprocs_start);
    }),
  };
}

function describe(
  config: ProcessConfig,
  settings: ResolvedProgramSettings,
  number: number,
): ResolvedProcess {
  const { name, group, program, rank } = config;
  const names = namesOf(config, settings, number);
  const shown: Names = (key) => names(key) ?? `%(${key})s`;
  const text = (value: string) => {
    const expanded = expand(value, shown);
    return "text" in expanded ? expanded.text : value;
  };
  const { command, directory } = settings;
  return {
    name,
    group,
    program,
    groupPriority: rank.groupPriority,
    priority: rank.priority,
    command: text(typeof command === "string" ? command : command.join(" ")),
    ...(directory !== undefined && { directory: text(directory) }),
    killasgroup: config.policy.killAsGroup,
    stdout_logfile: logfileOf("stdout", config, settings),
    stderr_logfile: logfileOf("stderr", config, settings),
  };
}

/** The `process_num` of the processes of one program in one group, by their names. */
function numbersOf(config: ProcessConfig, settings: ResolvedProgramSettings): Map<string, number> {
  const { numprocs, numprocs_start: first, process_name: pattern } = settings;
  const { environment, unset = [] } = config.command;
  const taken = Object.fromEntries(unset.map((key) => [key, undefined]));
  const variables = withVariables(
    { ...environment, ...taken },
    withVariables(process.env, () => undefined),
  );
  const numbers = new Map<string, number>();
  for (let number = first; number < first + numprocs; number++) {
    const names = namesOf(config, settings, number);
    const all: Names = (key) => names(key) ?? variables(key);
    const expanded = expand(pattern, all);
    if ("text" in expanded) numbers.set(expanded.text, number);
  }
  return numbers;
}

/** The names that hold no secret and mean the same wherever the settings are read. */
function namesOf(
  { program, group }: ProcessConfig,
  { numprocs }: ResolvedProgramSettings,
  number: number,
): Names {
  const known = new Map<string, string | number>([
    ["program_name", program],
    ["group_name", group],
    ["process_num", number],
    ["numprocs", numprocs],
    ["host_node_name", hostname()],
  ]);
  return (name) => known.get(name);
}

function logfileOf(
  stream: OutputStream,
  { outputs }: ProcessConfig,
  settings: ResolvedProgramSettings,
): string {
  const setting = settings[`${stream}_logfile`];
  if (typeof setting !== "string") return "";
  if (setting.toUpperCase() === "AUTO") return "AUTO";
  const plan = outputs[stream];
  return plan !== "stdout" && plan.log && "file" in plan.log ? plan.log.file : "";
}
