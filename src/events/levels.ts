/**
 * The levels of the activity log, the gravest first: supervisord's name of each in `loglevel`, the label
 * that a line has, and its weight, which Python's logging compares.
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

/** A word of `loglevel`. @useDeclaredType */
export type LogLevel = keyof typeof levels;

/** The level of a line of the activity log, as supervisord writes it. @useDeclaredType */
export type ActivityLevel = (typeof levels)[LogLevel]["label"];

/** The words of `loglevel`, the gravest first. */
export const logLevels = Object.keys(levels) as readonly LogLevel[];

const weights = new Map<ActivityLevel, number>(
  Object.values(levels).map(({ label, weight }) => [label, weight]),
);

/** Whether a log of that `loglevel` has lines of this level. */
export function isWritten(level: ActivityLevel, loglevel: LogLevel): boolean {
  return (weights.get(level) ?? 0) >= levels[loglevel].weight;
}
