/** The pause after a probe that was not answered, in ms: short at first, for servers that start fast. */
const PAUSES_MS = [20, 40, 80, 160, 320, 500] as const;
/** The same for probes that start a process. */
const COMMAND_PAUSES_MS = [100, 200, 400, 800, 1000] as const;

/** How long to wait after so many probes without success. */
export function pauseAfter(failures: number, kind: "command" | "other"): number {
  const pauses: readonly number[] = kind === "command" ? COMMAND_PAUSES_MS : PAUSES_MS;
  return pauses[Math.min(failures, pauses.length) - 1] ?? pauses[0] ?? 0;
}
