/**
 * The levels of the activity log, the most severe first: supervisord's name of the level in
 * `loglevel`, the label in a line, and the weight, which Python's logging compares.
 */
export const levels = {
  critical: { label: "CRIT", weight: 50 },
  error: { label: "ERRO", weight: 40 },
  warn: { label: "WARN", weight: 30 },
  info: { label: "INFO", weight: 20 },
  debug: { label: "DEBG", weight: 10 },
  trace: { label: "TRAC", weight: 5 },
  blather: { label: "BLAT", weight: 3 },
} as const;

/** A value of `loglevel`. @useDeclaredType */
export type LogLevel = keyof typeof levels;

/** The level of a line of the activity log, as supervisord writes it. @useDeclaredType */
export type ActivityLevel = (typeof levels)[LogLevel]["label"];

/** The values of `loglevel`, the most severe first. */
export const logLevels = Object.keys(levels) as readonly LogLevel[];

const weights = new Map<ActivityLevel, number>(
  Object.values(levels).map(({ label, weight }) => [label, weight]),
);

/** Whether a log with that `loglevel` contains lines of this level. */
export function isWritten(level: ActivityLevel, loglevel: LogLevel): boolean {
  return (weights.get(level) ?? 0) >= levels[loglevel].weight;
}
