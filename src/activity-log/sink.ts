import type { ActivityLevel } from "../events/levels.ts";
import type { Clock } from "../ports/clock.ts";

/** How many bytes an output may be behind. Beyond that, lines for this output are dropped. */
const LIMIT_BYTES = 1 << 20;

/** The output of a sink: a file, a stream, or the system's log. */
export interface SinkOutput {
  /** The number of bytes that have still to be written. */
  readonly behind: () => number;
  readonly put: (line: string) => void;
  /** Whether the output itself adds the time to each line. */
  readonly isDated?: boolean;
}

/** Writes lines of the activity log to one output. A slow output neither holds up the host nor fills its memory. */
export class Sink {
  readonly #output: SinkOutput;
  readonly #clock: Clock;
  #lost = 0;

  constructor(output: SinkOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  write(level: ActivityLevel, message: string): void {
    if (this.#output.behind() > LIMIT_BYTES) {
      this.#lost++;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0)
      this.#put("WARN", `${lost} lines are lost here: they came faster than they were written`);
    this.#put(level, message);
  }

  #put(level: ActivityLevel, message: string): void {
    const { put, isDated = false } = this.#output;
    const line = `${level} ${message}`;
    put(isDated ? line : `${timestamp(new Date(this.#clock.date()))} ${line}\n`);
  }
}

/** Formats a time as Python's logging does, in local time. */
function timestamp(date: Date): string {
  const pad = (n: number, width = 2) => String(n).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time},${pad(date.getMilliseconds(), 3)}`;
}
