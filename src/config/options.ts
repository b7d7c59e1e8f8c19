import { didYouMean } from "../schema/suggest.ts";
import { show } from "../schema/show.ts";

/** Options for reading a configuration file. */
export interface LoadOptions {
  /** The variables for `%(ENV_X)s`; by default the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether unknown sections and options are errors rather than warnings; false unless given. */
  readonly strict?: boolean;
  /** The directory for relative paths; by default the working directory. */
  readonly cwd?: string;
  /**
   * Options of `[supervisord]`, as text, that override the options of the file: the options of the
   * command line.
   */
  readonly overrides?: Readonly<Record<string, string>>;
}

const isText = (value: unknown) => typeof value === "string";
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const holds = (value: unknown, accepts: (one: unknown) => boolean) =>
  isObject(value) && Object.values(value).every(accepts);

interface Kind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const KINDS: Readonly<Record<keyof LoadOptions, Kind>> = {
  env: {
    expected: "an object of strings",
    accepts: (value) => holds(value, (one) => one === undefined || isText(one)),
  },
  strict: { expected: "true or false", accepts: (value) => typeof value === "boolean" },
  cwd: { expected: "the path of a directory", accepts: isText },
  overrides: { expected: "an object of strings", accepts: (value) => holds(value, isText) },
};

/**
 * Checks the options of a caller: an error here is an error in code, not in a file.
 * @throws {TypeError} for the first invalid option
 */
export function checkOptions(
  caller: string,
  options: unknown,
  known: readonly (keyof LoadOptions)[],
): void {
  if (!isObject(options))
    throw new TypeError(`${caller}: expected an object of options, got ${show(options)}`);
  for (const [key, value] of Object.entries(options)) {
    const name = known.find((one) => one === key);
    if (name === undefined) {
      const message = `${caller}: there is no option ${show(key)}${didYouMean(key, known)}`;
      throw new TypeError(message);
    }
    const { expected, accepts } = KINDS[name];
    if (value === undefined || accepts(value)) continue;
    throw new TypeError(`${caller}: ${name}: expected ${expected}, got ${shown(name, value)}`);
  }
}

/** Hides the values: an environment is full of secrets. */
function shown(name: string, value: unknown): string {
  return name === "env" && isObject(value) ? "something else" : show(value);
}
