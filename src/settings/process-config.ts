import { planCleanup } from "../cleanup/options.ts";
import { policyOf } from "../lifecycle/options.ts";
import type { Policy } from "../lifecycle/state.ts";
import { listenerOf, type ListenerPlan } from "../listeners/options.ts";
import { planOutputs, type OutputPlans } from "../output/plan.ts";
import type { Command } from "../ports/command.ts";
import { planReadiness, proofOf } from "../readiness/options.ts";
import type { ReadinessPlan } from "../readiness/watcher.ts";
import type { Names } from "../schema/expand.ts";
import type { Planning } from "../schema/planning.ts";
import type { SettingsIssue } from "../schema/settings-error.ts";
import { planSocket } from "../sockets/options.ts";
import { combine, type Variables } from "../spawn/environment.ts";
import { ownVariables, planCommand, planContext, serverOf } from "../spawn/options.ts";
import { isWindows } from "../system/platform.ts";
import { expandAll, expandOne, withVariables } from "./expansion.ts";
import type { Place } from "./groups.ts";
import { planName, planNumbers } from "./instances.ts";
import { rankOf, type Rank } from "./priority.ts";
import type { ResolvedProgramSettings } from "./program.ts";
import type { ResolvedSupervisorSettings } from "./supervisor.ts";

/**
 * The complete configuration of one process. Two configurations that are deeply equal are the same.
 */
export interface ProcessConfig {
  readonly program: string;
  readonly group: string;
  readonly name: string;
  readonly autostart: boolean;
  readonly rank: Rank;
  readonly policy: Policy;
  readonly command: Command;
  readonly outputs: OutputPlans;
  /** How to find out whether the process is ready, if that is asked. */
  readonly readiness?: ReadinessPlan;
  /** The plan of its group, if the process is an event listener. */
  readonly listener?: ListenerPlan;
}

/** The common parts of the plans of all programs. */
export interface Base extends Pick<Planning, "isDirectory" | "isUser"> {
  readonly supervisor: ResolvedSupervisorSettings;
  readonly names: Names;
  /** The supervisor's environment, expanded. */
  readonly environment: Variables;
}

/** A program in one group. */
export interface ProgramPlan {
  readonly processes: readonly ProcessConfig[];
  readonly listener?: ListenerPlan;
}

/** Calls the planner of each directory, and combines the plans of each process. */
export function planProgram(
  program: string,
  settings: ResolvedProgramSettings,
  place: Place,
  base: Base,
  issues: SettingsIssue[],
): ProgramPlan {
  const { group } = place;
  const found: SettingsIssue[] = [];
  const planningOf = planningIn(program, base, found);
  const shared = planningOf((name) => (name === "program_name" ? program : base.names(name)));
  const numbers = planNumbers(settings, shared);
  const context = planContext(settings, shared);
  const listener = listenerOf(settings, shared);
  const socket = planSocket(settings, shared);
  const serverurl = serverOf(settings, base.supervisor);
  const processes: ProcessConfig[] = [];
  for (const number of numbers) {
    const own = new Map<string, string | number>([
      ["program_name", program],
      ["group_name", group],
      ["process_num", number],
      ["numprocs", settings.numprocs],
    ]);
    const environment = expandAll(
      settings.environment,
      (name) => own.get(name) ?? base.names(name),
      ["programs", program, "environment"],
      found,
    );
    const inner = withVariables(environment, base.names);
    const planning = planningOf((name) => own.get(name) ?? inner(name));
    const name = planName(settings, planning);
    const readiness = planReadiness(settings, planning);
    processes.push({
      program,
      group,
      name,
      autostart: settings.autostart,
      rank: rankOf(settings, place),
      policy: {
        ...policyOf(settings),
        ...(readiness && { readiness: proofOf(settings, readiness) }),
      },
      ...(readiness && { readiness }),
      command: {
        name: fullName(group, name),
        ...planCommand(settings, planning),
        ...combine(
          [ownVariables(name, group, serverurl), base.environment, environment],
          isWindows,
        ),
        ...context,
        ...planCleanup(settings),
        ...(socket && { socket }),
        ...(listener && { fifo: true }), // scripts have `while read line … done < /dev/stdin`
      },
      outputs: planOutputs(name, settings, base.supervisor, planning),
      ...(listener && { listener }),
    });
    if (found.length > 0) break; // the next processes would have the same errors
  }
  issues.push(...found);
  return { processes, ...(listener && { listener }) };
}

/** The context for planners, once the names are known. */
function planningIn(
  program: string,
  { isDirectory, isUser }: Base,
  issues: SettingsIssue[],
): (names: Names) => Planning {
  const at = (option: string, inside: readonly PropertyKey[]) => [
    "programs",
    program,
    option,
    ...inside,
  ];
  return (names) => ({
    expand: (option, text, ...inside) => expandOne(text, names, at(option, inside), issues),
    refuse: (option, message, ...inside) => issues.push({ path: at(option, inside), message }),
    isDirectory,
    isUser,
  });
}

/** supervisord's name for a process among all processes. */
function fullName(group: string, name: string): string {
  return group === name ? name : `${group}:${name}`;
}
