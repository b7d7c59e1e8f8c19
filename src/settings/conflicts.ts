import { hasVariables } from "../schema/expand.ts";
import type { SettingsIssue } from "../schema/settings-error.ts";
import { show } from "../schema/show.ts";
import type { ProcessConfig } from "./process-config.ts";
import type { ResolvedProgramSettings } from "./program.ts";

type Programs = Readonly<Record<string, ResolvedProgramSettings>>;

/** Reports the processes of a group that have the same name: the names must be different. */
export function refuseDuplicates(
  processes: readonly ProcessConfig[],
  programs: Programs,
  issues: SettingsIssue[],
): void {
  const seen = new Map<string, ProcessConfig>();
  for (const process of processes) {
    const { group, name, program } = process;
    const duplicate = seen.get(`${group}:${name}`);
    if (duplicate) {
      const whose =
        duplicate.program === program ? "itself" : `the program ${show(duplicate.program)}`;
      const pattern = programs[program]?.process_name ?? name;
      const shown = hasVariables(pattern) ? pattern : name;
      const message = `the group ${show(group)} has a process ${show(shown)} already, of ${whose}`;
      issues.push({ path: ["programs", program, "process_name"], message });
    } else seen.set(`${group}:${name}`, process);
  }
}

/** Reports the programs that have the same socket: an address cannot be listened on twice. */
export function refuseTakenSockets(
  processes: readonly ProcessConfig[],
  programs: Programs,
  issues: SettingsIssue[],
): void {
  const owners = new Map<string, string>();
  for (const { program, command } of processes) {
    const url = command.socket?.url;
    if (url === undefined) continue;
    const owner = owners.get(url);
    owners.set(url, owner ?? program);
    const path = ["programs", program, "socket"];
    if (owner === undefined || owner === program) continue;
    if (issues.some((issue) => issue.path[1] === program && issue.path[2] === "socket")) continue;
    const written = programs[program]?.socket ?? url;
    const shown = show(hasVariables(written) ? written : url);
    issues.push({ path, message: `the program ${show(owner)} has the socket ${shown}` });
  }
}
