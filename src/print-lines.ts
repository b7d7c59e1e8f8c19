import type { Writable } from "node:stream";
import { inspect } from "node:util";
import type { WaitOptions } from "./lifecycle/wait.ts";
import type { Selection } from "./selection.ts";
import type { Supervisor } from "./supervisor.ts";

/** The options of `printLines()`. */
export interface PrintOptions extends WaitOptions {
  /**
   * Whether the names are coloured: as the stream says unless given (a terminal is, unless the
   * environment has NO_COLOR; anything else is not).
   */
  readonly colors?: boolean;
}

/** The colours of the names, in this order. */
const COLORS = ["cyan", "yellow", "green", "magenta", "blue", "redBright"] as const;
const ESCAPE = "\u001B";
const RESET = `${ESCAPE}[0m`;

/**
 * Prints the lines of all processes, each with the name of its process in front, as foreman and
 * concurrently do: to a terminal, for example. Settles when `lines()` ends, or the stream is closed.
 *
 * @param source - A supervisor, or a selection of its processes.
 * @param stream - Any stream: `process.stdout`.
 * @throws the error of the stream while a line is written, or the reason of the signal
 * @example
 * ```ts
 * void printLines(supervisor, process.stdout);
 * await supervisor.start();
 * ```
 */
export async function printLines(
  source: Supervisor | Selection,
  stream: Writable,
  { colors = hasColors(stream), ...options }: PrintOptions = {},
): Promise<void> {
  const lines = source.lines(options);
  const known = "status" in source ? source.status() : source.info();
  const names = new Names(
    known.map(({ namespec }) => namespec),
    colors,
  );
  for await (const { namespec, line } of lines) {
    if (stream.writableEnded || stream.destroyed) return;
    const end = colors && line.includes(ESCAPE) ? RESET : ""; // the next name has its own colour
    await write(stream, `${names.prefix(namespec)} ${line}${end}\n`);
  }
}

/** Waits if the stream is full. */
function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const written = (error?: Error | null) => {
      if (error) reject(error);
      else resolve();
    };
    if (stream.write(text, written)) resolve();
  });
}

/** The names in front of the lines: of one width, each with its colour. */
class Names {
  readonly #colors: boolean;
  readonly #numbers = new Map<string, number>();
  #width: number;

  constructor(known: readonly string[], colors: boolean) {
    this.#colors = colors;
    this.#width = Math.max(0, ...known.map(({ length }) => length));
    for (const name of known) this.#numbers.set(name, this.#numbers.size);
  }

  prefix(name: string): string {
    this.#width = Math.max(this.#width, name.length);
    const text = `${name.padEnd(this.#width)} |`;
    if (!this.#colors) return text;
    const number = this.#numbers.get(name) ?? this.#numbers.size;
    this.#numbers.set(name, number);
    const [open, close] = inspect.colors[COLORS[number % COLORS.length] ?? "cyan"] ?? [39, 39];
    return `${ESCAPE}[${open}m${text}${ESCAPE}[${close}m`;
  }
}

function hasColors(stream: Writable & { hasColors?: () => boolean }): boolean {
  return stream.hasColors?.() ?? false;
}
