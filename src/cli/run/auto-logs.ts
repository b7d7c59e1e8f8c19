import { unlinkSync } from "node:fs";
import type { Supervisor } from "../../index.ts";

/** The AUTO logs that the processes have by now. */
export function autoLogsOf(supervisor: Supervisor): string[] {
  const files = [...supervisor.programs.values()].flatMap(({ settings, processes }) =>
    (["stdout_logfile", "stderr_logfile"] as const)
      .filter((key) => isAuto(settings[key]))
      .flatMap((key) => processes.map((process) => process.info()[key])),
  );
  return files.filter(Boolean); // a process that was never started has none
}

/** Removes log files and their backups. */
export function removeLogs(files: readonly string[]): void {
  for (const file of files) {
    remove(file);
    for (let number = 1; remove(`${file}.${number}`);) number++;
  }
}

function isAuto(logfile: unknown): boolean {
  return typeof logfile === "string" && logfile.toUpperCase() === "AUTO";
}

function remove(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch {
    return false; // there is none, or it cannot be removed: supervisord goes on, too
  }
}
