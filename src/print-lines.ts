import type { Writable } from "node:stream";
import { inspect } from "node:util";
import { abortable, linkedAbort, type WaitOptions } from "./lifecycle/wait.ts";
import type { Selection } from "./selection.ts";
import type { Supervisor } from "./supervisor.ts";

/** The options of `printLines()`. */
export interface PrintOptions extends WaitOptions {
  /**
   * Whether the names are coloured: as the stream says unless given (a terminal is, unless the
   * environment has NO_COLOR; anything else is not).
   */
  readonly colors?: boolean | undefined;
}

/** The colours of the names, in this order. */
const COLORS = ["cyan", "yellow", "green", "magenta", "blue", "redBright"] as const;
const ESCAPE = "\u001B";
const RESET = `${ESCAPE}[0m`;

/**
 * Prints the lines of all processes, each with the name of its process in front, as foreman and
 * concurrently do: to a terminal, for example. Settles when `lines()` ends, when the stream is
 * closed, or when nobody reads it any more (EPIPE).
 *
 * @param source - A supervisor, or a selection of its processes.
 * @param stream - Any stream: `process.stdout`.
 * @throws any other error of the stream, or the reason of the signal
 * @example
 * ```ts
 * void printLines(supervisor, process.stdout);
 * await supervisor.start();
 * ```
 */
export async function printLines(
  source: Supervisor | Selection,
  stream: Writable,
  { colors = hasColors(stream), signal }: PrintOptions = {},
): Promise<void> {
  const { controller, unlink } = linkedAbort(signal);
  const over = controller.signal;
  const end = (error?: NodeJS.ErrnoException) => controller.abort(new Ended(error));
  const closed = () => end();
  stream.once("error", end).once("close", closed);
  try {
    const known = "status" in source ? source.status() : source.info();
    const names = new Names(
      known.map(({ namespec }) => namespec),
      colors,
    );
    if (stream.writableEnded || stream.destroyed) end();
    for await (const { namespec, line } of source.lines({ signal: over })) {
      const reset = colors && line.includes(ESCAPE) ? RESET : ""; // the next name has its own colour
      await write(stream, `${names.prefix(namespec)} ${line}${reset}\n`, over);
    }
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    if (error.cause && error.cause.code !== "EPIPE") throw error.cause;
  } finally {
    unlink();
    stream.off("error", end).off("close", closed);
  }
}

/** The stream has ended, perhaps by an error. */
class Ended extends Error {
  declare readonly cause?: NodeJS.ErrnoException;

  constructor(cause: NodeJS.ErrnoException | undefined) {
    super("The stream has ended", { cause });
  }
}

/** Waits if the stream is full. */
function write(stream: Writable, text: string, over: AbortSignal): Promise<void> {
  return abortable(over, (resolve) => {
    // an error is an event of the stream, too
    if (stream.write(text, () => resolve())) resolve();
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
